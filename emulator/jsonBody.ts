import type { IncomingMessage } from "node:http";
import { ApiError } from "./reply";

/** Deploy requests are small: what is larger is a mistake. */
const maxBytes = 1024 * 1024;

/**
 * Reads a JSON body; `undefined` where there is none.
 *
 * @throws ApiError 400 where it is not JSON, 413 where it is too large.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // All of it is read: to leave the loop would cut the connection before the answer arrives.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes) throw new ApiError(413, "Request body too large");
  if (bytes === 0) return undefined;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\b/i.test(type)) {
    throw new ApiError(400, "Invalid request: content-type must be application/json");
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new ApiError(400, "Invalid request: the body is not JSON");
  }
}
