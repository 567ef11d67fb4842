import { ArtifactError } from "../artifact/errors";
import { digestTree, type TreeDigest } from "../artifact/digest";
import type { Context } from "./context";
import type { DeployInputs } from "./inputs";
import { findFailures, type CheckFailure } from "./rules";
import { bundleSource, dagsSource, type TreeSource } from "./sources";
import { hasUnknown, unknownValue } from "./unknown";

export interface CheckResult {
  inputs: DeployInputs;
  failures: CheckFailure[];
}

/**
 * Validates and completes what the program passed: the organization from the configuration, and
 * the digests of the sources, so that the preview knows whether their content changed. Sends
 * nothing.
 */
export async function check(
  context: Context,
  args: Readonly<Record<string, unknown>>,
): Promise<CheckResult> {
  const { organizationId, apiVersion, problems } = context.settings;
  const { __provider, ...given } = args;
  const inputs = { organizationId, ...given } as Record<string, unknown>;
  const failures = [
    ...problems.map((reason) => ({ property: "", reason })),
    ...findFailures(inputs, apiVersion),
  ];
  const checked = inputs as unknown as DeployInputs;
  if (failures.length > 0) return { inputs: checked, failures };

  for (const source of [dagsSource(checked), bundleSource(checked)]) {
    if (!source) continue;
    const [digest, problem] = await digestSource(source);
    if (problem) failures.push(problem);
    Object.assign(checked, {
      [`${source.property}Digest`]: digest?.digest ?? unknownValue,
      [`${source.property}Files`]: digest?.summary ?? unknownValue,
    });
  }
  return { inputs: checked, failures };
}

async function digestSource(source: TreeSource): Promise<[TreeDigest?, CheckFailure?]> {
  const { property, folder, options } = source;
  if (hasUnknown([folder, options])) return [];
  try {
    const digest = await digestTree(folder, options);
    const reason = source.refusal(digest);
    return reason === undefined ? [digest] : [digest, { property, reason }];
  } catch (error) {
    if (error instanceof ArtifactError) return [undefined, { property, reason: error.message }];
    throw error;
  }
}
