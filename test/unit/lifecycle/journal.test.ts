import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Session } from "../../../provider/lifecycle/session";
import { Journal } from "../../../provider/lifecycle/recovery/journal";
import { readSettings } from "../../../provider/hosts/settings";

const inputs = { organizationId: "org", deploymentId: "dep", type: "DAG_ONLY" } as const;
const note = { startedAt: "2026-01-01T00:00:00.000Z", deployId: "deploy" };

describe("the note of a deploy that is being created", () => {
  let home: string;
  let before: string | undefined;

  beforeEach(() => {
    before = process.env.PULUMI_HOME;
    home = mkdtempSync(join(tmpdir(), "journal-"));
    process.env.PULUMI_HOME = home;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.PULUMI_HOME;
    else process.env.PULUMI_HOME = before;
    rmSync(home, { recursive: true, force: true });
  });

  const journal = (address?: string) =>
    new Journal(
      {
        settings: readSettings(() => undefined, {}),
        engine:
          address === undefined ? undefined : { address, exitIfEnded: () => Promise.resolve() },
      } as Session,
      inputs,
    );
  /** As if another process had written it. */
  const rewrite = (fields: object) => {
    const folder = join(home, "astro-deploy");
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      const held = JSON.parse(readFileSync(file, "utf8")) as object;
      writeFileSync(file, JSON.stringify({ ...held, ...fields }));
    }
  };
  const endedEngine = async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    return `127.0.0.1:${port}`;
  };

  it("is nothing while the process that wrote it runs", async () => {
    await journal().write(note);
    assert.equal(await journal().read(), undefined);
  });

  it("is there once that process has ended", async () => {
    await journal().write(note);
    rewrite({ pid: 2 ** 30 });
    assert.equal((await journal().read())?.deployId, "deploy");
  });

  it("is there for a process that has the id of the one that wrote it", async () => {
    await journal().write(note);
    rewrite({ run: "another" });
    assert.equal((await journal().read())?.deployId, "deploy");
  });

  it("is there where the engine has ended and its process's id is another one's", async () => {
    await journal(await endedEngine()).write(note);
    rewrite({ pid: process.ppid, run: "another" });
    assert.equal((await journal().read())?.deployId, "deploy");
  }).timeout(30_000);

  it("is nothing where it was cut short", async () => {
    await journal().write(note);
    const [name = ""] = readdirSync(join(home, "astro-deploy"));
    writeFileSync(join(home, "astro-deploy", name), '{"pid":');
    assert.equal(await journal().read(), undefined);
  });

  it("lies below the user's home where PULUMI_HOME is empty", async () => {
    const { HOME } = process.env;
    process.env.PULUMI_HOME = "";
    process.env.HOME = home;
    try {
      await journal().write(note);
      assert.equal(readdirSync(join(home, ".pulumi", "astro-deploy")).length, 1);
    } finally {
      if (HOME === undefined) delete process.env.HOME;
      else process.env.HOME = HOME;
    }
  });

  it("is gone when it is removed", async () => {
    await journal().write(note);
    await journal().remove();
    assert.deepEqual(readdirSync(join(home, "astro-deploy")), []);
  });
});
