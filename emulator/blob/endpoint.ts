import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../clock";
import type { Reply } from "../reply";
import { BlobError, blobErrorReply } from "./blobError";
import { blockIdsOf } from "./blockList";
import { isSigned, permits } from "./sas";
import type { Segment } from "./segments";
import type { Blobs, BlobVersion } from "./versions";

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
  constructor(
    private readonly blobs: Blobs,
    private readonly signingKey: string,
    private readonly clock: Clock,
    /** Keeps what was uploaded over a restart. */
    private readonly save: () => Promise<void>,
  ) {}

  /** Rejects only where the connection broke off, so that nobody is left to answer. */
  async handle(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Reply> {
    try {
      const reply = await this.#process(request, path, query);
      await this.save();
      return reply;
    } catch (error) {
      if (error instanceof BlobError) return blobErrorReply(error);
      if (request.destroyed && !request.complete) throw error;
      const text = error instanceof Error ? error.message : String(error);
      return blobErrorReply(new BlobError(500, "InternalError", `The emulator failed: ${text}`));
    }
  }

  async #process(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Reply> {
    if (!isSigned(this.signingKey, path, query, this.clock.now())) {
      throw new BlobError(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
      );
    }
    if (!permits(query, request.method ?? "")) {
      throw new BlobError(
        403,
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.",
      );
    }
    if (request.headers["content-length"] === undefined) {
      throw new BlobError(
        411,
        "MissingContentLengthHeader",
        "Content-Length HTTP header was not specified.",
      );
    }
    switch (blobOperationOf(query)) {
      case "PutBlob":
        return this.#putBlob(request, path);
      case "PutBlock":
        return this.#putBlock(request, path, query.get("blockid") ?? "");
      case "PutBlockList":
        return this.#putBlockList(request, path);
      case undefined:
        throw new BlobError(
          400,
          "InvalidQueryParameterValue",
          "The value of the query parameter comp is not one that an upload can have.",
        );
    }
  }

  async #putBlob(request: IncomingMessage, path: string): Promise<Reply> {
    const type = request.headers["x-ms-blob-type"];
    if (type === undefined) {
      throw new BlobError(
        400,
        "MissingRequiredHeader",
        "An HTTP header that is mandatory for this request is not specified: x-ms-blob-type.",
      );
    }
    if (type !== "BlockBlob") {
      throw new BlobError(
        400,
        "InvalidHeaderValue",
        "The value of the header x-ms-blob-type is not BlockBlob.",
      );
    }
    const segment = await this.#receive(request);
    return this.#created(await this.blobs.commit(path, segment), segment.md5);
  }

  async #putBlock(request: IncomingMessage, path: string, blockId: string): Promise<Reply> {
    const decoded = Buffer.from(blockId, "base64");
    if (
      decoded.length === 0 ||
      decoded.length > maxBlockIdLength ||
      decoded.toString("base64") !== blockId
    ) {
      throw new BlobError(
        400,
        "InvalidQueryParameterValue",
        "The value of the query parameter blockid is not base64 of 1 to 64 bytes.",
      );
    }
    const [other] = this.blobs.uncommitted(path).keys();
    if (other !== undefined && other.length !== blockId.length) {
      throw new BlobError(
        400,
        "InvalidBlobOrBlock",
        "The specified blob or block content is invalid: the ids of all blocks must have the same length.",
      );
    }
    const segment = await this.#receive(request);
    await this.blobs.stage(path, blockId, segment);
    return this.#reply({ "content-md5": segment.md5 });
  }

  async #putBlockList(request: IncomingMessage, path: string): Promise<Reply> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // All of it is read: to leave the loop would cut the connection before the answer arrives.
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= maxBlockListBytes) chunks.push(chunk);
    }
    if (bytes > maxBlockListBytes) {
      throw new BlobError(413, "RequestBodyTooLarge", "The block list is too large.");
    }
    const text = Buffer.concat(chunks);
    checkMd5(request, createHash("md5").update(text).digest("base64"));
    const blocks = blockIdsOf(text.toString("utf8")).map((id) => {
      const segment = this.blobs.latest(path, id);
      if (segment) return [id, segment] as const;
      throw new BlobError(400, "InvalidBlockList", "The specified block list is invalid.");
    });
    return this.#created(await this.blobs.commitBlocks(path, blocks));
  }

  async #receive(request: IncomingMessage): Promise<Segment> {
    const segment = await this.blobs.store.write(request);
    try {
      checkMd5(request, segment.md5);
    } catch (error) {
      await this.blobs.store.remove(segment);
      throw error;
    }
    return segment;
  }

  #created(version: BlobVersion, md5?: string): Reply {
    return this.#reply({
      etag: `"0x${createHash("sha1").update(version.id).digest("hex").slice(0, 15).toUpperCase()}"`,
      "last-modified": new Date(this.clock.now()).toUTCString(),
      "x-ms-version-id": version.id,
      ...(md5 === undefined ? {} : { "content-md5": md5 }),
    });
  }

  #reply(headers: Record<string, string>): Reply {
    return {
      status: 201,
      headers: {
        ...headers,
        "x-ms-request-id": randomUUID(),
        "x-ms-request-server-encrypted": "true",
      },
      body: "",
    };
  }
}

function checkMd5(request: IncomingMessage, actual: string): void {
  const claimed = request.headers["content-md5"];
  if (claimed !== undefined && claimed !== actual) {
    throw new BlobError(
      400,
      "Md5Mismatch",
      "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
    );
  }
}
