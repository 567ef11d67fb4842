import fc, { type Arbitrary } from "fast-check";
import { deployTypes } from "../../provider/astro/types";
import { unknownValue } from "../../provider/lifecycle/inputs/unknownValue";

export type Values = Record<string, unknown>;

/** An object with all that is required, and any of the rest. */
export const some = (values: Record<string, Arbitrary<unknown>>, ...requiredKeys: string[]) =>
  fc.record<Values>(values, { requiredKeys, noNullPrototype: true });

/** Any JSON, with values in it that are not known yet. */
export const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(unknownValue),
    fc.string(),
    fc.constantFrom(...deployTypes, "GITHUB", "oci:x", "./nowhere"),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

export type Path = readonly string[];

/** The ways to all that is in a value, however deep, and to the value itself. */
export function paths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, it]) => paths(it, [...path, name]))];
}

/** Puts others in up to three places of a value. */
export function withSome<T>(
  values: Arbitrary<T>,
  others: Arbitrary<unknown>,
  places: (value: T) => Path[] = paths,
): Arbitrary<T> {
  const changes = fc.array(fc.tuple(fc.nat(99), others), { minLength: 1, maxLength: 3 });
  return fc.tuple(values, changes).map(([value, chosen]) => {
    const all = places(value);
    return chosen.reduce<unknown>(
      (changed, [place, other]) => replaced(changed, all[place % all.length] ?? [], other),
      value,
    ) as T;
  });
}

/** A copy with another value in a place, unless there is no such place any more. */
function replaced(value: unknown, [name, ...rest]: Path, other: unknown): unknown {
  if (name === undefined) return other;
  if (typeof value !== "object" || value === null) return value;
  const inner = replaced((value as Values)[name], rest, other);
  return Array.isArray(value)
    ? value.map((it: unknown, index) => (String(index) === name ? inner : it))
    : { ...value, [name]: inner };
}
