import {
  Server,
  ServerCredentials,
  type handleUnaryCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { rpcs } from "./rpcs";

/**
 * The provider as a plugin: a process that the engine starts, and asks over gRPC. The first line of
 * its output is its port; all else is loaded when the engine asks for something, so that it starts
 * as soon as it can.
 */
async function load() {
  const { openService, serviceError } = await import("./service.js");
  return { service: openService(process.argv.slice(2)), serviceError };
}

let loading: ReturnType<typeof load> | undefined;

const answer =
  (method: (typeof rpcs)[number]): handleUnaryCall<never, unknown> =>
  ({ request }, done) => {
    void (loading ??= load()).then(({ service, serviceError }) =>
      service[method](request).then(
        (answer) => {
          done(null, answer);
        },
        (error: unknown) => {
          done(serviceError(error));
        },
      ),
    );
  };
const implementation = Object.fromEntries(
  rpcs.map((method) => [method, answer(method)]),
) as UntypedServiceImplementation;

// The engine sends whole archives of texts.
const unlimited = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
};
const server = new Server(unlimited);
server.addService(ResourceProviderService, implementation);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
