import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { parseCommandLine } from "../../emulator/cli/arguments";
import { packageVersion } from "../../emulator/package";
import { eventually } from "../helpers/eventually";
import { root } from "../helpers/project";
import { commandOf, kill } from "../helpers/processes";
import { selfSigned } from "../helpers/tls";

// As users run it; setup has compiled it.
const cli = [process.execPath, join(root, "dist", "emulator", "cli.js")];

function run(...args: string[]) {
  return spawn(cli[0] ?? "", [...cli.slice(1), ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk: Buffer) => (texts[name] += chunk.toString()));
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...texts };
}

/** The greeting of an emulator that runs on, and what its lines set. */
async function greetingOf(child: { stdout: Readable }) {
  const env = new Map<string, string>();
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    const [, name, value] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
    if (name !== undefined) env.set(name, value ?? "");
    if (name === "ASTRO_ORGANIZATION_ID") break;
  }
  return { lines, text: lines.join("\n"), get: (name: string) => env.get(name) ?? "" };
}

/** A program that prints the variables, and ends with this exit code. */
const printer = (code: number) => [
  process.execPath,
  "-p",
  `process.exitCode = ${code}; process.env.ASTRO_BASE_URL + " " + process.env.ASTRO_API_TOKEN`,
];

describe("emulator: command line", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "astro-emulator-"))));
  after(() => rm(folder, { recursive: true }));

  it("starts, prints what to set, answers, and ends on SIGTERM", async () => {
    const child = run("--deployment", "one", "--deployment", "two:dags=off", "--token", "made-up");
    const { lines, get } = await greetingOf(child);
    assert.ok(lines.some((line) => line.includes("two (DAG deploys off)")));
    assert.equal(get("ASTRO_API_TOKEN"), "made-up");
    const response = await fetch(
      `${get("ASTRO_BASE_URL")}/v1/organizations/${get("ASTRO_ORGANIZATION_ID")}/deployments`,
      { headers: { authorization: "Bearer made-up" } },
    );
    const { deployments } = (await response.json()) as { deployments: { id: string }[] };
    assert.deepEqual(
      deployments.map(({ id }) => id),
      ["one", "two"],
    );
    // All of it is for a shell: the lines for people are comments.
    const shell = `${lines.join("\n")}\necho "$ASTRO_API_TOKEN"`;
    assert.equal(execFileSync("sh", ["-euc", shell], { encoding: "utf8" }), "made-up\n");
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    assert.equal(code, 0);
  });

  it("runs a command with the environment set, and ends with its exit code", async () => {
    const { code, stdout, stderr } = await ended(
      run("--token", "made-up", "--port", "0", "--", ...printer(3)),
    );
    assert.equal(code, 3, stderr);
    // The command has stdout to itself.
    const [, url = ""] = /^(http:\/\/127\.0\.0\.1:\d+) made-up\n$/.exec(stdout) ?? [];
    assert.equal(stderr, `astro-emulator: ${url}\n`);
    await assert.rejects(fetch(url), "the emulator ends with the command");
  });

  it("tells of a command that is not there as a shell does", async () => {
    const { code, stderr } = await ended(run("--", "no-such-program"));
    assert.equal(code, 127);
    assert.match(stderr, /cannot run no-such-program/);
  });

  it("passes signals on to the command, and its end by a signal on", async () => {
    const script =
      "process.on('SIGTERM', () => process.exit(9)); console.log('ready'); setInterval(() => {}, 1000)";
    const child = run("--", process.execPath, "-e", script);
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    assert.equal((await ended(child)).code, 9);

    const stubborn = run("--", process.execPath, "-e", "process.kill(process.pid, 'SIGKILL')");
    assert.equal((await ended(stubborn)).code, 128 + 9);
  });

  it("writes the variables to a file, and leaves its other lines", async () => {
    const file = join(folder, ".env");
    await writeFile(file, "# ours\nOTHER=1\nASTRO_API_TOKEN=old\n");
    const fresh = join(folder, "fresh.env");
    for (const path of [file, fresh]) {
      const { code, stdout } = await ended(
        run("--token", "made-up", "--write-env", path, "--", ...printer(0)),
      );
      assert.equal(code, 0);
      const lines = (await readFile(path, "utf8")).split("\n");
      assert.ok(lines.includes(`ASTRO_BASE_URL=${stdout.split(" ")[0] ?? ""}`));
      assert.deepEqual(
        lines.filter((line) => line.startsWith("ASTRO_API_TOKEN")),
        ["ASTRO_API_TOKEN=made-up"],
      );
    }
    assert.match(await readFile(file, "utf8"), /^# ours\nOTHER=1\n/);
    assert.equal((await stat(fresh)).mode & 0o777, 0o600);
  });

  it("runs in the background for a shell that evaluates its output, and ends with the shell", async () => {
    // Without quotes too: newlines become spaces then.
    for (const quote of ['"', ""]) {
      const script = [
        "set -eu",
        `eval ${quote}$("$@" --background --parent $$ --token made-up)${quote}`,
        `echo "$ASTRO_EMULATOR_PID $ASTRO_API_TOKEN $ASTRO_BASE_URL"`,
        "read -r end",
      ].join("\n");
      const shell = spawn("sh", ["-c", script, "sh", ...cli], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const [line] = (await once(createInterface(shell.stdout), "line")) as [string];
      const [pid = "", token, url = ""] = line.split(" ");
      assert.equal(token, "made-up");
      assert.match(commandOf(Number(pid)), /cli\.js/);
      assert.equal((await fetch(`${url}/health`)).status, 200);
      shell.stdin.end("\n");
      await once(shell, "close");
      await eventually(() => commandOf(Number(pid)) === "", "the end of the emulator");
    }
  });

  it("tells in the shell why it could not start in the background", async () => {
    const { code, stdout, stderr } = await ended(
      run("--background", "--dir", join(folder, ".env", "below-a-file")),
    );
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^astro-emulator: ENOTDIR/);
  });

  it("ends with the process that started it, unless told otherwise", async () => {
    const starts = (...args: string[]) => {
      const script = `"$@" & echo $!; wait`;
      return spawn("sh", ["-c", script, "sh", ...cli, ...args], {
        stdio: ["ignore", "pipe", "inherit"],
      });
    };
    const [bound, free] = await Promise.all(
      [[], ["--no-parent"]].map(async (args) => {
        const shell = starts(...args);
        const { lines } = await greetingOf(shell);
        const pid = Number(lines[0]);
        shell.kill("SIGKILL");
        await once(shell, "exit");
        return pid;
      }),
    );
    try {
      await eventually(() => commandOf(bound ?? 0) === "", "the end of the emulator");
      assert.match(commandOf(free ?? 0), /--no-parent/);
    } finally {
      kill([bound ?? 0, free ?? 0]);
    }
  });

  it("prints an address that the provider takes, and what it is good for", async () => {
    const child = run("--host", "0.0.0.0");
    const { get, text } = await greetingOf(child);
    assert.match(get("ASTRO_BASE_URL"), /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.match(text, /listens on all addresses of this machine \(0\.0\.0\.0\)/);
    assert.equal((await fetch(`${get("ASTRO_BASE_URL")}/health`)).status, 200);
    child.kill();

    const elsewhere = run("--public-url", "http://astro.test:4000/");
    const greeted = await greetingOf(elsewhere);
    assert.equal(greeted.get("ASTRO_BASE_URL"), "http://astro.test:4000");
    assert.match(greeted.text, /The provider refuses this address/);
    elsewhere.kill();
  });

  it("serves https with a certificate of its own", async function () {
    const { cert, key } = selfSigned(this, "IP:127.0.0.1");
    const files = [join(folder, "cert.pem"), join(folder, "key.pem")] as const;
    await Promise.all([writeFile(files[0], cert), writeFile(files[1], key)]);
    const child = run("--tls-cert", files[0], "--tls-key", files[1]);
    const { get } = await greetingOf(child);
    assert.match(get("ASTRO_BASE_URL"), /^https:/);
    const call = request(`${get("ASTRO_BASE_URL")}/v1`, { ca: cert }).end();
    const [answer] = (await once(call, "response")) as [{ statusCode: number }];
    assert.equal(answer.statusCode, 404);
    child.kill();
  });

  it("has a line for each request with --verbose, without what is secret", async () => {
    const fetches = `
      const base = process.env.ASTRO_BASE_URL;
      const headers = { authorization: "Bearer " + process.env.ASTRO_API_TOKEN };
      const path = "/v1/organizations/" + process.env.ASTRO_ORGANIZATION_ID + "/deployments";
      fetch(base + path + "?limit=1", { headers }).then(() =>
        fetch(base + "/blob/one/dags.tar.gz?sig=signed-by-us", { method: "PUT", body: "x" }));`;
    const { stderr } = await ended(
      run("--verbose", "--token", "made-up", "--", process.execPath, "-e", fetches),
    );
    const [, first, second] = stderr.split("\n");
    assert.match(
      first ?? "",
      /^\d{4}-\S+Z GET \/v1\/organizations\/\w+\/deployments ListDeployments: 200$/,
    );
    assert.match(second ?? "", /^\d{4}-\S+Z PUT \/blob\/one\/dags\.tar\.gz PutBlob: 403$/);
    assert.doesNotMatch(stderr, /made-up|signed-by-us/);
  });

  it("tells its version, and what is wrong with an option", async () => {
    assert.equal((await ended(run("--version"))).stdout, `${packageVersion()}\n`);
    const { code, stderr } = await ended(run("--port", "many"));
    assert.equal(code, 1);
    assert.match(stderr, /^astro-emulator: --port takes a whole number, not "many"/);
    const tooLarge = await ended(run("--port", "65536"));
    assert.equal(tooLarge.stderr, "astro-emulator: --port takes at most 65535, not 65536\n");
  });

  it("reads every option", () => {
    assert.deepEqual(
      parseCommandLine([
        ...(
          "--host ::1 --port 8080 --token t --organization o --deployment a:dags=off,cicd=on " +
          "--deployment b:name=etl,workspace=w,runtime=3.1-2,status=HIBERNATING --dir d " +
          "--processing-ms 5 --upload-ttl 60 --registry r:5000 --no-rate-limit --verbose " +
          "--now 2026-01-01 --public-url https://astro.test --write-env .env --parent 12"
        ).split(" "),
        "--fault",
        '{"operation":"*","how":{"status":503}}',
        "--plan",
        '{"processingMs":"Infinity"}',
        ..."-- pulumi up --port".split(" "),
      ]),
      {
        emulator: {
          host: "::1",
          port: 8080,
          publicUrl: "https://astro.test",
          tls: undefined,
          token: "t",
          organizationId: "o",
          deployments: [
            { id: "a", isDagDeployEnabled: false, isCicdEnforced: true },
            {
              id: "b",
              name: "etl",
              workspaceId: "w",
              astroRuntimeVersion: "3.1-2",
              status: "HIBERNATING",
            },
          ],
          dir: "d",
          now: "2026-01-01",
          processingMs: 5,
          behaviour: { uploadUrlTtlMs: 60_000 },
          registry: "r:5000",
          rateLimit: false,
        },
        faults: [{ operation: "*", how: { status: 503 } }],
        plans: [{ processingMs: Infinity }],
        command: ["pulumi", "up", "--port"],
        envFile: ".env",
        isBackground: false,
        isVerbose: true,
        parent: 12,
      },
    );
    assert.equal(parseCommandLine(["--help"]), "help");
    for (const args of [
      ["--deployment", "a:dags=maybe"],
      ["--deployment", "a:colour=blue"],
      ["--deployment", "a:status=ASLEEP"],
      ["--deployment", ":dags=on"],
      ["--tls-cert", "only.pem"],
      ["--now", "soon"],
      ["--fault", "CreateDeploy"],
      ["--plan", '{"state":"FAILED"}'],
      ["--background", "--", "pulumi"],
      ["pulumi", "up"],
      ["--"],
      ["--unknown"],
    ]) {
      assert.throws(() => parseCommandLine(args), Error, args.join(" "));
    }
  });
});
