import { idProblem } from "../astro/id";
import { CodedError } from "../messages";

/** @throws Error if the value is missing or not an id. */
export function requireId(name: string, value: unknown): string {
  const problem = idProblem(value);
  if (problem === undefined) return value as string;
  const hint =
    name === "organizationId"
      ? " Pass it, or set astro:organizationId or ASTRO_ORGANIZATION_ID."
      : "";
  throw new CodedError("invalid-lookup", `${name} ${problem}.${hint}`);
}
