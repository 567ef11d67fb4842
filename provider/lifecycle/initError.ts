import { redact } from "../http/redact";
import type { DeployInputs } from "./inputs/table";
import { toOutputs, type DeployOutputs, type DeployRecord } from "./outputs";
import { withFullStop } from "./text";
import { CodedError, codeOf, withCode, type MessageCode } from "../messages";

/** The program's inputs as the host passes them: with the serialized provider among them. */
export type HostInputs = DeployInputs & { __provider?: string };

/** A deploy that can never be finished, so that a new one is needed. */
export class AbandonedError extends CodedError {
  override readonly name = "AbandonedError";

  /** @param reason - Completes "it was abandoned, since …". */
  constructor(
    messageCode: MessageCode,
    message: string,
    readonly reason: string,
  ) {
    super(messageCode, message);
  }
}

/**
 * A deploy that was created and could not be finished.
 *
 * The host turns an error with an `id` into a resource that is kept in the state as not
 * initialized, with `properties` as its outputs. The user sees `reasons` and not the message.
 */
export class DeployInitError extends Error {
  override readonly name = "DeployInitError";
  readonly id: string;
  readonly properties: DeployOutputs & { __provider?: string };
  readonly reasons: string[];

  constructor(inputs: HostInputs, record: DeployRecord, cause: unknown) {
    const reason = withCode(redact(explain(record, cause)), codeFor(record, cause));
    super(reason);
    this.id = record.deploy.id;
    this.reasons = [reason];
    // On this path alone the host does not add the provider, without which the resource can
    // neither be resumed nor deleted.
    this.properties = {
      ...toOutputs(inputs, record),
      ...(inputs.__provider !== undefined && { __provider: inputs.__provider }),
    };
  }
}

/** That of the cause, whose advice is what helps. */
function codeFor({ deploy: { status } }: DeployRecord, cause: unknown): MessageCode {
  if (status === "FAILED") return "deploy-failed";
  return codeOf(cause, status === "DEPLOYED" ? "unhealthy" : "deploy-unfinished");
}

function explain({ deploy, progress }: DeployRecord, cause: unknown): string {
  const name = `Deploy ${deploy.id} of Deployment ${deploy.deploymentId}`;
  if (deploy.status === "FAILED") {
    const reason =
      deploy.statusReason ?? "Astro gives no reason; see the Deployment's deploy history";
    return `${name} FAILED: ${reason.replace(/\.$/, "")}. The next \`pulumi up\` creates a new deploy.`;
  }
  const what = cause instanceof Error ? cause.message : String(cause);
  if (deploy.status === "DEPLOYED") {
    return `${name} is DEPLOYED, but the Deployment was not seen HEALTHY: ${withFullStop(what)} The next \`pulumi up\` waits again.`;
  }
  const next =
    progress.abandoned === undefined
      ? "The next `pulumi up` resumes it."
      : "It was abandoned; the next `pulumi up` creates a new deploy.";
  return `${name} was created but is not finished: ${withFullStop(what)} ${next}`;
}
