import { redact } from "./redact";

const maxLength = 100;

/**
 * A foreign response as one short line for a message: of an HTML page its title or first heading.
 *
 * @returns undefined if there is no readable text.
 */
export function shortText(answer: unknown): string | undefined {
  if (typeof answer !== "string") return undefined;
  const [, title] = /<(?:title|h1)\b[^>]*>([\s\S]*?)<\/(?:title|h1)>/i.exec(answer) ?? [];
  return oneLine((title ?? answer).replace(/<[^>]*>/g, " "), maxLength);
}

/**
 * A foreign text as one short line for a message, without control characters and secrets.
 *
 * @returns undefined if nothing is left of it.
 */
export function oneLine(text: string, maxLength: number): string | undefined {
  // What is cut in the middle would not be recognized as a secret any more.
  const line = redact(text)
    .replace(/[\p{C}\p{Z}\s]+/gu, " ")
    .trim();
  if (line === "") return undefined;
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

/** Whether an error's code means that a TLS connection failed, in the handshake or later. */
export function isTlsCode(code: string): boolean {
  return /CERT|TLS|SSL|VERIFY|EPROTO/.test(code);
}
