import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./project";
import { skip } from "./skip";
import { eventually } from "./eventually";

/** Why there is no registry to push to, or no skopeo to make archives with. */
export function registryObstacle(programs = ["docker-registry", "skopeo"]): string | undefined {
  const missing = programs.find((program) => spawnSync(program, ["--version"]).error);
  return missing && `${missing} is not installed (Debian and Ubuntu: apt-get install ${missing})`;
}

/** Skips where there is no registry to push to, or no skopeo to make archives with. */
export function needsRegistry(test: Mocha.Context): void {
  const obstacle = registryObstacle();
  if (obstacle !== undefined) skip(test, obstacle);
}

const craneVersion = "v0.20.6";

/** The folder with crane, built from its Go module. */
export function craneFolder(test: Mocha.Context): string {
  const folder = join(root, "node_modules", ".cache", `crane-${craneVersion}`);
  if (!existsSync(join(folder, "crane"))) {
    mkdirSync(folder, { recursive: true });
    const module = `github.com/google/go-containerregistry/cmd/crane@${craneVersion}`;
    const built = spawnSync("go", ["install", module], {
      cwd: folder,
      env: { ...process.env, GOBIN: folder, GOFLAGS: "" },
      encoding: "utf8",
    });
    if (built.error) skip(test, "crane is built with Go, which is not installed");
    if (built.status !== 0) skip(test, `crane could not be built: ${built.stderr.slice(-300)}`);
  }
  return folder;
}

/**
 * What Docker's own CLI speaks to in place of Docker's engine: podman's service, which answers
 * Docker's API and needs no engine for images that only come and go.
 */
export class Daemon {
  readonly #folder = mkdtempSync(join(tmpdir(), "astro-podman-"));
  readonly host = `unix://${join(this.#folder, "api.sock")}`;
  #service: ChildProcess | undefined;

  static async start(test: Mocha.Context, ...insecureRegistries: string[]): Promise<Daemon> {
    for (const program of ["podman", "docker"]) {
      if (spawnSync(program, ["--version"]).error) {
        skip(test, `${program} is not installed: images of a daemon are not tried`);
      }
    }
    const daemon = new Daemon();
    await daemon.#serve(insecureRegistries);
    return daemon;
  }

  async #serve(insecureRegistries: readonly string[]): Promise<void> {
    const registries = join(this.#folder, "registries.conf");
    const entries = insecureRegistries.map(
      (location) => `[[registry]]\nlocation = "${location}"\ninsecure = true\n`,
    );
    writeFileSync(registries, entries.join(""));
    this.#service = spawn("podman", this.#args("system", "service", "--time=0", this.host), {
      stdio: "ignore",
      env: { ...process.env, CONTAINERS_REGISTRIES_CONF: registries },
    });
    const socket = this.host.replace("unix://", "");
    const service = this.#service;
    await eventually(() => {
      if (service.exitCode !== null) throw new Error("podman's service ended at once");
      return existsSync(socket);
    }, "podman's service listens");
  }

  #args(...args: string[]): string[] {
    return [
      `--root=${join(this.#folder, "root")}`,
      `--runroot=${join(this.#folder, "run")}`,
      ...["--storage-driver=vfs", "--events-backend=none", "--cgroup-manager=cgroupfs"],
      ...args,
    ];
  }

  /** Loads what `docker save` writes. */
  async load(archive: string): Promise<void> {
    await promisify(execFile)("podman", this.#args("load", `--input=${archive}`));
  }

  async stop(): Promise<void> {
    if (this.#service?.exitCode === null) {
      const ended = once(this.#service, "close");
      this.#service.kill();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
