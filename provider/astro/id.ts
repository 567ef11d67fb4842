/** Astro's have 25 characters, UUIDs 36. */
const maxLength = 100;

/** Why a value is not an id in Astro, which is part of a URL's path; undefined if it is one. */
export function idProblem(value: unknown): string | undefined {
  if (value === undefined || value === null) return "is missing";
  if (typeof value !== "string") return "must be a string";
  if (value === "") return "is empty";
  if (value.length > maxLength) {
    return `has ${value.length} characters; no id has more than ${maxLength}`;
  }
  const position = value.search(/[^\w-]/);
  return position < 0
    ? undefined
    : `has a character at position ${position + 1} that no id has; it must be the id alone, such as clvdexample0000000000000, not a URL or a name`;
}
