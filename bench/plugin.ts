import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../test/helpers/project";
import { compare } from "./compare";

/** As the plugin begins, without a service. */
const bare = `
const { Server, ServerCredentials } = require("@grpc/grpc-js");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");
const server = new Server();
server.addService(ResourceProviderService, {});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(port + "\\n");
});
`;

/** Starts that are timed together, since one is short. */
const starts = 10;

/** The time until the plugin says its port, for which the engine waits in every operation. */
export async function benchPlugin(): Promise<void> {
  const server = join(tmpdir(), "bare.js");
  await build({
    ...{ stdin: { contents: bare, resolveDir: root }, outfile: server, logLevel: "error" },
    ...{ bundle: true, platform: "node", minify: true },
  });
  const plugin = join(root, "dist", "plugin", "pulumi-resource-astro.js");
  await compare("start of the plugin, until its port is known", startsOf(plugin), {
    name: "a bare gRPC server",
    run: startsOf(server),
    goal: 1.2,
  });
}

function startsOf(file: string) {
  return async () => {
    for (let start = 0; start < starts; start++) {
      const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      child.kill();
    }
  };
}
