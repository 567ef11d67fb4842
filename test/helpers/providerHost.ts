import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
// What the SDK speaks with; both come with it.
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { EngineLog, type LoggedMessage } from "./engineLog";
import { Project, root } from "./project";

export type Properties = Record<string, unknown>;

/** What the engine is told where a resource was created and is not finished. */
export class InitFailed extends Error {
  override readonly name = "InitFailed";

  constructor(
    message: string,
    readonly id: string,
    readonly properties: Properties,
    readonly reasons: string[],
  ) {
    super(message);
  }
}

export interface HostOptions {
  /** Files of the project that the host runs in. */
  files?: Record<string, string>;
  env?: Record<string, string | undefined>;
  /** The stack's configuration, with full keys: `astro:token`. Of the plugin, without `astro:`. */
  config?: Properties;
  /** The host: the SDK's, of dynamic providers, or the plugin as it is bundled. */
  host?: "dynamic" | "plugin";
  /** The engine makes itself known to a plugin that somebody else has started, such as a debugger. */
  attaches?: boolean;
}

/**
 * The text that the SDK writes into the state for the compiled provider, serialized in a process of
 * its own: here the test runner's globals would be taken for names that every process knows.
 */
export function serializedStub(): string {
  const program = `
    const { runtime } = require("@pulumi/pulumi");
    const { stub: provider } = require("./dist/provider/hosts/dynamic/stub.js");
    runtime
      .serializeFunction(() => provider, { allowSecrets: true })
      .then(({ text }) => process.stdout.write(text));
  `;
  return execFileSync(process.execPath, ["-e", program], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** The resource that the calls are about. */
export const urn = "urn:pulumi:dev::project::astro:index:Deploy::etl";

/**
 * A host of the provider: the SDK's own of dynamic providers, or the plugin, asked over gRPC as the
 * engine asks it.
 *
 * Every method takes and returns what is on the wire: `__provider` goes in with the inputs or
 * outputs and comes back with them. An error of the provider's rejects with its message.
 */
export class ProviderHost extends Project {
  #child: ChildProcess | undefined;
  #client: ResourceProviderClient | undefined;
  #engine: EngineLog | undefined;
  #printed = "";

  static async start(options: HostOptions = {}): Promise<ProviderHost> {
    const host = new ProviderHost(options.files ?? {});
    try {
      await host.#start(options);
      await host.#configure(options.config ?? {});
      return host;
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  /** What the host and the provider printed so far, without the first line. */
  get printed(): string {
    return this.#printed;
  }

  /** What the provider has told the engine to show so far. */
  get messages(): string[] {
    return (this.#engine?.messages ?? []).map(({ message }) => message);
  }

  /** What the provider told the engine to show, when it has told something that matches. */
  async logged(pattern: RegExp): Promise<string[]> {
    return (await this.log(pattern)).map(({ message }) => message);
  }

  /** The same with all that the engine knows of it. */
  async log(pattern: RegExp): Promise<LoggedMessage[]> {
    if (!this.#engine) throw new Error("the provider host was not started");
    return this.#engine.until(pattern);
  }

  /** @param of - The resource. */
  async check(olds: Properties, news: Properties, of = urn) {
    const request = new proto.CheckRequest().setUrn(of).setOlds(struct(olds)).setNews(struct(news));
    const answer = await this.#ask<proto.CheckResponse>((client, done) =>
      client.check(request, done),
    );
    return {
      inputs: properties(answer.getInputs()),
      failures: answer
        .getFailuresList()
        .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() })),
    };
  }

  /** @param olds the old outputs. */
  async diff(id: string, olds: Properties, news: Properties, oldInputs: Properties = {}) {
    const request = new proto.DiffRequest()
      .setUrn(urn)
      .setId(id)
      .setOlds(struct(olds))
      .setOldInputs(struct(oldInputs))
      .setNews(struct(news));
    const answer = await this.#ask<proto.DiffResponse>((client, done) =>
      client.diff(request, done),
    );
    const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
    const changes = answer.getChanges();
    const details: Record<string, string> = {};
    answer.getDetaileddiffMap().forEach((change, path) => {
      const kind = Object.keys(proto.PropertyDiff.Kind)[change.getKind()] ?? "";
      details[path] = `${kind} of ${change.getInputdiff() ? "inputs" : "outputs"}`;
    });
    return {
      /** Undefined where the provider left it open. */
      changes: changes === DIFF_SOME ? true : changes === DIFF_NONE ? false : undefined,
      replaces: answer.getReplacesList(),
      deleteBeforeReplace: answer.getDeletebeforereplace(),
      details,
    };
  }

  /** @throws InitFailed */
  async create(inputs: Properties, options: { preview?: boolean; timeout?: number } = {}) {
    const request = new proto.CreateRequest()
      .setUrn(urn)
      .setProperties(struct(inputs))
      .setPreview(options.preview ?? false)
      .setTimeout(options.timeout ?? 0);
    const answer = await this.#ask<proto.CreateResponse>((client, done) =>
      client.create(request, done),
    );
    return { id: answer.getId(), properties: properties(answer.getProperties()) };
  }

  /** An empty id in the answer says that the resource is gone. */
  async read(id: string, props: Properties, olds: Properties = {}) {
    const request = new proto.ReadRequest()
      .setUrn(urn)
      .setId(id)
      .setProperties(struct(props))
      .setInputs(struct(olds));
    const answer = await this.#ask<proto.ReadResponse>((client, done) =>
      client.read(request, done),
    );
    const inputs = answer.getInputs();
    return {
      id: answer.getId(),
      properties: properties(answer.getProperties()),
      ...(inputs && { inputs: properties(inputs) }),
    };
  }

  /** @throws InitFailed */
  async update(
    id: string,
    olds: Properties,
    news: Properties,
    options: { preview?: boolean; timeout?: number } = {},
  ) {
    const request = new proto.UpdateRequest()
      .setUrn(urn)
      .setId(id)
      .setOlds(struct(olds))
      .setNews(struct(news))
      .setPreview(options.preview ?? false)
      .setTimeout(options.timeout ?? 0);
    const answer = await this.#ask<proto.UpdateResponse>((client, done) =>
      client.update(request, done),
    );
    return { properties: properties(answer.getProperties()) };
  }

  async delete(id: string, props: Properties, { timeout = 0 } = {}): Promise<void> {
    const request = new proto.DeleteRequest()
      .setUrn(urn)
      .setId(id)
      .setProperties(struct(props))
      .setTimeout(timeout);
    await this.#ask((client, done) => client.delete(request, done));
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    const request = new proto.InvokeRequest().setTok(token).setArgs(struct(args));
    const answer = await this.#ask<proto.InvokeResponse>((client, done) =>
      client.invoke(request, done),
    );
    return properties(answer.getReturn());
  }

  async checkConfig(news: Properties): Promise<Properties> {
    const request = new proto.CheckRequest().setNews(struct(news));
    const answer = await this.#ask<proto.CheckResponse>((client, done) =>
      client.checkConfig(request, done),
    );
    return properties(answer.getInputs());
  }

  async diffConfig(olds: Properties, news: Properties) {
    const request = new proto.DiffRequest().setOldInputs(struct(olds)).setNews(struct(news));
    const answer = await this.#ask<proto.DiffResponse>((client, done) =>
      client.diffConfig(request, done),
    );
    return { changed: answer.getDiffsList(), replaces: answer.getReplacesList() };
  }

  async schema(): Promise<Properties> {
    const request = new proto.GetSchemaRequest();
    const answer = await this.#ask<proto.GetSchemaResponse>((client, done) =>
      client.getSchema(request, done),
    );
    return JSON.parse(answer.getSchema()) as Properties;
  }

  /** What Ctrl+C has the engine do. */
  async cancel(): Promise<void> {
    await this.#ask((client, done) => client.cancel(new Empty(), done));
  }

  /** Ends the host as `kill -9` does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
  }

  /** Ends the host and removes its folder. */
  async stop(): Promise<void> {
    this.#client?.close();
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) {
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.kill();
      await closed;
    }
    this.#engine?.close();
    this.dispose();
  }

  async #start({ env = {}, host = "dynamic", attaches = false }: HostOptions): Promise<void> {
    const command =
      host === "plugin"
        ? [join(root, "dist", "plugin", "pulumi-resource-astro")]
        : [process.execPath, require.resolve("@pulumi/pulumi/cmd/dynamic-provider")];
    const [program = "", ...args] = command;
    this.#engine = await EngineLog.listen();
    const { address } = this.#engine;
    const child = spawn(program, attaches ? args : [...args, address], {
      cwd: this.folder,
      env: { ...this.environment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#printed += text;
    });
    const port = await new Promise<string>((resolve, reject) => {
      const lines = createInterface(child.stdout);
      lines.once("line", (first) => {
        resolve(first);
        lines.on("line", (line) => {
          this.#printed += `${line}\n`;
        });
      });
      child.once("error", reject);
      child.once("close", () => {
        reject(new Error(`the provider host ended:\n${this.#printed}`));
      });
    });
    this.#client = new ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
    );
    const attach = new PluginAttach().setAddress(address);
    if (attaches) await this.#ask((client, done) => client.attach(attach, done));
  }

  async #configure(config: Properties): Promise<void> {
    const request = new proto.ConfigureRequest().setArgs(struct(config));
    await this.#ask((client, done) => client.configure(request, done));
  }

  #ask<Answer>(
    call: (
      client: ResourceProviderClient,
      done: (error: grpc.ServiceError | null, answer: Answer) => void,
    ) => unknown,
  ): Promise<Answer> {
    const client = this.#client;
    if (!client) throw new Error("the provider host was not started");
    return new Promise((resolve, reject) => {
      call(client, (error, answer) => {
        if (error) reject(explain(error));
        else resolve(answer);
      });
    });
  }
}

function struct(value: Properties): Struct {
  return Struct.fromJavaScript(value as Record<string, JavaScriptValue>);
}

function properties(value: Struct | undefined): Properties {
  return value?.toJavaScript() ?? {};
}

/** The provider's own error: its message, or what rides in the details of a created resource. */
function explain(error: grpc.ServiceError): Error {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (!(packed instanceof Buffer)) return new Error(error.details);
  for (const detail of Status.deserializeBinary(packed).getDetailsList()) {
    if (detail.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") continue;
    const failed = proto.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
    return new InitFailed(
      error.details,
      failed.getId(),
      properties(failed.getProperties()),
      failed.getReasonsList(),
    );
  }
  return new Error(error.details);
}
