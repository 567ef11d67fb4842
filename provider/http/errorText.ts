const maxLength = 100;

/**
 * A foreign response as one short line for a message: of an HTML page its title or first heading.
 *
 * @returns undefined if there is no readable text.
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

/** Whether an error's code means that a TLS connection failed, in the handshake or later. */
export function isTlsCode(code: string): boolean {
  return /CERT|TLS|SSL|VERIFY|EPROTO/.test(code);
}
