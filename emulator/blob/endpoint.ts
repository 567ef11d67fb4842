import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { messageOf, readBody, type Reply } from "../http";
import type { EmulatorState } from "../state/state";
import { BlobError, blobErrorReply, invalidParameter, refusal } from "./errors";
import type { Segment } from "./segments";
import { isSigned, permits } from "./uploadUrl";
import type { BlobVersion } from "./versions";

/** The uploads that the blob endpoint takes. */
export type BlobOperation = "PutBlob" | "PutBlock" | "PutBlockList";

/** Which upload a request to the blob endpoint is, by its `comp`. */
export function blobOperationOf(query: URLSearchParams): BlobOperation | undefined {
  const comp = query.get("comp");
  if (comp === null) return "PutBlob";
  if (comp === "block") return "PutBlock";
  return comp === "blocklist" ? "PutBlockList" : undefined;
}

/** A block list holds 50,000 ids at most; this is more than any of those needs. */
const maxBlockListBytes = 16 * 1024 * 1024;
const maxBlockIdLength = 64;

/** The blob endpoint: Put Blob, Put Block and Put Block List, as Azure's blob store does them. */
export class BlobEndpoint {
  constructor(private readonly state: EmulatorState) {}

  /** Rejects only if the connection broke off, so that nobody is left to answer. */
  async handle(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Reply> {
    try {
      const reply = await this.#process(request, path, query);
      await this.state.save();
      return reply;
    } catch (error) {
      if (error instanceof BlobError) return blobErrorReply(error);
      if (request.destroyed && !request.complete) throw error;
      const message = `The emulator failed: ${messageOf(error)}`;
      return blobErrorReply(new BlobError(500, "InternalError", message));
    }
  }

  async #process(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Reply> {
    const { signingKey, clock } = this.state;
    if (!isSigned(signingKey, path, query, clock.now())) throw refusal("AuthenticationFailed");
    if (!permits(query, request.method ?? "")) throw refusal("AuthorizationPermissionMismatch");
    if (request.headers["content-length"] === undefined) {
      throw refusal("MissingContentLengthHeader");
    }
    switch (blobOperationOf(query)) {
      case "PutBlob":
        return this.#putBlob(request, path);
      case "PutBlock":
        return this.#putBlock(request, path, query.get("blockid") ?? "");
      case "PutBlockList":
        return this.#putBlockList(request, path);
      case undefined:
        throw invalidParameter("comp is not one that an upload can have.");
    }
  }

  async #putBlob(request: IncomingMessage, path: string): Promise<Reply> {
    const type = request.headers["x-ms-blob-type"];
    if (type === undefined) throw refusal("MissingRequiredHeader");
    if (type !== "BlockBlob") throw refusal("InvalidHeaderValue");
    const segment = await this.#receive(request);
    return this.#created(await this.state.blobs.commit(path, segment), segment.md5);
  }

  async #putBlock(request: IncomingMessage, path: string, blockId: string): Promise<Reply> {
    const { blobs } = this.state;
    const { length } = Buffer.from(blockId, "base64");
    const isBase64 = Buffer.from(blockId, "base64").toString("base64") === blockId;
    if (length === 0 || length > maxBlockIdLength || !isBase64) {
      throw invalidParameter("blockid is not base64 of 1 to 64 bytes.");
    }
    const [other = blockId] = Object.keys(blobs.uncommitted(path));
    if (other.length !== blockId.length) throw refusal("InvalidBlobOrBlock");
    const segment = await this.#receive(request);
    await blobs.stage(path, blockId, segment);
    return reply({ "content-md5": segment.md5 });
  }

  async #putBlockList(request: IncomingMessage, path: string): Promise<Reply> {
    const { blobs } = this.state;
    const body = await readBody(request, maxBlockListBytes);
    if (!body) throw refusal("RequestBodyTooLarge");
    checkMd5(request, createHash("md5").update(body).digest("base64"));
    const blocks = blockIdsOf(body.toString("utf8")).map((id) => {
      const segment = blobs.latest(path, id);
      if (!segment) throw refusal("InvalidBlockList");
      return [id, segment] as const;
    });
    return this.#created(await blobs.commitBlocks(path, blocks));
  }

  async #receive(request: IncomingMessage): Promise<Segment> {
    const { store } = this.state.blobs;
    const segment = await store.write(request);
    try {
      checkMd5(request, segment.md5);
    } catch (error) {
      await store.remove(segment);
      throw error;
    }
    return segment;
  }

  #created(version: BlobVersion, md5?: string): Reply {
    return reply({
      etag: `"0x${createHash("sha1").update(version.id).digest("hex").slice(0, 15).toUpperCase()}"`,
      "last-modified": new Date(this.state.clock.now()).toUTCString(),
      "x-ms-version-id": version.id,
      ...(md5 === undefined ? {} : { "content-md5": md5 }),
    });
  }
}

function reply(headers: Record<string, string>): Reply {
  const standard = {
    "x-ms-request-id": randomUUID(),
    "x-ms-request-server-encrypted": "true",
  };
  return { status: 201, headers: { ...headers, ...standard }, body: "" };
}

function checkMd5(request: IncomingMessage, actual: string): void {
  const claimed = request.headers["content-md5"];
  if (claimed !== undefined && claimed !== actual) throw refusal("Md5Mismatch");
}

const blockListEntry = /\s*<(Committed|Uncommitted|Latest)>([^<]*)<\/\1>\s*/y;
const blockList = /^\s*(?:<\?xml[^>]*\?>)?\s*<BlockList>([\s\S]*)<\/BlockList>\s*$/;

/**
 * The block ids of a Put Block List body, in order.
 *
 * @throws BlobError if it is not the XML that this call takes.
 */
function blockIdsOf(xml: string): string[] {
  const inner = xml.includes("<BlockList />") ? "" : blockList.exec(xml)?.[1];
  if (inner === undefined) throw refusal("InvalidXmlDocument");
  const ids: string[] = [];
  blockListEntry.lastIndex = 0;
  while (blockListEntry.lastIndex < inner.trimEnd().length) {
    const found = blockListEntry.exec(inner);
    if (!found) throw refusal("InvalidXmlDocument");
    ids.push((found[2] ?? "").trim());
  }
  return ids;
}
