const maxLength = 100;

/**
 * What somebody else's answer says, as one short line for a message: of a page its title or first
 * heading. Undefined where it says nothing that can be read.
 */
export function shortText(answer: unknown): string | undefined {
  if (typeof answer !== "string") return undefined;
  const [, title] = /<(?:title|h1)\b[^>]*>([\s\S]*?)<\/(?:title|h1)>/i.exec(answer) ?? [];
  const text = (title ?? answer)
    .replace(/<[^>]*>/g, " ")
    .replace(/[\p{C}\p{Z}\s]+/gu, " ")
    .trim();
  if (text === "") return undefined;
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
