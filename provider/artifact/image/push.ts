import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { environmentVariable } from "../../process";
import { hide } from "../../redact";
import { makeTemporaryFolder, removeTemporaryFolder } from "../temporary";
import { ImageError } from "./facts";
import { formatImageReference, type ImageReference } from "./reference";
import type { ImageTool } from "./toolNames";
import { daemonHost, plainHttp, runTool, type Limit } from "./tools";

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
  limit: Limit;
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
  const authFile = await writeLogins(push, {});
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
  await writeLogins(push, source.transport === "docker" ? await userLogins(source.name) : {});
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
  await writeLogins(push, {});
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

/** The part of Docker's configuration file that has to do with logins. */
interface Logins {
  auths?: Record<string, unknown>;
  /** Programs that know the login of a registry, by its host. */
  credHelpers?: Record<string, string>;
}

/** Writes a Docker configuration file with the login of the registry that is pushed to. */
async function writeLogins({ folder, login }: Push, others: Logins): Promise<string> {
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  hide(auth);
  const file = join(folder, "config.json");
  const auths = { ...others.auths, [login.host]: { auth } };
  await writeFile(file, JSON.stringify({ ...others, auths }), { mode: 0o600 });
  return file;
}

/** The user's own login for the registry of a source. */
async function userLogins(source: string): Promise<Logins> {
  const { auths, credHelpers, credsStore } = await userConfig();
  const host = registryOf(source);
  // A store would answer for the registry that is pushed to as well.
  const helper = credHelpers?.[host] ?? credsStore;
  return {
    ...(auths && { auths }),
    ...(helper !== undefined && { credHelpers: { [host]: helper } }),
  };
}

/** The key that Docker keeps Docker Hub's login under. */
const dockerHub = "https://index.docker.io/v1/";

function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  return isHost && !/^(index\.)?docker\.io$/.test(first) ? first : dockerHub;
}

/** The first file of logins that there is, in the order in which crane looks. */
async function userConfig(): Promise<Logins & { credsStore?: string }> {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR } = process.env;
  const files = [
    join(environmentVariable("DOCKER_CONFIG") ?? join(homedir(), ".docker"), "config.json"),
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, "containers", "auth.json"),
  ];
  for (const file of files) {
    const text = file && (await readFile(file, "utf8").catch(() => undefined));
    if (text) return JSON.parse(text) as Logins;
  }
  return {};
}
