import * as pulumi from "@pulumi/pulumi";
import type { AstroDeploy, AstroDeployArgs } from "../astroDeploy";
import { overlap, type Shipped } from "../lifecycle/parts";
import { programSettings } from "./settings";

interface DeclaredDeploy extends Shipped {
  name: string;
}

interface Stack {
  /** Of the configuration, for those who name none. */
  organizationId: string | undefined;
  /** By Deployment. */
  declared: Map<string, DeclaredDeploy[]>;
}

/** By their root, since several may run in one process. */
const stacks = new WeakMap<pulumi.Resource, Stack>();

/**
 * Warns of two resources that ship to one place, as soon as both places are known. Those that have
 * no source are among them: the program may ship what they create.
 */
export function warnOfDuplicates(resource: AstroDeploy, name: string, args: AstroDeployArgs): void {
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
  const { bundleMountPath, rollbackTo } = args;
  pulumi
    .all({ organizationId, deploymentId, type, bundleMountPath, rollbackTo })
    .apply(({ organizationId, deploymentId, type, bundleMountPath, rollbackTo }) => {
      // What is wrong with the arguments is told by the check.
      if (typeof type !== "string" || typeof deploymentId !== "string") return;
      const here: DeclaredDeploy = { name, type, bundleMountPath, rollbackFromId: rollbackTo };
      const key = JSON.stringify([organizationId, deploymentId]);
      const others = declared.get(key) ?? [];
      declared.set(key, [...others, here]);
      const twin = others.find((other) => overlap(here, other));
      if (!twin) return;
      void pulumi.log.warn(
        `"${name}" and "${twin.name}" deploy to the same part of one Deployment, so each overwrites the other: declare one AstroDeploy per Deployment and part.`,
        resource,
      );
    });
}
