import * as pulumi from "@pulumi/pulumi";
import type { AstroDeploy, AstroDeployArgs } from "../astroDeploy";
import { duplicateWarning, overlap, shippedBy, type Shipped } from "../lifecycle/parts";
import { withCode } from "../messages";

interface DeclaredDeploy extends Shipped {
  name: string;
}

/** By Deployment, of each stack by its root resource, since several may run in one process. */
const stacks = new WeakMap<pulumi.Resource, Map<string, DeclaredDeploy[]>>();

/**
 * Warns of two resources that deploy to the same part of a Deployment, as soon as both are known.
 * Resources without a source count too, since the program may ship to the deploys that they create.
 */
export function warnOfDuplicates(
  resource: pulumi.Resource & Pick<AstroDeploy, "bundleMountPath">,
  name: string,
  args: AstroDeployArgs,
): void {
  // None under mocks.
  const root = pulumi.runtime.getStackResource();
  if (!root) return;
  const declared = stacks.get(root) ?? new Map<string, DeclaredDeploy[]>();
  stacks.set(root, declared);
  const { deploymentId, type, bundle, rollbackTo } = args;
  const bundleMountPath = pulumi
    .output(args.bundleMountPath)
    // Of a dbt project, `check` may have found it.
    .apply((path): pulumi.Input<string | undefined> => {
      return path ?? (bundle === undefined ? undefined : resource.bundleMountPath);
    });
  pulumi
    .all({ deploymentId, type, bundleMountPath, rollbackTo })
    .apply(({ deploymentId, type, bundleMountPath, rollbackTo }) => {
      // `check` reports wrong arguments.
      if (typeof type !== "string" || typeof deploymentId !== "string") return;
      const here = { name, ...shippedBy({ type, bundleMountPath, rollbackTo }) };
      const others = declared.get(deploymentId) ?? [];
      declared.set(deploymentId, [...others, here]);
      const duplicate = others.find((other) => overlap(here, other));
      if (!duplicate) return;
      void pulumi.log.warn(
        withCode(duplicateWarning(name, duplicate.name), "duplicate-resource"),
        resource,
      );
    });
}
