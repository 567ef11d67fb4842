import { credentials } from "@grpc/grpc-js";
import { isCI } from "ci-info";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { redact, shown } from "../../http/redact";
import type { Reporter } from "../../lifecycle/session";

/** The engine's log. */
export class EngineLog {
  readonly #client: EngineClient;
  /** What is sent and not taken yet. */
  #pending: Promise<void> = Promise.resolve();

  /** @param address - Of the engine: `host:port`. */
  constructor(address: string) {
    this.#client = new EngineClient(address, credentials.createInsecure(), {
      // The engine is on this machine, whatever proxy the environment names.
      "grpc.enable_http_proxy": 0,
    });
  }

  /** Reports under the name of a resource; of none, under the stack's. */
  of(urn: string): Reporter {
    const log = (message: string, severity: LogSeverity, ephemeral = false) => {
      this.#log(
        new LogRequest()
          .setUrn(urn)
          .setMessage(redact(message))
          .setSeverity(severity)
          .setEphemeral(ephemeral),
      );
    };
    return {
      progress: (message) => {
        if (!isCI) log(message, LogSeverity.INFO, true);
      },
      notice: (message, code) => {
        log(shown(message, code), LogSeverity.INFO);
      },
      warning: (message, code) => {
        log(shown(message, code), LogSeverity.WARNING);
      },
    };
  }

  /** Waits until the engine has taken everything: what comes after a call's answer may be lost. */
  flush(): Promise<void> {
    return this.#pending;
  }

  /** One after the other, so that their order is kept. */
  #log(request: LogRequest): void {
    this.#pending = this.#pending.then(
      () =>
        new Promise((resolve) => {
          // The engine may have ended.
          this.#client.log(request, () => {
            resolve();
          });
        }),
    );
  }
}
