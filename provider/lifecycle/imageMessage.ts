import { ImageError } from "../artifact/image/facts";

/** A shorter part of another's text may be equal by chance. */
const leastRun = 6;

/** What messages are made of; nobody's secret. */
const plainWords = new Set(["archive", "docker", "image", "images", "latest", "oci", "registry"]);

/**
 * The text without the value of the input `image`, which the program may have made a secret: tools
 * repeat a reference whole, in parts, and cut off.
 */
export function hideImage(text: string, image: string): string {
  const [transport = ""] =
    /^(oci|oci-archive|docker-archive|docker-daemon|docker):/.exec(image) ?? [];
  const value = image.slice(transport.length);
  let hidden = "";
  for (let at = 0; at < text.length;) {
    const run = commonRun(text, at, value);
    hidden += run > 0 ? "…" : text.charAt(at);
    at += Math.max(run, 1);
  }
  return hidden.replace(/…(\W?…)+/g, "…");
}

/** {@link hideImage} for what was thrown. */
export function withoutImage(error: unknown, image = ""): unknown {
  return error instanceof ImageError ? new ImageError(hideImage(error.message, image)) : error;
}

/** How many characters from a place on are of the value, and are to be hidden. */
function commonRun(text: string, at: number, value: string): number {
  let length = 0;
  while (at + length < text.length && value.includes(text.slice(at, at + length + 1))) length++;
  if (plainWords.has(text.slice(at, at + length).replace(/^\W+|\W+$/g, ""))) return 0;
  if (length >= leastRun) return length;
  // A short name or tag is hidden where it stands alone.
  const [word = ""] = /^\w+/.exec(text.slice(at)) ?? [];
  const isAlone = !/\w/.test(text.charAt(at - 1));
  const isPart = word !== "" && value.split(/\W+/).includes(word) && !plainWords.has(word);
  return isAlone && isPart ? word.length : 0;
}
