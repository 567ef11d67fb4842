import { ImageError, shipProblem } from "../image/info";
import { unsupportedReason } from "../image/tools";
import type { GitRequest } from "../astro/types";
import { unlessAborted } from "../system/pause";
import type { Session } from "./session";
import { defaultMountPath, hasDefaultMountPath } from "./sources/dbt";
import { declarationProperty, readDeclaration } from "./inputs/declaration";
import { isNoCommit } from "./inputs/noCommit";
import { withoutTexts } from "./sources/fileSource";
import { inputsThat, isManaged, type DeployInputs } from "./inputs/table";
import { mountPathFailures, validate, type CheckFailure } from "./inputs/validate";
import { checkSyntax } from "./sources/checkSyntax";
import { withFullStop } from "./text";
import { reportNoSource } from "./sources/noSource";
import { readSource } from "./sources/sourceContent";
import { imageSource, inspectOnce, treeSources } from "./sources/sources";
import { hasUnknown, unknownValue } from "./inputs/unknownValue";
import { type MessageCode } from "../messages";

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
 * Validates and completes what the program passed: the organization from the configuration, the
 * mount path of a dbt project, and the digests of the sources, so that the preview knows whether
 * their content changed. Astro is not asked; a registry or a Docker daemon is, if the image is there.
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
  const isGitUndefined =
    isNoCommit(args.git) ||
    (declaration.undefinedArgs.includes("git") && (args.git ?? null) === null);
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
    ...problems.map((reason) => ({ property: "", reason, code: "invalid-setting" as const })),
    ...validate(inputs, apiVersion),
  ];
  const { checked, files } = withoutTexts(inputs);
  if (failures.length > 0) return { inputs: checked, failures };
  Object.assign(declaration, { files });

  const isNew = Object.keys(olds).length === 0;
  if (isNew) reportNoSource(session, declaration, checked);
  else if (isManaged(olds)) session.declarations.keepSource(declaration);
  // A commit that could not be determined is no change: it stays until something else replaces
  // the deploy, whose own commit is then not known.
  if (isGitUndefined && olds.git !== undefined) checked.git = olds.git as GitRequest;

  const sources = treeSources(checked, declaration);
  const bundle = sources.find(({ property }) => property === "bundle");
  if (bundle && hasDefaultMountPath(checked)) {
    const mountPath = bundle.tree
      ? await defaultMountPath(session, checked, bundle.tree)
      : (olds as Partial<DeployInputs>).bundleMountPath;
    if (mountPath !== undefined) checked.bundleMountPath = mountPath;
    failures.push(...mountPathFailures(mountPath));
  }
  for (const source of sources) {
    const { held, scripts, failure } = await readSource(session, source, declaration, olds);
    if (held) {
      Object.assign(checked, { [source.digest]: held.digest, [source.summary]: held.summary });
    }
    if (failure) failures.push(failure);
    else if (source.property === "dags") {
      failures.push(...(await checkSyntax(session, checked, source, scripts, declaration)));
    }
  }
  const [imageDigest, problem] = await digestImage(session, checked, declaration.folder);
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
  if (hasUnknown(inputs.image)) return [unknownValue];
  const image = imageSource(inputs, folder);
  if (!image) return [undefined];
  const fail = (reason: string, code: MessageCode) => ({
    property: "image",
    reason: withFullStop(reason),
    code,
  });
  try {
    const facts = await unlessAborted(inspectOnce(session, image), session.signal);
    const inapt = unsupportedReason(image.transport, session.settings.imageTool, facts.isOnlyImage);
    const unsuitable = shipProblem(facts);
    if (unsuitable !== undefined) return [facts.digest, fail(unsuitable, "image-unsuitable")];
    if (inapt !== undefined)
      return [facts.digest, fail(`cannot be shipped: ${inapt}`, "image-tool")];
    return [facts.digest];
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return [undefined, fail(`cannot be read: ${error.message}`, error.messageCode)];
  }
}
