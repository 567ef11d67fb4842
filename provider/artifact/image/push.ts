import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { hide } from "../../redact";
import { makeTemporaryFolder, removeTemporaryFolder } from "../temporary";
import { ImageError } from "./facts";
import { formatImageReference, type ImageReference } from "./reference";
import { daemonHost, plainHttp, runTool, type ImageTool } from "./tools";

export interface PushTarget {
  /** As the service names it, with or without a scheme. */
  repository: string;
  tag: string;
  username: string;
  password: string;
}

export interface PushOptions {
  /** One that {@link findTool} found for the source. */
  tool: ImageTool;
  /** The longest that the push may take, in milliseconds. */
  timeoutMs: number;
}

/**
 * Copies an image to a registry. The credentials go by a file that only this user can read, never
 * on a command line.
 *
 * @returns the digest of the manifest that the registry now has under the tag.
 * @throws ImageError with what the tool said.
 */
export async function pushImage(
  source: ImageReference,
  target: PushTarget,
  options: PushOptions,
): Promise<string> {
  const { tool } = options;
  const repository = target.repository.replace(/^https?:\/\//, "");
  const destination = `${repository}:${target.tag}`;
  const folder = await makeTemporaryFolder();
  try {
    const login = { host: repository.split("/")[0] ?? "", ...target };
    const digest = await pushWith[tool](source, destination, { ...options, folder, login });
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
      throw new ImageError(`${tool} pushed the image but did not say its digest`);
    }
    return digest;
  } finally {
    await removeTemporaryFolder(folder);
  }
}

interface Push extends PushOptions {
  /** A folder of this push's own, for files that hold secrets. */
  folder: string;
  login: { host: string; username: string; password: string };
}

const pushWith: Record<
  ImageTool,
  (source: ImageReference, destination: string, push: Push) => Promise<string>
> = { skopeo, crane, docker };

async function skopeo(source: ImageReference, destination: string, push: Push): Promise<string> {
  const authFile = await writeAuths(push, {});
  const digestFile = join(push.folder, "digest");
  await runTool(
    "skopeo",
    [
      "--override-os=linux",
      "--override-arch=amd64",
      "copy",
      "--quiet",
      "--retry-times=3",
      `--dest-authfile=${authFile}`,
      `--digestfile=${digestFile}`,
      ...plainHttp("dest-", destination),
      ...(source.transport === "docker" ? plainHttp("src-", source.name) : []),
      ...(source.transport === "docker-daemon" ? daemonHost("src-") : []),
      formatImageReference(source),
      `docker://${destination}`,
    ],
    push,
  );
  return (await readFile(digestFile, "utf8")).trim();
}

async function crane(source: ImageReference, destination: string, push: Push): Promise<string> {
  // crane knows one file of credentials, which has to serve the source as well.
  await writeAuths(push, await userAuths());
  const options = { ...push, env: { DOCKER_CONFIG: push.folder } };
  if (source.transport === "docker") {
    await runTool("crane", ["copy", "--platform=linux/amd64", source.name, destination], options);
  } else if ("path" in source) {
    await runTool("crane", ["push", source.path, destination], options);
  }
  return (await runTool("crane", ["digest", destination], options)).trim();
}

async function docker(source: ImageReference, destination: string, push: Push): Promise<string> {
  if (source.transport !== "docker-daemon")
    throw new ImageError("docker ships from its daemon only");
  await writeAuths(push, {});
  // With a configuration of our own, docker would not know which daemon the user has chosen.
  const host = await runTool("docker", ["context", "inspect", endpointOnly], push);
  await runTool("docker", ["tag", source.name, destination], push);
  try {
    const options = { ...push, env: { DOCKER_CONFIG: push.folder, DOCKER_HOST: host.trim() } };
    const said = await runTool("docker", ["push", destination], options);
    return /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1] ?? "";
  } finally {
    await runTool("docker", ["rmi", "--no-prune", destination], push).catch(() => undefined);
  }
}

const endpointOnly = "--format={{.Endpoints.docker.Host}}";

type Auths = Record<string, unknown>;

/** Writes a Docker configuration file with the login of the registry that is pushed to. */
async function writeAuths({ folder, login }: Push, others: Auths): Promise<string> {
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  hide(auth);
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify({ auths: { ...others, [login.host]: { auth } } }), {
    mode: 0o600,
  });
  return file;
}

/** The logins that the user has, for a source in a registry that asks for one. */
async function userAuths(): Promise<Auths> {
  const folder = process.env.DOCKER_CONFIG ?? join(homedir(), ".docker");
  try {
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as {
      auths?: Auths;
    };
    return config.auths ?? {};
  } catch {
    return {};
  }
}
