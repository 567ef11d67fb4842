import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { ArtifactError } from "../../../provider/artifact/error";
import { Md5Writer } from "../../../provider/artifact/archive/md5";
import {
  upload,
  UploadError,
  uploadLimits,
  type Archive,
  type UploadOptions,
} from "../../../provider/blob/upload";
import { created, ScriptedStore, signature, type Answer } from "./scriptedStore";
import { Trees } from "../artifact/trees";
import { eventually } from "../../helpers/eventually";

const version = "2026-01-02T03:04:05.0000001Z";
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("base64");

/** How the store refuses: with headers of its own. */
const refusal = (code: string): Answer => ({
  status: 403,
  headers: { "x-ms-error-code": code, "x-ms-request-id": "r-1" },
});

describe("upload", () => {
  const trees = new Trees();
  let store: ScriptedStore;
  /** The pauses that the retries asked for, in milliseconds. */
  let pauses: number[];
  const sleep = (ms: number) => {
    pauses.push(ms);
    return Promise.resolve();
  };

  beforeEach(async () => {
    pauses = [];
    store = new ScriptedStore();
    await store.start();
  });

  afterEach(async () => {
    await store.stop();
    trees.remove();
  });

  function archiveOf(bytes: Buffer): Archive {
    const path = join(trees.folder(), "package.tar.gz");
    writeFileSync(path, bytes);
    const md5s = new Md5Writer();
    // In chunks of a size at which no part ends.
    for (let at = 0; at < bytes.length; at += 99_991) md5s.update(bytes.subarray(at, at + 99_991));
    return { path, size: bytes.length, ...md5s.digest() };
  }

  const small = () => archiveOf(randomBytes(3_000_000));
  const send = (archive: Archive, options?: UploadOptions) =>
    upload(store.url, archive, { sleep, ...options });

  async function failure(promise: Promise<unknown>): Promise<UploadError> {
    const error: unknown = await promise.then(
      () => assert.fail("the upload must fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof UploadError, inspect(error));
    assertClean(error);
    return error;
  }

  /** Nothing of the error may hold the URL's query, however it is printed. */
  function assertClean(error: Error): void {
    const printed = [
      inspect(error, { depth: Infinity, showHidden: true, getters: true }),
      JSON.stringify(error),
      JSON.stringify(error, Object.getOwnPropertyNames(error)),
      String(error),
      error.stack ?? "",
      inspect(error.cause, { depth: Infinity, showHidden: true }),
    ].join("\n");
    for (const secret of [signature, encodeURIComponent(signature), "s3cr3t", "sv=", "se=", "?"]) {
      // A question mark ends some advice; it must not follow the path of the URL.
      const found = secret === "?" ? printed.includes("tar.gz?") : printed.includes(secret);
      assert.ok(!found, `${secret} in ${printed}`);
    }
    assert.ok(!error.message.includes("\n"));
  }

  it("sends one request with what the store needs, and returns the version", async () => {
    const bytes = randomBytes(3_000_000);
    store.answers = [{ status: 201, headers: { "x-ms-version-id": ` ${version} ` } }];

    assert.equal(await send(archiveOf(bytes)), version);

    const [request, ...others] = store.received;
    assert.ok(request);
    assert.equal(others.length, 0);
    assert.equal(request.method, "PUT");
    assert.equal(request.url.searchParams.get("sig"), signature);
    assert.equal(request.headers["x-ms-blob-type"], "BlockBlob");
    assert.equal(request.headers["content-type"], "application/x-tar");
    assert.equal(request.headers["content-length"], "3000000");
    assert.equal(request.headers["content-md5"], md5(bytes));
    assert.equal(request.headers["transfer-encoding"], undefined);
    assert.ok(request.body.equals(bytes));
  });

  it("keeps the URL's query as it was signed", async () => {
    await send(small());
    const sent = store.received[0]?.url.search;
    assert.equal(sent, new URL(store.url).search);
  });

  describe("repeats", () => {
    for (const status of [408, 429, 500, 502, 503, 504]) {
      it(`what the store answers with ${status}, with the whole body`, async () => {
        const archive = small();
        store.answers = [{ status }, created];
        assert.equal(await send(archive), version);
        assert.deepEqual(
          store.received.map(({ body, headers }) => [md5(body), headers["content-length"]]),
          [
            [archive.md5, "3000000"],
            [archive.md5, "3000000"],
          ],
        );
        assert.equal(pauses.length, 1);
      });
    }

    const cuts: Record<string, Answer> = {
      "reset after the body": (_response, socket) => socket.resetAndDestroy(),
      "closed without an answer": (_response, socket) => socket.destroy(),
      "cut within the answer": (response, socket) => {
        response.writeHead(201, { "Content-Length": "100", "x-ms-version-id": "x" });
        response.write("half");
        setTimeout(() => socket.destroy(), 20);
      },
    };
    for (const [what, cut] of Object.entries(cuts)) {
      it(`after a connection that was ${what}`, async () => {
        const archive = small();
        store.answers = [cut, created];
        assert.equal(await send(archive), version);
        assert.equal(store.received.length, 2);
        assert.equal(md5(store.received[1]?.body ?? Buffer.alloc(0)), archive.md5);
      });
    }

    it("after a connection that was reset in the middle of the body", async () => {
      const archive = archiveOf(randomBytes(30_000_000));
      store.early = true;
      store.answers = [
        (_response, socket) => socket.resetAndDestroy(),
        (response) => {
          response.req.on("end", () => {
            response.writeHead(201, { "x-ms-version-id": version }).end();
          });
        },
      ];
      assert.equal(await send(archive), version);
      assert.equal(md5(store.received[1]?.body ?? Buffer.alloc(0)), archive.md5);
    });

    it("what a store leaves unanswered, or does not even read", async () => {
      const large = archiveOf(randomBytes(30_000_000));
      store.answers = [() => undefined];
      const error = await failure(send(small(), { idleMs: 50 }));
      assert.match(error.message, /after 5 attempts: no response in time\. Check the network/);

      store.early = true;
      store.answers = [(response) => response.req.pause()];
      const other = await failure(send(large, { idleMs: 50 }));
      assert.match(other.message, /after 5 attempts: no response in time\. Check the network/);
    });

    it("at most 5 times, and then says how often and why", async () => {
      store.answers = [
        { status: 503, headers: { "x-ms-error-code": "ServerBusy", "x-ms-request-id": "abc-1" } },
      ];
      const error = await failure(send(small()));
      assert.equal(store.received.length, 5);
      assert.equal(pauses.length, 4);
      assert.equal(error.status, 503);
      assert.equal(error.code, "ServerBusy");
      assert.equal(error.requestId, "abc-1");
      assert.equal(error.expired, false);
      assert.match(
        error.message,
        /^Could not upload to 127\.0\.0\.1:\d+ after 5 attempts: 503 ServerBusy \(request abc-1\)\. The fault is on the store's side/,
      );
    });

    it("what is refused a connection, and then says so", async () => {
      const { url } = store;
      await store.stop();
      const error = await failure(upload(url, small(), { sleep }));
      assert.equal(pauses.length, 4);
      assert.match(
        error.message,
        /after 5 attempts: connection refused\. Check the network and the proxy settings\.$/,
      );
    });

    it("after the pause that Retry-After asks for, in seconds", async () => {
      store.answers = [{ status: 503, headers: { "Retry-After": "7" } }, created];
      await send(small());
      assert.ok(pauses[0] !== undefined && pauses[0] >= 7000 && pauses[0] < 8000, inspect(pauses));
    });

    it("after the pause that Retry-After asks for, as a date", async () => {
      const date = new Date(Date.now() + 30_000).toUTCString();
      store.answers = [{ status: 429, headers: { "Retry-After": date } }, created];
      await send(small());
      const [pause = 0] = pauses;
      // The date has whole seconds, and some time passes until it is read.
      assert.ok(pause > 20_000 && pause < 31_000, inspect(pauses));
    });

    it("not at all where Retry-After asks for longer than a minute, and says so", async () => {
      const headers = { "Retry-After": "86400", "x-ms-request-id": "r-1" };
      store.answers = [{ status: 503, headers }, created];
      const error = await failure(send(small()));
      assert.match(
        error.message,
        /: 503 \(request r-1\)\. It asks to wait 86400 s\. The fault is on the store's/,
      );
      assert.equal(store.received.length, 1);
    });

    it("after a pause that is counted by the store's clock", async () => {
      const [date, later] = [0, 30_000].map((ms) => new Date(ms).toUTCString());
      const headers = { Date: date ?? "", "Retry-After": later ?? "" };
      store.answers = [{ status: 429, headers }, created];
      await send(small());
      const [pause = 0] = pauses;
      assert.ok(pause >= 30_000 && pause < 31_000, inspect(pauses));
    });

    it("with pauses of its own on the clock, where none are given", async function () {
      this.timeout(10_000);
      store.answers = [{ status: 500 }, created];
      assert.equal(await upload(store.url, small()), version);
    });
  });

  describe("does not repeat", () => {
    for (const status of [200, 202, 301, 307, 400, 404, 409, 411, 412, 413, 501]) {
      it(`what the store answers with ${status}`, async () => {
        const headers = { Location: store.url, "x-ms-request-id": "r-1" };
        store.answers = [{ status, headers }, created];
        const error = await failure(send(small()));
        assert.equal(error.status, status);
        assert.equal(store.received.length, 1);
      });
    }

    it("an upload whose URL has expired: it says so, and what to do", async () => {
      store.answers = [
        {
          status: 403,
          headers: { "x-ms-error-code": "AuthenticationFailed", "x-ms-request-id": "r-1" },
          body: `<Error><Code>AuthenticationFailed</Code><Message>${signature} ${store.url}</Message></Error>`,
        },
      ];
      const error = await failure(send(small()));
      assert.equal(error.expired, true);
      assert.equal(store.received.length, 1);
      assert.match(
        error.message,
        /: 403 AuthenticationFailed \(request r-1\)\. The upload URL has expired, or its signature was rejected: only a new deploy gets a new URL\.$/,
      );
    });

    it("an upload that got no version", async () => {
      for (const headers of [{}, { "x-ms-version-id": " " }]) {
        store.answers = [{ status: 201, headers }];
        const error = await failure(send(small()));
        assert.match(
          error.message,
          /the store accepted it but did not return its version \(x-ms-version-id/,
        );
      }
      assert.equal(store.received.length, 2);
    });

    it("an archive that has vanished or is too short", async () => {
      const gone = small();
      rmSync(gone.path);
      await assert.rejects(send(gone), (error) => error instanceof ArtifactError);
      const short = small();
      truncateSync(short.path, 100);
      await assert.rejects(send(short), (error) => {
        assert.ok(error instanceof ArtifactError);
        assertClean(error);
        assert.match(error.message, /changed while it was read/);
        return true;
      });
      assert.equal(pauses.length, 0);
    });

    it("an answer that is not HTTP", async () => {
      const server = createTcpServer((socket) => {
        socket.on("error", () => undefined);
        socket.resume().end("SSH-2.0-server\r\n");
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const error = await failure(
          upload(`http://127.0.0.1:${port}/x?sig=${encodeURIComponent(signature)}`, small(), {
            sleep,
          }),
        );
        assert.match(
          error.message,
          /: Parse Error: .* \(HPE_INVALID_CONSTANT\)\. Check the network/,
        );
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });

    it("what is no URL, and does not print it", async () => {
      const error = await failure(upload(`not a url?sig=${signature}`, small(), { sleep }));
      assert.match(error.message, /not a valid URL/);
    });
  });

  it("reads the store's answer to a large upload that it refuses at once", async () => {
    store.early = true;
    store.answers = [{ status: 403, headers: { "x-ms-error-code": "AuthenticationFailed" } }];
    const error = await failure(send(archiveOf(randomBytes(50_000_000))));
    assert.equal(error.expired, true);
    assert.equal(store.received.length, 1);
  });

  describe("refused with 403", () => {
    const spent = /The upload URL has expired, or its signature was rejected/;

    for (const code of [
      "AuthenticationFailed",
      "AuthorizationPermissionMismatch",
      "AuthorizationProtocolMismatch",
      "AuthorizationResourceTypeMismatch",
      "AuthorizationServiceMismatch",
    ]) {
      it(`takes the store's word that the signature is of no use: ${code}`, async () => {
        store.answers = [refusal(code)];
        const error = await failure(send(small()));
        assert.equal(error.expired, true);
        assert.match(error.message, spent);
      });
    }

    const others: Record<string, [Answer, RegExp]> = {
      "the store's firewall": [
        refusal("AuthorizationFailure"),
        /: 403 AuthorizationFailure \(request r-1\)\. The store does not accept requests from this machine/,
      ],
      "a page of somebody else's": [
        { status: 403, body: "<html><head><title>Access denied</title></head></html>" },
        /: 403 "Access denied", which is not a response of the store\. It comes from something between this machine and the store \(/,
      ],
      "somebody else's page with the store's word in it": [
        { status: 403, body: "<Error><Code>AuthenticationFailed</Code></Error>" },
        /: 403 "AuthenticationFailed", which is not a response of the store\. It comes from/,
      ],
    };
    for (const [who, [answer, said]] of Object.entries(others)) {
      it(`keeps the URL while its time is not over: ${who}`, async () => {
        store.answers = [answer];
        const error = await failure(send(small()));
        assert.equal(error.expired, false);
        assert.match(error.message, said);
        assert.equal(store.received.length, 1);
      });

      it(`gives the URL up once its time is over by the service's clock: ${who}`, async () => {
        store.answers = [answer];
        const now = () => new Date(store.expiry.getTime() + 1000);
        const error = await failure(send(small(), { now }));
        assert.equal(error.expired, true);
        assert.match(error.message, spent);
      });
    }
  });

  it("takes a lost answer for a refusal, where the URL's time is over", async () => {
    store.answers = [(_response, socket) => socket.resetAndDestroy()];
    store.expiry = new Date(Date.now() - 3_600_000);
    const error = await failure(send(small()));
    assert.equal(error.expired, true);
    assert.equal(store.received.length, 1);
    assert.match(error.message, /: .*ECONNRESET\)\. The upload URL has expired/);
  });

  it("takes a lost answer for no more than that, where this machine's clock may be ahead", async () => {
    store.answers = [(_response, socket) => socket.resetAndDestroy()];
    store.expiry = new Date(Date.now() - 60_000);
    const error = await failure(send(small()));
    assert.equal(error.expired, false);
    assert.equal(store.received.length, 5);
  });

  it("takes the store's own word from its body where no header has it", async () => {
    store.answers = [{ status: 400, body: "<?xml?><Error><Code>Md5Mismatch</Code></Error>" }];
    assert.equal((await failure(send(small()))).code, "Md5Mismatch");
  });

  describe("gives up", () => {
    const never: Answer = () => undefined;

    it("at its deadline, with a request under way", async () => {
      store.answers = [never];
      const error = await failure(send(small(), { deadline: Date.now() + 100 }));
      assert.match(
        error.message,
        /: it took longer than allowed; raise astro:uploadTimeoutSeconds\.$/,
      );
    });

    it("at a deadline that has passed", async () => {
      await failure(send(small(), { deadline: Date.now() - 1000 }));
      assert.equal(store.received.length, 0);
    });

    it("at its deadline, in the middle of a pause, with the last fault", async () => {
      const headers = { "Retry-After": "60", "x-ms-request-id": "r-1" };
      store.answers = [{ status: 503, headers }];
      const error = await failure(upload(store.url, small(), { deadline: Date.now() + 200 }));
      assert.equal(error.status, 503);
      assert.equal(store.received.length, 1);
    });
  });

  it("leaves no connection behind", async () => {
    store.answers = [created, { status: 403 }];
    await send(small());
    await failure(send(small()));
    // The other end hears of it a little later.
    await eventually(async () => (await store.connections()) === 0, "every connection is closed");
  });

  it("tells of its progress, and never of more than there is", async () => {
    const archive = archiveOf(randomBytes(5_000_000));
    store.answers = [{ status: 503 }, created];
    const seen: number[] = [];
    await send(archive, {
      onProgress: (sent, total) => {
        assert.equal(total, archive.size);
        assert.ok(sent <= total);
        seen.push(sent);
      },
    });
    assert.equal(seen.at(-1), archive.size);
    assert.equal(seen.filter((sent) => sent === archive.size).length, 2, "once an attempt");
  });

  describe("in blocks", () => {
    const size = uploadLimits.singlePut + uploadLimits.block + 12_345;
    let archive: Archive;
    let bytes: Buffer;

    beforeEach(() => {
      bytes = randomBytes(size);
      archive = archiveOf(bytes);
    });

    /** Puts the blocks together in the order of the list, as the store would. */
    function commit(): Buffer {
      const list = store.received.at(-1);
      assert.equal(list?.url.searchParams.get("comp"), "blocklist");
      const ids = [...list.body.toString().matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(
        ([, id]) => id,
      );
      const parts = ids.map((id) => {
        const of = store.received.filter(({ url }) => url.searchParams.get("blockid") === id);
        return of.at(-1)?.body ?? assert.fail(`no block ${id ?? ""}`);
      });
      return Buffer.concat(parts);
    }

    it("sends more than one request takes", async () => {
      const seen: number[] = [];
      const returned = await send(archive, { onProgress: (sent) => seen.push(sent) });
      assert.equal(returned, version);
      assert.equal(store.received.length, 7);
      assert.ok(commit().equals(bytes));
      assert.equal(seen.at(-1), size);

      const list = store.received.at(-1);
      assert.equal(list?.headers["x-ms-blob-content-type"], "application/x-tar");
      assert.equal(list.headers["x-ms-blob-content-md5"], archive.md5);
      const ids = new Set<string>();
      for (const { url, headers, body } of store.received) {
        assert.equal(url.searchParams.get("sig"), signature);
        assert.equal(headers["transfer-encoding"], undefined);
        assert.equal(headers["content-length"], String(body.length));
        const id = url.searchParams.get("blockid");
        if (id === null) continue;
        ids.add(id);
        assert.equal(headers["content-md5"], md5(body));
        assert.equal(Buffer.from(id, "base64").length, 16, "all ids must have one length");
      }
      assert.equal(ids.size, 6);
    });

    it("sends the MD5s that were made while packing, and makes those of other parts", async () => {
      await send({ ...archive, partMd5s: ["known"] });
      const sent = store.received.flatMap(({ url, headers, body }) =>
        url.searchParams.get("comp") === "block" ? [[headers["content-md5"], md5(body)]] : [],
      );
      assert.equal(sent.length, 6);
      const others = sent.filter(([header, made]) => header !== made);
      assert.deepEqual(others, [["known", md5(bytes.subarray(0, uploadLimits.block))]]);
    });

    it("repeats the block alone that failed", async () => {
      store.answers = [created, { status: 503 }, created];
      assert.equal(await send(archive), version);
      assert.equal(store.received.length, 8);
      assert.ok(commit().equals(bytes));
    });

    it("repeats the list", async () => {
      store.answers = [...Array<Answer>(6).fill(created), { status: 500 }, created];
      assert.equal(await send(archive), version);
      assert.ok(commit().equals(bytes));
    });

    it("ends at once where a block is refused", async () => {
      store.answers = [created, refusal("AuthenticationFailed")];
      const error = await failure(send(archive));
      assert.equal(error.expired, true);
      assert.ok(store.received.length < 6);
      assert.ok(store.received.every(({ url }) => url.searchParams.get("comp") === "block"));
    });

    it("needs a version of the list", async () => {
      store.answers = [...Array<Answer>(6).fill({ status: 201 }), { status: 201 }];
      assert.match((await failure(send(archive))).message, /did not return its version/);
    });

    it("never uses the ids of another upload to the same URL", async () => {
      await send(archive);
      await send(archive);
      const ids = store.received.flatMap(({ url }) => url.searchParams.get("blockid") ?? []);
      assert.equal(new Set(ids).size, 12);
    });
  });

  it("keeps memory bounded whatever the size", async function () {
    this.timeout(60_000);
    const path = join(trees.folder(), "package.tar.gz");
    writeFileSync(path, "");
    const size = 400_000_000;
    execFileSync("truncate", ["-s", String(size), path]);
    // Throws the bytes away: what this process keeps is the client's alone.
    let arrived = 0;
    const sink = createHttpServer((request, response) => {
      request.on("data", (chunk: Buffer) => (arrived += chunk.length));
      request.on("end", () => response.writeHead(201, { "x-ms-version-id": version }).end());
    });
    await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = sink.address() as AddressInfo;
      const before = process.memoryUsage().rss;
      await upload(`http://127.0.0.1:${port}/x?sig=x`, { path, size, md5: "" });
      const growth = process.memoryUsage().rss - before;
      assert.ok(arrived > size);
      assert.ok(growth < 200e6, `memory grew by ${growth} bytes`);
    } finally {
      sink.closeAllConnections();
      await new Promise((resolve) => sink.close(resolve));
    }
  });
});
