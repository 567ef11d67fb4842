import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Api, dagsArchive, emulators, rawPut, upload } from "./emulatorSetup";

const blockBlob = { "x-ms-blob-type": "BlockBlob" };

function md5(text: string): string {
  return createHash("md5").update(text).digest("base64");
}

describe("emulator: blob endpoint", () => {
  const start = emulators();

  async function uploadUrl() {
    const emulator = await start({ behaviour: { uploadUrlTtlMs: 60_000 } });
    const { body } = await new Api(emulator).create({ type: "DAG_ONLY" });
    return { emulator, url: body.dagsUploadUrl };
  }

  function put(url: string, body = "abc", headers: Record<string, string> = blockBlob) {
    return fetch(url, { method: "PUT", headers, body });
  }

  async function assertRefused(response: Response, status: number, code: string) {
    assert.equal(response.status, status);
    assert.equal(response.headers.get("x-ms-error-code"), code);
    assert.match(await response.text(), new RegExp(`<Error><Code>${code}</Code>`));
  }

  it("stores a blob and answers with its version", async () => {
    const { url } = await uploadUrl();
    const response = await put(url);
    assert.equal(response.status, 201);
    assert.match(
      response.headers.get("x-ms-version-id") ?? "",
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/,
    );
    assert.equal(response.headers.get("content-md5"), md5("abc"));
    for (const name of ["etag", "last-modified", "x-ms-request-id"]) {
      assert.ok(response.headers.get(name), name);
    }
  });

  it("gives versions that are unique and grow, also when the clock goes back", async () => {
    const { emulator, url } = await uploadUrl();
    const versions = [];
    for (let i = 0; i < 20; i += 1) {
      versions.push(await upload(url, Buffer.from("x")));
      emulator.advance(-10);
    }
    assert.deepEqual([...new Set(versions)].sort(), versions);
  });

  it("signs with sv, se, sr, sp and sig, for this path only", async () => {
    const { url } = await uploadUrl();
    const { searchParams } = new URL(url);
    assert.deepEqual([...searchParams.keys()], ["sv", "se", "sr", "sp", "sig"]);
    await assertRefused(await put(url.replace("dags", "other")), 403, "AuthenticationFailed");
  });

  for (const [name, change] of [
    [
      "without a signature",
      (url: URL) => {
        url.searchParams.delete("sig");
      },
    ],
    [
      "with another signature",
      (url: URL) => {
        url.searchParams.set("sig", "AAAA");
      },
    ],
    [
      "with a later expiry",
      (url: URL) => {
        url.searchParams.set("se", "2999-01-01T00:00:00Z");
      },
    ],
    [
      "with more permissions",
      (url: URL) => {
        url.searchParams.set("sp", "rcwd");
      },
    ],
    [
      "without a query",
      (url: URL) => {
        url.search = "";
      },
    ],
  ] as const) {
    it(`refuses an upload ${name}`, async () => {
      const url = new URL((await uploadUrl()).url);
      change(url);
      await assertRefused(await put(url.href), 403, "AuthenticationFailed");
    });
  }

  it("refuses an expired URL", async () => {
    const { emulator, url } = await uploadUrl();
    assert.equal((await put(url)).status, 201);
    emulator.advance(60_000);
    await assertRefused(await put(url), 403, "AuthenticationFailed");
  });

  it("lets nobody read or delete with an upload URL", async () => {
    const { url } = await uploadUrl();
    await put(url);
    await assertRefused(await fetch(url), 403, "AuthorizationPermissionMismatch");
    await assertRefused(
      await fetch(url, { method: "DELETE" }),
      403,
      "AuthorizationPermissionMismatch",
    );
  });

  it("needs x-ms-blob-type: BlockBlob", async () => {
    const { url } = await uploadUrl();
    await assertRefused(await put(url, "abc", {}), 400, "MissingRequiredHeader");
    const page = { "x-ms-blob-type": "PageBlob" };
    await assertRefused(await put(url, "abc", page), 400, "InvalidHeaderValue");
  });

  it("needs a length", async () => {
    const { url } = await uploadUrl();
    const { status, headers } = await rawPut(
      url,
      { ...blockBlob, "transfer-encoding": "chunked" },
      "abc",
    );
    assert.equal(status, 411);
    assert.equal(headers["x-ms-error-code"], "MissingContentLengthHeader");
  });

  it("verifies Content-MD5", async () => {
    const { url } = await uploadUrl();
    const right = { ...blockBlob, "content-md5": md5("abc") };
    assert.equal((await put(url, "abc", right)).status, 201);
    const wrong = { ...blockBlob, "content-md5": md5("abd") };
    await assertRefused(await put(url, "abc", wrong), 400, "Md5Mismatch");
  });

  it("refuses what is no upload", async () => {
    const { url } = await uploadUrl();
    await assertRefused(await put(`${url}&comp=lease`), 400, "InvalidQueryParameterValue");
  });

  describe("blocks", () => {
    const id = (text: string) => Buffer.from(text).toString("base64");
    const putBlock = (url: string, blockId: string, body: string, headers = {}) =>
      put(`${url}&comp=block&blockid=${encodeURIComponent(blockId)}`, body, headers);
    const putList = (url: string, inner: string) =>
      put(`${url}&comp=blocklist`, `<?xml version="1.0"?><BlockList>${inner}</BlockList>`, {});
    const latest = (blockId: string) => `<Latest>${blockId}</Latest>`;

    it("become a blob in the order of the list", async () => {
      const { emulator, url } = await uploadUrl();
      for (const [name, text] of [
        ["02", "world"],
        ["01", "hollo "],
        ["01", "hello "],
        ["03", "unused"],
      ] as const) {
        assert.equal((await putBlock(url, id(name), text)).status, 201);
      }
      const response = await putList(url, latest(id("01")) + latest(id("02")));
      assert.equal(response.status, 201);
      const version = response.headers.get("x-ms-version-id") ?? "";
      let stored = "";
      for await (const chunk of emulator.read(version)) stored += (chunk as Buffer).toString();
      assert.equal(stored, "hello world");
      // The blocks of a blob can be named again, and those that were left out are gone.
      assert.equal((await putList(url, latest(id("01")) + latest(id("02")))).status, 201);
      await assertRefused(await putList(url, latest(id("03"))), 400, "InvalidBlockList");
    });

    it("make an archive that is unpacked", async () => {
      const { emulator, url } = await uploadUrl();
      const bytes = await dagsArchive();
      const half = Math.floor(bytes.length / 2);
      for (const [name, part] of [
        ["a", bytes.subarray(0, 1)],
        ["b", bytes.subarray(1, half)],
        ["c", bytes.subarray(half)],
      ] as const) {
        await fetch(`${url}&comp=block&blockid=${encodeURIComponent(id(name))}`, {
          method: "PUT",
          body: new Uint8Array(part),
        });
      }
      const response = await putList(
        url,
        ["a", "b", "c"].map((name) => latest(id(name))).join("\n"),
      );
      const members = await emulator.members(response.headers.get("x-ms-version-id") ?? "");
      assert.deepEqual(
        members.map(({ name }) => name),
        ["dags/etl.py"],
      );
    });

    it("are refused with an id that is not base64, too long, or of another length", async () => {
      const { url } = await uploadUrl();
      for (const bad of ["", "?!", id("x".repeat(65))]) {
        await assertRefused(await putBlock(url, bad, "x"), 400, "InvalidQueryParameterValue");
      }
      await putBlock(url, id("one"), "x");
      await assertRefused(await putBlock(url, id("three"), "x"), 400, "InvalidBlobOrBlock");
    });

    it("are checked against Content-MD5", async () => {
      const { url } = await uploadUrl();
      const headers = { "content-md5": md5("y") };
      await assertRefused(await putBlock(url, id("1"), "x", headers), 400, "Md5Mismatch");
    });

    it("need a list that is known and well-formed", async () => {
      const { url } = await uploadUrl();
      await putBlock(url, id("1"), "x");
      await assertRefused(await putList(url, latest(id("2"))), 400, "InvalidBlockList");
      await assertRefused(await putList(url, "<Latest>"), 400, "InvalidXmlDocument");
      await assertRefused(await put(`${url}&comp=blocklist`, "{}", {}), 400, "InvalidXmlDocument");
      assert.equal((await putList(url, latest(id("1")))).status, 201);
    });
  });
});
