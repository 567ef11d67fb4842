import { randomUUID } from "node:crypto";
import type { Reply } from "../http";

/** A refusal of the blob endpoint. */
export class BlobError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A blob store reports errors in XML, with the code in a header too. */
export function blobErrorReply(error: BlobError): Reply {
  const requestId = randomUUID();
  return {
    status: error.status,
    headers: {
      "content-type": "application/xml",
      "x-ms-error-code": error.code,
      "x-ms-request-id": requestId,
    },
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${error.code}</Code><Message>${escape(error.message)}\nRequestId:${requestId}</Message></Error>`,
  };
}
