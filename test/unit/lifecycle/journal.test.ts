import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Session } from "../../../provider/lifecycle/session";
import { Journal, removeEntriesOf } from "../../../provider/lifecycle/recovery/journal";
import { sessionOf } from "../../helpers/session";

const inputs = { organizationId: "org", deploymentId: "dep", type: "DAG_ONLY" } as const;
const note = { startedAt: "2026-01-01T00:00:00.000Z", deployId: "deploy" };

describe("the note of a deploy that is being created", () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "journal-"));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  const sessionOn = (address?: string): Session => ({
    ...sessionOf(),
    home,
    ...(address !== undefined && {
      engine: { address, exitIfEnded: () => Promise.resolve() },
    }),
  });
  const journal = (address?: string) => new Journal(sessionOn(address), inputs);
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

  it("is gone when it is removed", async () => {
    await journal().write(note);
    await journal().remove();
    assert.deepEqual(readdirSync(join(home, "astro-deploy")), []);
  });

  it("is another one for another stack, and for another resource of the stack", async () => {
    const read = (name: string, stack: string) => {
      const session = sessionOn();
      const declaration = { name, stack, index: 0, folder: home, undefinedArgs: [] };
      session.declarations.keep(inputs, declaration);
      return new Journal(session, inputs);
    };
    await read("etl", "shop/dev").write(note);
    rewrite({ run: "another" });
    assert.equal(await read("etl", "shop/prod").read(), undefined);
    assert.equal(await read("etl2", "shop/dev").read(), undefined);
    assert.equal((await read("etl", "shop/dev").read())?.deployId, "deploy");
  });

  it("is gone when the state is seen to hold the deploy", async () => {
    await journal().write(note);
    removeEntriesOf(sessionOn(), "another deploy");
    assert.equal(readdirSync(join(home, "astro-deploy")).length, 1);
    removeEntriesOf(sessionOn(), note.deployId);
    assert.deepEqual(readdirSync(join(home, "astro-deploy")), []);
  });
});
