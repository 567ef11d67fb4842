import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root, type User } from "./engine";
import { onPortApart } from "./ports";
import { skip } from "./skip";
import { eventually } from "./eventually";

/** A server that can keep the state of stacks. */
export interface StateServer {
  /** For `PULUMI_BACKEND_URL`. */
  url: string;
  /** What the CLI needs beside. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

const secret = "only-for-this-test";

/** PostgreSQL as the machine has it, with a cluster of its own. Skips where there is none. */
export async function startPostgres(test: Mocha.Context): Promise<StateServer> {
  const programs = findPostgres();
  if (programs === undefined) {
    skip(test, "PostgreSQL is not installed (Debian: apt-get install postgresql)");
  }
  const user = postgresUser();
  if (user === "none") skip(test, "PostgreSQL refuses to run as root, and has no user here");

  const folder = mkdtempSync(join(tmpdir(), "astro-postgres-"));
  const data = join(folder, "data");
  const password = join(folder, "password");
  writeFileSync(password, secret);
  if (user) for (const path of [folder, password]) chownSync(path, user.uid, user.gid);
  const initdb = spawnSync(
    join(programs, "initdb"),
    [
      `--pgdata=${data}`,
      "--username=pulumi",
      "--auth=scram-sha-256",
      `--pwfile=${password}`,
      "--encoding=UTF8",
      "--locale=C",
      "--no-sync",
    ],
    { ...user, cwd: folder, encoding: "utf8" },
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`);
  return onPortApart(async (port) => {
    const address = ["-h", "127.0.0.1", "-p", String(port)];
    const stop = await startServer({
      program: join(programs, "postgres"),
      args: ["-D", data, ...address, "-k", folder, "-c", "fsync=off"],
      folder,
      user,
      isReady: () => spawnSync(join(programs, "pg_isready"), address).status === 0,
    });
    const url = `postgres://pulumi:${secret}@127.0.0.1:${port}/postgres?sslmode=disable`;
    return { url, env: {}, stop };
  });
}

/** The folder with PostgreSQL's programs, which Debian keeps off the PATH. */
function findPostgres(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  return [
    ...versions
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ].find((folder) =>
    ["initdb", "postgres", "pg_isready"].every((program) => existsSync(join(folder, program))),
  );
}

/** Whose process the server has to be: root's it may not be. */
function postgresUser(): User | undefined | "none" {
  if (process.getuid?.() !== 0) return undefined;
  const ids = ["-u", "-g"].map((option) => spawnSync("id", [option, "postgres"]));
  if (ids.some(({ status }) => status !== 0)) return "none";
  const [uid = NaN, gid = NaN] = ids.map(({ stdout }) => Number(stdout.toString()));
  return { uid, gid };
}

/** The S3 server of Versity over a folder, built from its Go module and kept between runs. */
export async function startS3(test: Mocha.Context): Promise<StateServer> {
  const program = buildS3(test);
  const folder = mkdtempSync(join(tmpdir(), "astro-s3-"));
  // A folder is a bucket.
  for (const name of ["buckets/state", "attributes"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  return onPortApart(async (port) => {
    const endpoint = `http://127.0.0.1:${port}`;
    const stop = await startServer({
      program,
      args: [
        ...["--port", `127.0.0.1:${port}`, "--health", "/health", "--quiet", "posix"],
        ...["--sidecar", join(folder, "attributes"), join(folder, "buckets")],
      ],
      env: { ROOT_ACCESS_KEY: "pulumi", ROOT_SECRET_KEY: secret },
      folder,
      isReady: async () => {
        const answer = await fetch(`${endpoint}/health`).catch(() => undefined);
        return answer?.ok === true;
      },
    });
    return {
      url: `s3://state?endpoint=${endpoint}&s3ForcePathStyle=true&disableSSL=true&region=us-east-1`,
      env: { AWS_ACCESS_KEY_ID: "pulumi", AWS_SECRET_ACCESS_KEY: secret },
      stop,
    };
  });
}

const versitygw = "github.com/versity/versitygw/cmd/versitygw";
const versitygwVersion = "v1.8.0";

function buildS3(test: Mocha.Context): string {
  const cache = join(root, "node_modules", ".cache");
  const program = join(cache, `versitygw-${versitygwVersion}`, "versitygw");
  if (existsSync(program)) return program;
  if (spawnSync("go", ["version"]).status !== 0) {
    skip(test, "Go is not installed, to build an S3 server with");
  }
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, "versitygw-"));
  try {
    console.log("      building an S3 server (a minute or two)");
    execFileSync("go", ["install", `${versitygw}@${versitygwVersion}`], {
      env: { ...process.env, GOBIN: draft, GOFLAGS: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    rmSync(join(program, ".."), { recursive: true, force: true });
    renameSync(draft, join(program, ".."));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    skip(test, `an S3 server cannot be built: ${String((error as { stderr?: unknown }).stderr)}`);
  }
  return program;
}

/**
 * Starts a server and waits until it takes requests.
 *
 * @returns a function that ends it and removes its folder.
 * @throws Error with the code `EADDRINUSE` if its port is taken; its folder stays for the next try.
 */
async function startServer(server: {
  program: string;
  args: string[];
  env?: Record<string, string>;
  user?: User | undefined;
  folder: string;
  isReady: () => boolean | Promise<boolean>;
}): Promise<() => Promise<void>> {
  const { program, args, env, user, folder, isReady } = server;
  const child = spawn(program, args, {
    ...user,
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  }
  const end = new Promise((resolve) => {
    for (const event of ["error", "close"]) child.once(event, resolve);
  });
  const stop = async () => {
    child.kill("SIGINT");
    await end;
  };
  const state = { hasEnded: false };
  void end.then(() => (state.hasEnded = true));
  try {
    await eventually(async () => state.hasEnded || (await isReady()), `${program} is ready`);
    if (state.hasEnded) {
      const code = /address already in use/i.test(said) ? "EADDRINUSE" : undefined;
      throw Object.assign(new Error(`${program} ended before it was ready:\n${said}`), { code });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
