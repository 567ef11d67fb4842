import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseCommandLine } from "../../emulator/cli";

const cli = join(__dirname, "..", "..", "emulator", "cli.ts");

function run(...args: string[]) {
  return spawn(process.execPath, ["-r", "ts-node/register/transpile-only", cli, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

describe("emulator: command line", () => {
  it("starts, prints what to set, answers, and ends on SIGTERM", async function () {
    this.timeout(60_000);
    const child = run("--deployment", "one", "--deployment", "two:dags=off", "--token", "made-up");
    const env = new Map<string, string>();
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      const [, name, value] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
      if (name !== undefined) env.set(name, value ?? "");
      if (name === "ASTRO_ORGANIZATION_ID") break;
    }
    assert.ok(lines.some((line) => line.includes("two (DAG deploys off)")));
    assert.equal(env.get("ASTRO_API_TOKEN"), "made-up");
    const organization = env.get("ASTRO_ORGANIZATION_ID") ?? "";
    const response = await fetch(
      `${env.get("ASTRO_BASE_URL") ?? ""}/v1/organizations/${organization}/deployments`,
      { headers: { authorization: "Bearer made-up" } },
    );
    const { deployments } = (await response.json()) as { deployments: { id: string }[] };
    assert.deepEqual(
      deployments.map(({ id }) => id),
      ["one", "two"],
    );
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    assert.equal(code, 0);
  });

  it("tells what is wrong with an option", async function () {
    this.timeout(60_000);
    const child = run("--port", "many");
    let message = "";
    child.stderr.on("data", (chunk: Buffer) => (message += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    assert.equal(code, 1);
    assert.match(message, /^astro-emulator: --port takes a whole number, not "many"/);
  });

  it("reads every option", () => {
    assert.deepEqual(
      parseCommandLine(
        (
          "--host ::1 --port 8080 --token t --organization o --deployment a:dags=off,cicd=on " +
          "--deployment b --dir d --processing-ms 5 --upload-ttl 60 --registry r:5000 --no-rate-limit"
        ).split(" "),
      ),
      {
        host: "::1",
        port: 8080,
        token: "t",
        organizationId: "o",
        deployments: [{ id: "a", isDagDeployEnabled: false, isCicdEnforced: true }, { id: "b" }],
        dir: "d",
        processingMs: 5,
        behaviour: { uploadUrlTtlMs: 60_000 },
        registry: "r:5000",
        rateLimit: false,
      },
    );
    assert.equal(parseCommandLine(["--help"]), undefined);
    for (const args of [
      ["--deployment", "a:dags=maybe"],
      ["--deployment", "a:colour=blue"],
      ["--deployment", ":dags=on"],
      ["--unknown"],
    ]) {
      assert.throws(() => parseCommandLine(args), Error, args.join(" "));
    }
  });
});
