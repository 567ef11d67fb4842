import { ArtifactError } from "../artifact/error";
import { readAtOnce } from "../artifact/content";
import { combine, digestEntries, type TreeDigest } from "../artifact/digest";
import type { DigestedEntry } from "../artifact/entryDigest";
import { ImageError, shipProblem } from "../image/info";
import { inspectImage } from "../image/inspect";
import { unsupportedReason } from "../image/tools";
import type { GitRequest } from "../astro/types";
import { requestLimit } from "../hosts/settings";
import type { Session } from "./session";
import { declarationProperty, readDeclaration, type Declaration } from "./inputs/declaration";
import { inputsThat, isManaged, type DeployInputs } from "./inputs/table";
import { validate, type CheckFailure } from "./inputs/validate";
import { checkSyntax } from "./inputs/syntax";
import { isScript, type Script } from "../syntax/findSyntaxErrors";
import { withFullStop } from "./text";
import { reportNoSource } from "./inputs/noSource";
import { imageSource, treeSources, type TreeSource } from "./inputs/sources";
import { hasUnknown, unknownValue } from "./inputs/unknownValue";

export interface CheckResult {
  inputs: DeployInputs;
  failures: CheckFailure[];
}

/** Not the program's: the host's, and what is computed here; `ignoreChanges` brings that back. */
const computedInputs = new Set<string>([
  "__provider",
  declarationProperty,
  ...inputsThat((facts) => facts.computed),
]);

/**
 * Validates and completes what the program passed: the organization from the configuration, and
 * the digests of the sources, so that the preview knows whether their content changed. Astro is not
 * asked; a registry or a Docker daemon is, if the image is there.
 *
 * @param olds - The inputs in the state. Empty for a resource that is about to be created, be it
 *   to replace another: the engine checks that one a second time.
 */
export async function check(
  session: Session,
  olds: Readonly<Record<string, unknown>>,
  args: Readonly<Record<string, unknown>>,
): Promise<CheckResult> {
  const { organizationId, apiVersion, problems } = session.settings;
  const declaration = readDeclaration(args[declarationProperty]);
  const isGitUndefined = declaration.undefinedArgs.includes("git") && (args.git ?? null) === null;
  const given = Object.fromEntries(
    Object.entries(args).filter(
      ([name]) => !computedInputs.has(name) && !(name === "git" && isGitUndefined),
    ),
  );
  // The host cannot send a member that is undefined.
  const inputs: Record<string, unknown> = {
    ...(organizationId !== undefined && { organizationId }),
    ...given,
  };
  const failures = [
    ...problems.map((reason) => ({ property: "", reason })),
    ...validate(inputs, apiVersion),
  ];
  const checked = inputs as unknown as DeployInputs;
  if (failures.length > 0) return { inputs: checked, failures };

  const isNew = Object.keys(olds).length === 0;
  if (isNew) reportNoSource(session, declaration, checked);
  else if (isManaged(olds)) session.declarations.keepSource(declaration);
  // A commit that could not be determined is no change: it stays until something else replaces
  // the deploy, whose own commit is then not known.
  if (isGitUndefined && olds.git !== undefined) checked.git = olds.git as GitRequest;

  const { folder } = declaration;
  for (const source of treeSources(checked, folder)) {
    const [content, problem] = await digestSource(session, source, declaration);
    if (problem) failures.push(problem);
    else if (content && source.property === "dags") {
      failures.push(...(await checkSyntax(session, checked, source, content.scripts, declaration)));
    }
    const digest = content?.tree;
    // Outside of a preview the engine takes no unknown value, not even beside a failure.
    if (!digest && problem) continue;
    Object.assign(checked, {
      [source.digest]: digest?.digest ?? unknownValue,
      [`${source.property}Files`]: digest?.summary ?? unknownValue,
    });
  }
  const [imageDigest, problem] = await digestImage(session, checked, folder);
  if (problem) failures.push(problem);
  if (imageDigest !== undefined) checked.imageSourceDigest = imageDigest;
  session.declarations.keep(checked, declaration);
  return { inputs: checked, failures };
}

async function digestImage(
  session: Session,
  inputs: DeployInputs,
  folder: string,
): Promise<[string | undefined, CheckFailure?]> {
  const { settings } = session;
  if (hasUnknown(inputs.image)) return [unknownValue];
  const image = imageSource(inputs, folder);
  if (!image) return [undefined];
  const fail = (reason: string) => ({
    property: "image",
    reason: withFullStop(reason),
  });
  try {
    const { imageTool: tool } = settings;
    const limit = requestLimit(settings);
    const facts = await session.memo.once("image", [image, tool], () =>
      inspectImage(image, { tool, limit }),
    );
    const inapt = unsupportedReason(image.transport, tool, facts.isOnlyImage);
    const reason = shipProblem(facts) ?? (inapt && `cannot be shipped: ${inapt}`);
    return reason === undefined ? [facts.digest] : [facts.digest, fail(reason)];
  } catch (error) {
    if (error instanceof ImageError) return [undefined, fail(`cannot be read: ${error.message}`)];
    throw error;
  }
}

/** What a folder ships, and what of it the check of the syntax looks at. */
interface Content {
  tree: TreeDigest;
  /** Empty if there is no parser. */
  scripts: Script[];
}

async function digestSource(
  session: Session,
  source: TreeSource,
  declaration: Declaration,
): Promise<[Content | undefined, CheckFailure?] | []> {
  const { property, folder, options } = source;
  if (hasUnknown([folder, options])) return [];
  try {
    const content = await session.memo.once("digest", [folder, options], async () => {
      const entries = await digestEntries(folder, { ...options, signal: session.signal });
      const tree = combine(entries, options.prefix);
      return { tree, scripts: session.parser() ? entries.flatMap(scriptOf) : [] };
    });
    reportProject(session, declaration, property, content.tree);
    const reason = await source.refusal(content.tree);
    return reason === undefined ? [content] : [content, { property, reason }];
  } catch (error) {
    if (error instanceof ArtifactError) return [undefined, { property, reason: error.message }];
    throw error;
  }
}

function scriptOf({ entry, digest }: DigestedEntry): Script[] {
  if (entry.kind !== "file" || !isScript(entry.name)) return [];
  return [{ name: entry.name, digest, read: () => readAtOnce(entry) }];
}

/** Says that a folder which ships is, or holds, a Pulumi project: most likely the program's own. */
function reportProject(
  { declarations, reporter }: Session,
  declaration: Declaration,
  property: string,
  { projectFile }: TreeDigest,
): void {
  if (projectFile === undefined) return;
  declarations.reportOnce(
    declaration,
    `${property} ships a Pulumi project, with its program and stack files (${projectFile}). Name a folder without it, or exclude it.`,
    (message) => {
      reporter.warning(message);
    },
  );
}
