import { BlobError } from "./blobError";

const entry = /\s*<(Committed|Uncommitted|Latest)>([^<]*)<\/\1>\s*/y;
const frame = /^\s*(?:<\?xml[^>]*\?>)?\s*<BlockList>([\s\S]*)<\/BlockList>\s*$/;

/**
 * The block ids of a Put Block List body, in order.
 *
 * @throws BlobError where it is not the XML that this call takes.
 */
export function blockIdsOf(xml: string): string[] {
  const inner = xml.includes("<BlockList />") ? "" : frame.exec(xml)?.[1];
  if (inner === undefined) throw malformed();
  const ids: string[] = [];
  entry.lastIndex = 0;
  while (entry.lastIndex < inner.trimEnd().length) {
    const found = entry.exec(inner);
    if (!found) throw malformed();
    ids.push((found[2] ?? "").trim());
  }
  return ids;
}

function malformed(): BlobError {
  return new BlobError(400, "InvalidXmlDocument", "XML specified is not syntactically valid.");
}
