import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogSeverity, type LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { eventually } from "./eventually";

export interface LoggedMessage {
  message: string;
  /** The resource that it is about; empty for none. */
  urn: string;
  severity: string;
  ephemeral: boolean;
}

/** The engine's log service: of the engine's many, the only one that a provider calls. */
export class EngineLog {
  readonly #messages: LoggedMessage[] = [];
  readonly #server = new grpc.Server();
  address = "";

  static async listen(): Promise<EngineLog> {
    const log = new EngineLog();
    log.#server.addService(EngineService, {
      log: (
        { request }: grpc.ServerUnaryCall<LogRequest, Empty>,
        done: grpc.sendUnaryData<Empty>,
      ) => {
        log.#messages.push({
          message: request.getMessage(),
          urn: request.getUrn(),
          severity: Object.keys(LogSeverity)[request.getSeverity()] ?? "",
          ephemeral: request.getEphemeral(),
        });
        done(null, new Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      log.#server.bindAsync("127.0.0.1:0", credentials, (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    log.address = `127.0.0.1:${port}`;
    return log;
  }

  /** What arrived so far, when something that matches is among it. */
  async until(pattern: RegExp): Promise<LoggedMessage[]> {
    const hasArrived = () => this.#messages.some(({ message }) => pattern.test(message));
    await eventually(hasArrived, `a message that matches ${pattern}`);
    return [...this.#messages];
  }

  /** What arrived so far. */
  get messages(): readonly LoggedMessage[] {
    return this.#messages;
  }

  close(): void {
    this.#server.forceShutdown();
  }
}
