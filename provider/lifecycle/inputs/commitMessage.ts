import { resolve } from "node:path";
import { commitMessage } from "../../git/checkout";
import type { Session } from "../session";
import type { DeployInputs } from "./table";

/** In Unicode characters: what the service takes. */
const longestDescription = 500;

/**
 * The inputs as they are sent: without a description of the program's, the one is the message of
 * the commit, as in the `astro` CLI. It is sent and no more, so that it never causes a deploy.
 */
export function withCommitMessage(session: Session, inputs: DeployInputs): DeployInputs {
  const { description = "", git, rollbackTo, dags, bundle } = inputs;
  if (description !== "" || git === undefined || rollbackTo !== undefined) return inputs;
  const source = dags ?? bundle;
  const { folder: start } = session.declarations.of(inputs);
  const folder = typeof source === "string" ? resolve(start, source) : start;
  const message = commitMessage(folder, git.commitSha);
  if (message === undefined) return inputs;
  return {
    ...inputs,
    description: Array.from(message).slice(0, longestDescription).join("").trim(),
  };
}
