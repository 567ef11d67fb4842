import { createHmac, timingSafeEqual } from "node:crypto";

/** Below this lies the blob endpoint. */
export const blobPrefix = "/blob/";

/** Where an archive is uploaded to. One path a Deployment or a mount: versions tell the deploys. */
export function uploadPath(place: {
  deploymentId: string;
  bundleMountPath?: string | undefined;
}): string {
  const { deploymentId, bundleMountPath } = place;
  const name =
    bundleMountPath === undefined
      ? "dags"
      : `bundle-${Buffer.from(bundleMountPath).toString("base64url")}`;
  return `${blobPrefix}${deploymentId}/${name}.tar.gz`;
}

/** The version of the storage service that the signature names. */
const serviceVersion = "2024-08-04";
/** Create and write: a deploy may upload, and neither read nor delete. */
const permissions = "cw";

function signatureOf(key: string, path: string, query: URLSearchParams): string {
  const signed = ["sv", "se", "sr", "sp"].map((name) => query.get(name) ?? "");
  return createHmac("sha256", key)
    .update([path, ...signed].join("\n"))
    .digest("base64");
}

/** The signed query of an upload URL that ends at a moment (epoch milliseconds). */
export function signedQuery(key: string, path: string, expiresAt: number): URLSearchParams {
  const query = new URLSearchParams({
    sv: serviceVersion,
    se: `${new Date(expiresAt).toISOString().slice(0, 19)}Z`,
    sr: "b",
    sp: permissions,
  });
  query.set("sig", signatureOf(key, path, query));
  return query;
}

/** Whether a request's query is signed for this path and has not expired. */
export function isSigned(key: string, path: string, query: URLSearchParams, now: number): boolean {
  const expected = Buffer.from(signatureOf(key, path, query));
  const given = Buffer.from(query.get("sig") ?? "");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  return Date.parse(query.get("se") ?? "") > now;
}

export function permits(query: URLSearchParams, method: string): boolean {
  const needed: Record<string, string> = { PUT: "w", GET: "r", HEAD: "r", DELETE: "d" };
  const permission = needed[method];
  return permission !== undefined && (query.get("sp") ?? "").includes(permission);
}
