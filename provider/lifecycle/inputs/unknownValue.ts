/**
 * What the engine sends in a preview for a value that is not known yet. It occurs at any depth of
 * the inputs. Source: `unknownValue` in the Pulumi SDK's `runtime/rpc`.
 */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether the value is, or holds anywhere, a value that is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasUnknown);
}
