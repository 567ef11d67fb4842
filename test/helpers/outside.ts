import { once } from "node:events";
import { request as ask } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Emulator } from "../../emulator";
import type { Proxy } from "./proxy";
import { selfSigned } from "./tls";

/** An emulated Astro at https addresses that only a proxy can reach. */
export interface Outside {
  baseUrl: string;
  /** For NODE_EXTRA_CA_CERTS. */
  certificate: string;
  stop(): Promise<void>;
}

const api = "astro.test";
const store = "store.test";

/** Puts an emulator behind a proxy: the API at `astro.test`, the store of uploads at `store.test`. */
export async function putOutside(
  test: Mocha.Context,
  emulator: Emulator,
  proxy: Proxy,
): Promise<Outside> {
  const identity = selfSigned(test, `DNS:${api}`, `DNS:${store}`);
  const server = createServer(identity, (request, response) => {
    const { method, url, headers } = request;
    const inner = ask(emulator.url + (url ?? ""), { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        // Upload URLs are outside as well.
        const text = Buffer.concat(chunks).toString();
        const body = Buffer.from(text.replaceAll(emulator.url, `https://${store}`));
        const length = { "content-length": body.length };
        response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...length }).end(body);
      });
    });
    inner.on("error", () => response.destroy());
    request.pipe(inner);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  proxy.hosts = { [`${api}:443`]: port, [`${store}:443`]: port };
  return {
    baseUrl: `https://${api}`,
    certificate: identity.cert,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
