import type { Deploy } from "../astro/types";
import type { DeployInputs } from "./inputs/table";

/** What a deploy says of what it shipped. */
export type Shipped = Pick<Deploy, "bundleMountPath" | "rollbackFromId"> & { type: string };

/** Whether `later` shipped something of the kind that `deploy` had shipped, or rolled it back. */
export function shipsSamePart(deploy: Shipped, later: Shipped): boolean {
  if (later.rollbackFromId !== undefined) return true;
  // Responses need not say BUNDLE, which their documented list of types lacks; the path tells.
  if (deploy.bundleMountPath !== undefined || later.bundleMountPath !== undefined) {
    return deploy.bundleMountPath === later.bundleMountPath;
  }
  return parts(deploy).some((part) => parts(later).includes(part));
}

/** What a resource's inputs say of what it ships. */
export function shippedBy({
  type,
  bundleMountPath,
  rollbackTo,
}: Pick<DeployInputs, "bundleMountPath" | "rollbackTo"> & { type: string }): Shipped {
  return { type, bundleMountPath, rollbackFromId: rollbackTo };
}

/** What to say of two resources that ship to the same part of one Deployment. */
export function duplicateWarning(name: string, other: string): string {
  return `"${name}" and "${other}" deploy to the same part of one Deployment, so each overwrites the other: declare one resource per Deployment and part.`;
}

/** Of two deploys whose order is not known. */
export function overlap(one: Shipped, other: Shipped): boolean {
  return shipsSamePart(one, other) || shipsSamePart(other, one);
}

export function parts({ type }: Pick<Shipped, "type">): string[] {
  return type.split(/_AND_|_/).filter((part) => part !== "ONLY");
}
