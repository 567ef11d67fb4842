import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, createReadStream, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Md5Writer } from "../provider/artifact/archive/md5";
import { upload, uploadLimits } from "../provider/blob/upload";
import { compare, shell } from "./compare";
import { folder, mebibyte, sizes } from "./trees";

/** An upload to a store on this machine, without the network's delays. */
export function benchUpload(): Promise<void> {
  return withStore(async (url) => {
    const limit = uploadLimits.singlePut / mebibyte;
    await against("one request", url, Math.min(limit, sizes.mebibytes));
    if (sizes.mebibytes > limit) await against("blocks", url, sizes.mebibytes);
  });
}

/** Uses a blob store that runs in a process of its own. */
export async function withStore(use: (url: string) => Promise<void>): Promise<void> {
  const store = fork(join(__dirname, "store.ts"));
  try {
    const [url] = (await once(store, "message")) as [string];
    await use(url);
  } finally {
    store.disconnect();
  }
}

async function against(how: string, url: string, mebibytes: number): Promise<void> {
  const path = join(folder(), "package.tar.gz");
  const md5s = new Md5Writer();
  for (let written = 0; written < mebibytes; written++) {
    const chunk = randomBytes(mebibyte);
    md5s.update(chunk);
    appendFileSync(path, chunk);
  }
  const archive = { path, size: statSync(path).size, ...md5s.digest() };
  const title = `upload of ${mebibytes} MiB in ${how}`;
  const ours = () => upload(url, archive);
  // Each takes a tenth of a second, and differs much from the next.
  const rounds = 15;
  await compare(title, ours, {
    name: "`curl -T`",
    needs: "curl",
    goal: 1,
    rounds,
    run: () => shell('curl -sSf -T "$1" "$2"', path, url),
  });
  await compare(title, ours, {
    name: "a bare pipe of Node.js",
    rounds,
    run: async () => {
      const put = request(url, { method: "PUT", headers: { "Content-Length": archive.size } });
      const answered = once(put, "response");
      await pipeline(createReadStream(path), put);
      const [response] = (await answered) as [NodeJS.ReadableStream];
      response.resume();
    },
  });
}
