import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { upload, uploadLimits, type Archive } from "../../../provider/blob/upload";
import { Trees } from "../artifact/trees";

const account = "testaccount";
const key = randomBytes(32).toString("base64");

/** A signed URL's query, as the account SAS is documented. */
function sign(expiry: Date): string {
  const fields = { sp: "rwc", ss: "b", srt: "sco", se: expiry.toISOString(), sv: "2022-11-02" };
  const text = [
    account,
    fields.sp,
    fields.ss,
    fields.srt,
    "",
    fields.se,
    "",
    "",
    fields.sv,
    "",
    "",
  ];
  const sig = createHmac("sha256", Buffer.from(key, "base64")).update(text.join("\n"));
  return new URLSearchParams({ ...fields, sig: sig.digest("base64") }).toString();
}

describe("upload to Microsoft's emulator of the blob service", function () {
  this.timeout(60_000);
  const trees = new Trees();
  let azurite: ChildProcess;
  let base: string;

  before(async () => {
    const script = require.resolve("azurite/dist/src/blob/main.js");
    const options = "--inMemoryPersistence --skipApiVersionCheck --disableTelemetry --blobPort 0";
    azurite = spawn(process.execPath, [script, ...options.split(" ")], {
      cwd: trees.folder(),
      env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${key}` },
    });
    const port = await new Promise<string>((resolve, reject) => {
      let printed = "";
      azurite.stdout?.on("data", (chunk) => {
        printed += String(chunk);
        const [, found] = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(printed) ?? [];
        if (found !== undefined) resolve(found);
      });
      azurite.once("exit", () => {
        reject(new Error(`Azurite did not start: ${printed}`));
      });
    });
    base = `http://127.0.0.1:${port}/${account}/uploads`;
    const made = await fetch(`${base}?restype=container&${sign(inAnHour())}`, { method: "PUT" });
    assert.equal(made.status, 201, await made.text());
  });

  after(async () => {
    const ended = once(azurite, "exit");
    if (azurite.kill()) await ended;
    trees.remove();
  });

  function archiveOf(bytes: Buffer): Archive {
    const path = join(trees.folder(), "package.tar.gz");
    writeFileSync(path, bytes);
    return { path, size: bytes.length, md5: createHash("md5").update(bytes).digest("base64") };
  }

  for (const size of [1, 3_000_000, uploadLimits.singlePut + 1]) {
    it(`stores ${size} bytes`, async () => {
      const bytes = randomBytes(size);
      const url = `${base}/${size}.tar.gz?${sign(inAnHour())}`;
      // The emulator keeps no versions, so this is as far as it goes.
      await assert.rejects(
        upload(url, archiveOf(bytes)),
        /the store accepted it but did not return its version/,
      );
      const stored = await fetch(url);
      assert.equal(stored.headers.get("content-type"), "application/x-tar");
      assert.ok(Buffer.from(await stored.arrayBuffer()).equals(bytes));
    });
  }

  it("says that an expired URL has expired", async () => {
    const url = `${base}/late.tar.gz?${sign(new Date(Date.now() - 1000))}`;
    await assert.rejects(upload(url, archiveOf(Buffer.from("x"))), {
      name: "UploadError",
      status: 403,
      expired: true,
    });
  });

  it("is told when the bytes are not those that were packed", async () => {
    const archive = { ...archiveOf(Buffer.from("x")), md5: createHash("md5").digest("base64") };
    await assert.rejects(upload(`${base}/wrong.tar.gz?${sign(inAnHour())}`, archive), {
      status: 400,
    });
  });
});

function inAnHour(): Date {
  return new Date(Date.now() + 3_600_000);
}
