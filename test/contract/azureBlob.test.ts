import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { Api, emulators, rawPut } from "./emulatorSetup";

/*
 * Holds the emulator's blob endpoint to Azurite, Microsoft's own emulator of the blob store: the
 * same plain HTTP requests to both must have the same status. Known differences:
 *
 * - Azurite has no versioning, so it answers no x-ms-version-id; the service's store does.
 * - Azurite answers 400 to a chunked body; the real store documents 411.
 * - Azurite takes a block with an empty id; the emulator refuses it.
 */

interface Azurite {
  start(): Promise<void>;
  close(): Promise<void>;
  httpServer: Server;
}

/** The account that Azurite comes with; its key is published in its documentation. */
const account = "devstoreaccount1";
const accountKey =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const version = "2020-02-10";
const container = "deploys";

function sign(text: string): string {
  return createHmac("sha256", Buffer.from(accountKey, "base64")).update(text).digest("base64");
}

function seconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** A query that allows everything on the account, to make the container with. */
function accountQuery(): URLSearchParams {
  const se = seconds(Date.now() + 60_000);
  const sig = sign([account, "rwc", "b", "sco", "", se, "", "", version, ""].join("\n"));
  return new URLSearchParams({ sv: version, ss: "b", srt: "sco", sp: "rwc", se, sig });
}

/** A query that allows to create and write one blob, as the service's upload URLs do. */
function blobQuery(name: string, expiresAt: number): URLSearchParams {
  const se = seconds(expiresAt);
  const resource = `/blob/${account}/${container}/${name}`;
  const fields = ["cw", "", se, resource, "", "", "", version, "b", "", "", "", "", "", ""];
  return new URLSearchParams({ sv: version, sr: "b", sp: "cw", se, sig: sign(fields.join("\n")) });
}

// Azurite has no entry point of its own: its blob server is reached by its compiled files, which
// have no types.
async function startAzurite(): Promise<{ azurite: Azurite; base: string }> {
  const load = createRequire(__filename) as (name: string) => {
    default: new (...args: unknown[]) => unknown;
  };
  const { default: Configuration } = load("azurite/dist/src/blob/BlobConfiguration");
  const { default: BlobServer } = load("azurite/dist/src/blob/BlobServer");
  const unset = undefined;
  // Arguments by position: host, port, ..., access log (6), debug log (8), loose (10), skip the
  // check of API versions (11), ..., in memory (17).
  const configuration = new Configuration(
    ...["127.0.0.1", 0, unset, unset, unset, unset, false, unset, false, unset, false, true],
    ...[unset, unset, unset, unset, unset, true],
  );
  const azurite = new BlobServer(configuration) as Azurite;
  await azurite.start();
  const { port } = azurite.httpServer.address() as AddressInfo;
  return { azurite, base: `http://127.0.0.1:${port}/${account}/${container}` };
}

const blockBlob = { "x-ms-blob-type": "BlockBlob" };
const md5 = (text: string) => createHash("md5").update(text).digest("base64");
const blockId = (text: string) => Buffer.from(text).toString("base64");

function put(url: string, body: string, headers: Record<string, string> = {}) {
  return fetch(url, { method: "PUT", headers, body });
}

function putBlock(url: string, id: string, body: string, headers: Record<string, string> = {}) {
  return put(`${url}&comp=block&blockid=${encodeURIComponent(id)}`, body, headers);
}

function putList(url: string, inner: string) {
  const xml = `<?xml version="1.0" encoding="utf-8"?><BlockList>${inner}</BlockList>`;
  return put(`${url}&comp=blocklist`, xml);
}

function changed(url: string, name: string, value: string | undefined): string {
  const parsed = new URL(url);
  if (value === undefined) parsed.searchParams.delete(name);
  else parsed.searchParams.set(name, value);
  return parsed.href;
}

type Request = (url: string, expiredUrl: string) => Promise<{ status: number }>;

