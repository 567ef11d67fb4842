import * as z from "zod";
import { infoOf } from "../manifest";
import { runTool, type RunOptions } from "../runTool";
import { parse } from "./answers";
import { writeLogins } from "./logins";
import { permanentOfRegistries, retryableInGo, retryableStatus } from "./retryable";
import type { NamedReference, PushOptions, Tool } from "./tool";

export const docker: Tool = {
  sources: {
    oci: undefined,
    "oci-archive": undefined,
    "docker-archive": undefined,
    "docker-daemon": { inspect, push },
    docker: undefined,
  },
  // Docker's engine, and podman in its place, push a layer up to five times themselves.
  attempts: 2,
  retryable: [
    ...retryableInGo,
    retryableStatus("unexpected HTTP status: "),
    retryableStatus("invalid status code from registry "),
    retryableStatus("StatusCode: "),
    retryableStatus("unexpected status(?: code)?(?: from [A-Z]+ request to \\S+:)? "),
    /toomanyrequests|too many requests/i,
  ],
  permanent: [...permanentOfRegistries, /Docker daemon|dial unix|No such image|image not known/i],
};

/** One image as `docker image inspect` prints it. */
const daemonImage = z.object({
  Id: z.string(),
  Os: z.string(),
  Architecture: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

async function inspect(image: NamedReference, options: RunOptions) {
  const args = ["image", "inspect", "--format={{json .}}", image.name];
  const found = await runTool("docker", args, image, options);
  const { Id, Os, Architecture, Config } = parse(found, daemonImage, "docker");
  return infoOf(Id, { os: Os, architecture: Architecture, config: Config });
}

const endpointOnly = "--format={{.Endpoints.docker.Host}}";

/** How long removing the temporary tag of a push may take. */
const untagTimeoutMs = 10_000;

async function push(
  image: NamedReference,
  destination: string,
  options: PushOptions,
): Promise<string> {
  const docker = (args: readonly string[], special: Partial<RunOptions> = {}) =>
    runTool("docker", args, image, { ...options, ...special });
  await writeLogins(options, {});
  // With our own configuration, docker would not know which daemon the user has chosen.
  const host = await docker(["context", "inspect", endpointOnly]);
  await docker(["tag", image.name, destination]);
  try {
    const env = { DOCKER_CONFIG: options.folder, DOCKER_HOST: host.trim() };
    const output = await docker(["push", destination], { env });
    return /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1] ?? "";
  } finally {
    const signal = AbortSignal.timeout(untagTimeoutMs);
    await docker(["rmi", "--no-prune", destination], { signal }).catch(() => undefined);
  }
}
