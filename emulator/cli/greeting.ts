import { isLoopback, listensEverywhere } from "../hosts";
import type { Emulator } from "../index";
import { shellExports } from "./environment";

/** What is printed at the start. A shell can evaluate all of it: what is for people are comments. */
export function greeting(emulator: Emulator, host: string | undefined): string {
  const comments = [
    `Astro emulator: ${emulator.url}`,
    `Organization:   ${emulator.organizationId}`,
    ...emulator.deployments.map(
      ({ id, isDagDeployEnabled }) =>
        `Deployment:     ${id} (DAG deploys ${isDagDeployEnabled ? "on" : "off"})`,
    ),
    ...addressNotes(emulator.url, host ?? ""),
  ];
  return `${comments.map((line) => `# ${line}\n`).join("")}\n${shellExports(emulator.env)}`;
}

/** What to know if other machines can reach the address, or if the provider cannot use it. */
function addressNotes(url: string, host: string): string[] {
  const { protocol, hostname, port } = new URL(url);
  const isPlain = protocol === "http:";
  if (isPlain && !isLoopback(hostname)) {
    return [
      "The provider refuses this address: it sends the token by plain http to localhost only.",
      "Serve https with --tls-cert and --tls-key, or reach the emulator through a port of localhost.",
    ];
  }
  if (!isPlain || !listensEverywhere(host)) return [];
  return [
    `It listens on all addresses of this machine (${host}), for anybody who reaches port ${port}.`,
    "The provider takes plain http from localhost only. For a program elsewhere, publish the port",
    "of a container on its localhost, or serve https with --tls-cert, --tls-key and --public-url.",
  ];
}
