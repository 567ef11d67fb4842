/** Gives a text a full stop, unless it has an end. */
export function withFullStop(text: string): string {
  return text.replace(/[^.?!]$/, "$&.");
}

/** Gives a text a capital to begin with. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Adds a reason, if there is one. */
export function withReason(reason: string | undefined): string {
  return reason === undefined ? "" : `: ${reason}`;
}

/** What kind of value it is, with its article. */
export function kindOf(value: unknown): string {
  return Array.isArray(value) ? "a list" : article(value === null ? "null" : typeof value);
}

export function article(kind: string): string {
  return `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;
}
