import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isLoopback } from "../../http/loopback";
import { configSchema, infoOf } from "../manifest";
import { formatImageReference, type ImageReference } from "../reference";
import { runTool, type RunOptions } from "../runTool";
import { parse, remoteInfo, sha256 } from "./answers";
import { writeLogins } from "./logins";
import { permanentOfRegistries, retryableInGo, retryableStatus } from "./retryable";
import type { NamedReference, PushOptions, Tool } from "./tool";

export const skopeo: Tool = {
  sources: {
    oci: { severalImages: true, gzip: false, push },
    "oci-archive": { severalImages: true, gzip: true, push },
    // It reads such an archive compressed with bzip2, xz or zstd, but not with gzip (1.9.3).
    "docker-archive": { severalImages: true, gzip: false, push },
    "docker-daemon": { inspect: inspectDaemon, push },
    docker: { inspect: inspectRemote, push },
  },
  retryable: [
    ...retryableInGo,
    retryableStatus("unexpected HTTP status: "),
    retryableStatus("invalid status code from registry "),
    retryableStatus("StatusCode: "),
    /toomanyrequests|too many requests/i,
  ],
  permanent: [...permanentOfRegistries, /loading tar component/, /dial unix/],
};

const forAstro = ["--override-os=linux", "--override-arch=amd64"];

async function push(
  image: ImageReference,
  destination: string,
  options: PushOptions,
): Promise<string> {
  const authFile = await writeLogins(options, {});
  const digestFile = join(options.folder, "digest");
  await runTool(
    "skopeo",
    [
      ...[...forAstro, "copy", "--quiet"],
      // Retries are the same for all tools: see pushImage.
      "--retry-times=0",
      `--dest-authfile=${authFile}`,
      `--digestfile=${digestFile}`,
      ...plainHttp("dest-", destination),
      ...(image.transport === "docker" ? plainHttp("src-", image.name) : []),
      ...(image.transport === "docker-daemon" ? daemonHost("src-") : []),
      formatImageReference(image),
      `docker://${destination}`,
    ],
    image,
    options,
  );
  return (await readFile(digestFile, "utf8")).trim();
}

async function inspectRemote(image: NamedReference, options: RunOptions) {
  const source = [...plainHttp("", image.name), formatImageReference(image)];
  const manifest = await runTool("skopeo", ["inspect", "--raw", ...source], image, options);
  const readConfig = [...forAstro, "inspect", "--config", ...source];
  return remoteInfo("skopeo", manifest, await runTool("skopeo", readConfig, image, options));
}

async function inspectDaemon(image: NamedReference, options: RunOptions) {
  const args = ["inspect", "--config", "--raw", ...daemonHost(""), formatImageReference(image)];
  const config = await runTool("skopeo", args, image, options);
  // The configuration's digest is the image's id, as Docker shows it.
  return infoOf(sha256(config), parse(config, configSchema, "skopeo"));
}

/** The flag for a registry on this machine, the only kind that may use plain http. */
function plainHttp(side: "" | "src-" | "dest-", name: string): string[] {
  const [registry = ""] = name.split("/");
  return isLoopback(registry.replace(/:\d+$/, "")) ? [`--${side}tls-verify=false`] : [];
}

/** The flag for the daemon in `DOCKER_HOST`, which skopeo does not read itself. */
function daemonHost(side: "" | "src-"): string[] {
  const { DOCKER_HOST: host } = process.env;
  return host === undefined || host === "" ? [] : [`--${side}daemon-host=${host}`];
}
