import type { ImageReference } from "../reference";
import { runTool, type RunOptions } from "../runTool";
import { remoteInfo } from "./answers";
import { userLogins, writeLogins } from "./logins";
import { permanentOfRegistries, retryableInGo, retryableStatus } from "./retryable";
import type { LocalReference, NamedReference, PushOptions, Tool } from "./tool";

export const crane: Tool = {
  sources: {
    oci: { severalImages: false, gzip: false, push: pushLocal },
    "oci-archive": undefined,
    "docker-archive": { severalImages: false, gzip: false, push: pushLocal },
    "docker-daemon": undefined,
    docker: { inspect: inspectRemote, push: copy },
  },
  // It sends a request up to three times itself, within some seconds.
  attempts: 2,
  retryable: [...retryableInGo, retryableStatus("unexpected status code "), /\bTOOMANYREQUESTS\b/],
  permanent: permanentOfRegistries,
};

async function pushLocal(
  image: LocalReference,
  destination: string,
  options: PushOptions,
): Promise<string> {
  await writeLogins(options, {});
  return pushAndDigest(["push", image.path, destination], image, destination, options);
}

async function copy(
  image: NamedReference,
  destination: string,
  options: PushOptions,
): Promise<string> {
  // crane reads one file of credentials, which must contain those for the source too.
  await writeLogins(options, await userLogins(image.name));
  const args = ["copy", "--platform=linux/amd64", image.name, destination];
  return pushAndDigest(args, image, destination, options);
}

async function pushAndDigest(
  args: readonly string[],
  image: ImageReference,
  destination: string,
  options: PushOptions,
): Promise<string> {
  const withLogins = { ...options, env: { DOCKER_CONFIG: options.folder } };
  await runTool("crane", args, image, withLogins);
  return (await runTool("crane", ["digest", destination], image, withLogins)).trim();
}

async function inspectRemote(image: NamedReference, options: RunOptions) {
  const manifest = await runTool("crane", ["manifest", image.name], image, options);
  const readConfig = ["config", "--platform=linux/amd64", image.name];
  return remoteInfo("crane", manifest, await runTool("crane", readConfig, image, options));
}
