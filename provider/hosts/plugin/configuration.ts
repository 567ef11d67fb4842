import { unknownValue } from "../../lifecycle/inputs/unknownValue";
import { readSettings, type Settings } from "../settings";

type Values = Readonly<Record<string, unknown>>;

/** What is secret, whoever set it. */
export const secretKeys = ["token"];

/**
 * The settings that a provider is configured with: those of the stack (`astro:token`), or the
 * arguments of an explicit provider, which the engine both sends by their short names.
 */
export function settingsOf(
  values: Values,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  return readSettings((key) => {
    const value = values[key.replace(/^astro:/, "")];
    if (value === undefined || value === null || value === unknownValue) return undefined;
    return typeof value === "string" ? unquoted(value) : JSON.stringify(value);
  }, environment);
}

/** An explicit provider's numbers arrive as JSON in a text; so may its texts, from some languages. */
function unquoted(text: string): string {
  try {
    return /^".*"$/s.test(text) ? String(JSON.parse(text)) : text;
  } catch {
    return text;
  }
}

/** The names of what differs. */
export function changedKeys(olds: Values, news: Values): string[] {
  const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...names].filter((name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name]));
}