/** Requests in the order in which they are sent; each gets a URL of a blob of its own. */
const requests: [string, number, Request][] = [
  ["Put Blob", 201, (url) => put(url, "abc", blockBlob)],
  ["Put Blob of nothing", 201, (url) => put(url, "", blockBlob)],
  [
    "Put Blob over a blob",
    201,
    async (url) => {
      await put(url, "abc", blockBlob);
      return put(url, "abcd", blockBlob);
    },
  ],
  ["Put Blob without x-ms-blob-type", 400, (url) => put(url, "abc")],
  ["Put Blob of an unknown type", 400, (url) => put(url, "abc", { "x-ms-blob-type": "Blob" })],
  [
    "Put Blob with its MD5",
    201,
    (url) => put(url, "abc", { ...blockBlob, "content-md5": md5("abc") }),
  ],
  [
    "Put Blob with another MD5",
    400,
    (url) => put(url, "abc", { ...blockBlob, "content-md5": md5("abd") }),
  ],
  ["an expired URL", 403, (_url, expired) => put(expired, "abc", blockBlob)],
  [
    "a URL without a signature",
    403,
    (url) => put(changed(url, "sig", undefined), "abc", blockBlob),
  ],
  [
    "a URL with another signature",
    403,
    (url) => put(changed(url, "sig", md5("other")), "abc", blockBlob),
  ],
  ["a URL with more permissions", 403, (url) => put(changed(url, "sp", "rcwd"), "abc", blockBlob)],
  [
    "a URL with a later expiry",
    403,
    (url) => put(changed(url, "se", "2999-01-01T00:00:00Z"), "abc", blockBlob),
  ],
  [
    "Get Blob with an upload URL",
    403,
    async (url) => {
      await put(url, "abc", blockBlob);
      return fetch(url);
    },
  ],
  ["Delete Blob with an upload URL", 403, (url) => fetch(url, { method: "DELETE" })],
  ["Put Block", 201, (url) => putBlock(url, blockId("1"), "abc")],
  [
    "Put Block with another MD5",
    400,
    (url) => putBlock(url, blockId("1"), "abc", { "content-md5": md5("abd") }),
  ],
  ["Put Block with an id that is not base64", 400, (url) => putBlock(url, "?!", "abc")],
  [
    "Put Block with an id of another length",
    400,
    async (url) => {
      await putBlock(url, blockId("1"), "abc");
      return putBlock(url, blockId("1234"), "abc");
    },
  ],
  [
    "Put Block List",
    201,
    async (url) => {
      await putBlock(url, blockId("1"), "abc");
      await putBlock(url, blockId("2"), "def");
      return putList(
        url,
        `<Latest>${blockId("2")}</Latest><Uncommitted>${blockId("1")}</Uncommitted>`,
      );
    },
  ],
  [
    "Put Block List again",
    201,
    async (url) => {
      await putBlock(url, blockId("1"), "abc");
      await putList(url, `<Latest>${blockId("1")}</Latest>`);
      return putList(url, `<Latest>${blockId("1")}</Latest>`);
    },
  ],
  [
    "Put Block List of an unknown block",
    400,
    (url) => putList(url, `<Latest>${blockId("9")}</Latest>`),
  ],
  ["Put Block List that is no XML", 400, (url) => put(`${url}&comp=blocklist`, "{}")],
];

describe("the emulator's blob endpoint, held to Azurite", function () {
  this.timeout(60_000);
  const start = emulators();
  let azurite: Azurite;
  let base: string;

  before(async () => {
    ({ azurite, base } = await startAzurite());
    const made = await fetch(`${base}?restype=container&${accountQuery().toString()}`, {
      method: "PUT",
    });
    assert.equal(made.status, 201);
  });

  after(() => azurite.close());

  let blobs = 0;

  /** An upload URL that is good and one that has expired, of Azurite and of the emulator. */
  async function urls() {
    blobs += 1;
    const name = `dags-${blobs}.tar.gz`;
    const real = (expiresAt: number) => `${base}/${name}?${blobQuery(name, expiresAt).toString()}`;
    const emulated = async (uploadUrlTtlMs: number) =>
      (await new Api(await start({ behaviour: { uploadUrlTtlMs } })).create({ type: "DAG_ONLY" }))
        .body.dagsUploadUrl;
    return {
      azurite: [real(Date.now() + 60_000), real(Date.now() - 60_000)],
      emulator: [await emulated(60_000), await emulated(-60_000)],
    } as const;
  }

  for (const [name, status, send] of requests) {
    it(`${status}: ${name}`, async () => {
      const { azurite: real, emulator } = await urls();
      assert.equal((await send(...real)).status, status, "Azurite");
      assert.equal((await send(...emulator)).status, status, "the emulator");
    });
  }

  it("answers an upload with the same headers, and the version besides", async () => {
    const { azurite: real, emulator } = await urls();
    const [expected, actual] = await Promise.all(
      [real[0], emulator[0]].map((url) => put(url, "abc", blockBlob)),
    );
    assert.ok(expected && actual);
    for (const name of [
      "etag",
      "last-modified",
      "x-ms-request-id",
      "x-ms-request-server-encrypted",
    ]) {
      assert.ok(expected.headers.get(name), `Azurite: ${name}`);
      assert.ok(actual.headers.get(name), `the emulator: ${name}`);
    }
    assert.equal(actual.headers.get("content-md5"), expected.headers.get("content-md5"));
    assert.equal(expected.headers.get("x-ms-version-id"), null);
    assert.ok(actual.headers.get("x-ms-version-id"));
  });

  it("refuses a chunked body as Azurite does, but with the status that Azure documents", async () => {
    const { azurite: real, emulator } = await urls();
    const headers = { ...blockBlob, "transfer-encoding": "chunked" };
    assert.equal((await rawPut(real[0], headers, "abc")).status, 400);
    assert.equal((await rawPut(emulator[0], headers, "abc")).status, 411);
  });
});
