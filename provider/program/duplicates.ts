import * as pulumi from "@pulumi/pulumi";
import type { AstroDeploy, AstroDeployArgs } from "../astroDeploy";
import { overlap, type Shipped } from "../lifecycle/parts";
import { programSettings } from "./settings";

interface DeclaredDeploy extends Shipped {
  name: string;
}

interface Stack {
  /** From the configuration, for resources without one. */
  organizationId: string | undefined;
  /** By Deployment. */
  declared: Map<string, DeclaredDeploy[]>;
}

/** By their root resource, since several may run in one process. */
const stacks = new WeakMap<pulumi.Resource, Stack>();

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
  const stack = stacks.get(root) ?? {
    organizationId: programSettings().organizationId,
    declared: new Map<string, DeclaredDeploy[]>(),
  };
  stacks.set(root, stack);
  const { declared } = stack;
  const { organizationId = stack.organizationId, deploymentId, type } = args;
  const { bundle, rollbackTo } = args;
  const bundleMountPath = pulumi
    .output(args.bundleMountPath)
    // Of a dbt project, `check` may have found it.
    .apply((path): pulumi.Input<string | undefined> => {
      return path ?? (bundle === undefined ? undefined : resource.bundleMountPath);
    });
  pulumi
    .all({ organizationId, deploymentId, type, bundleMountPath, rollbackTo })
    .apply(({ organizationId, deploymentId, type, bundleMountPath, rollbackTo }) => {
      // `check` reports wrong arguments.
      if (typeof type !== "string" || typeof deploymentId !== "string") return;
      const here: DeclaredDeploy = { name, type, bundleMountPath, rollbackFromId: rollbackTo };
      const key = JSON.stringify([organizationId, deploymentId]);
      const others = declared.get(key) ?? [];
      declared.set(key, [...others, here]);
      const duplicate = others.find((other) => overlap(here, other));
      if (!duplicate) return;
      void pulumi.log.warn(
        `"${name}" and "${duplicate.name}" deploy to the same part of one Deployment, so each overwrites the other: declare one AstroDeploy per Deployment and part.`,
        resource,
      );
    });
}
