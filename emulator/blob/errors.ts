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

/** What Azure answers to an upload that it refuses. */
const refusals = {
  AuthenticationFailed: [
    403,
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
  ],
  AuthorizationPermissionMismatch: [
    403,
    "This request is not authorized to perform this operation using this permission.",
  ],
  MissingContentLengthHeader: [411, "Content-Length HTTP header was not specified."],
  MissingRequiredHeader: [
    400,
    "An HTTP header that is mandatory for this request is not specified: x-ms-blob-type.",
  ],
  InvalidHeaderValue: [400, "The value of the header x-ms-blob-type is not BlockBlob."],
  InvalidBlobOrBlock: [
    400,
    "The specified blob or block content is invalid: the ids of all blocks must have the same length.",
  ],
  InvalidBlockList: [400, "The specified block list is invalid."],
  InvalidXmlDocument: [400, "XML specified is not syntactically valid."],
  RequestBodyTooLarge: [413, "The block list is too large."],
  Md5Mismatch: [
    400,
    "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
  ],
} as const;

export function refusal(code: keyof typeof refusals): BlobError {
  const [status, message] = refusals[code];
  return new BlobError(status, code, message);
}

export function invalidParameter(text: string): BlobError {
  return new BlobError(
    400,
    "InvalidQueryParameterValue",
    `The value of the query parameter ${text}`,
  );
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
