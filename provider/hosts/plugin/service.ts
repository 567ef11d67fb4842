import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import type { Engine, Reporter, Session } from "../../lifecycle/session";
import { version } from "../../version";
import { exitWithEngine } from "../engine";
import { guard } from "../methods";
import { openSession, pulumiHome } from "../session";
import { readSettings } from "../settings";
import { Calls, type Limited } from "./calls";
import { changedKeys, secretKeys, settingsOf } from "./configuration";
import type { PropertyChange } from "./detailedDiff";
import { Provider, InitFailure, type Resource } from "./provider";
import type { rpcs } from "./rpcs";
import { EngineLog } from "./reporter";
import { received, sent, withSecret } from "./wire";

type Handler = (request: never) => Promise<unknown>;

/** The engine's calls, by the names of the protocol. What is not here is not implemented. */
export type Service = Readonly<Record<(typeof rpcs)[number], Handler>>;

/** @param args - The arguments of this process: the engine's address, after flags. */
export function openService(args: readonly string[]): Service {
  let engine: Engine | undefined = exitWithEngine(args);
  let log = engine && new EngineLog(engine.address);
  const calls = new Calls();
  const folder = process.cwd();
  const session = openSession({
    settings: readSettings(() => undefined, process.env),
    engine,
    reporter: reporterOf(""),
    home: pulumiHome(process.env),
    programFolder: folder,
    signal: calls.signal,
  });
  const provider = new Provider(session, folder);

  function reporterOf(urn: string): Reporter {
    const quiet = () => undefined;
    // Without an engine nobody listens.
    return log?.of(urn) ?? { progress: quiet, notice: quiet, warning: quiet };
  }

  /** Runs a call with its own reporter and time limit, and answers when its messages have arrived. */
  async function run<T>(
    urn: string,
    call: (session: Session) => T | Promise<T>,
    limit: { kind: Limited; seconds: number } = { kind: "create", seconds: 0 },
  ): Promise<T> {
    try {
      return await guard(() =>
        calls.run(limit.kind, limit.seconds, async (signal) =>
          call(session.forCall({ reporter: reporterOf(urn), signal })),
        ),
      );
    } finally {
      await log?.flush();
    }
  }

  return {
    getPluginInfo: () => Promise.resolve(new PluginInfo().setVersion(version)),

    getSchema: () => Promise.resolve(new proto.GetSchemaResponse().setSchema(readSchema())),

    /** An engine that did not start this process makes itself known. */
    attach: (request: PluginAttach) => {
      engine = exitWithEngine([request.getAddress()]);
      log = engine && new EngineLog(engine.address);
      session.engine = engine;
      return Promise.resolve(new Empty());
    },

    checkConfig: (request: proto.CheckRequest) => {
      const { value, secrets } = received(request.getNews());
      const inputs = sent(value, withSecret(secrets, secretKeys));
      return Promise.resolve(new proto.CheckResponse().setInputs(inputs));
    },

    // Never a replacement: the settings say how to reach Astro, and not what is there. A change has
    // to be one, since the engine would go on with the old settings otherwise.
    diffConfig: (request: proto.DiffRequest) => {
      const olds = received(request.getOldInputs() ?? request.getOlds());
      const changed = changedKeys(olds.value, received(request.getNews()).value);
      const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
      const answer = new proto.DiffResponse()
        .setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE)
        .setDiffsList(changed);
      return Promise.resolve(answer);
    },

    configure: (request: proto.ConfigureRequest) => {
      provider.configure(settingsOf(received(request.getArgs()).value, process.env));
      const answer = new proto.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
      return Promise.resolve(answer);
    },

    check: (request: proto.CheckRequest) =>
      run(request.getUrn(), async (session) => {
        const { answer, failures } = await provider.check(
          session,
          request.getUrn(),
          received(request.getOlds()),
          received(request.getNews()),
        );
        return new proto.CheckResponse()
          .setInputs(sent(answer.value, answer.secrets))
          .setFailuresList(
            failures.map(({ property, reason }) =>
              new proto.CheckFailure().setProperty(property).setReason(reason),
            ),
          );
      }),

    diff: (request: proto.DiffRequest) =>
      run(request.getUrn(), async (session) => {
        const { changes, replaces, details } = await provider.diff(
          session,
          { urn: request.getUrn(), id: request.getId() },
          received(request.getOldInputs()).value,
          received(request.getOlds()).value,
          received(request.getNews()).value,
        );
        const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
        const answer = new proto.DiffResponse()
          .setChanges(changes ? DIFF_SOME : DIFF_NONE)
          .setReplacesList(replaces)
          .setHasdetaileddiff(true);
        for (const change of details) {
          answer.getDetaileddiffMap().set(change.path, propertyDiff(change));
        }
        return answer;
      }),

    create: (request: proto.CreateRequest) =>
      run(
        request.getUrn(),
        async (session) => {
          const inputs = received(request.getProperties());
          if (request.getPreview()) {
            const { value, secrets } = await provider.previewCreate(session, inputs);
            return new proto.CreateResponse().setProperties(sent(value, secrets));
          }
          const { id, value, secrets } = await provider.create(session, inputs);
          return new proto.CreateResponse().setId(id).setProperties(sent(value, secrets));
        },
        { kind: "create", seconds: request.getTimeout() },
      ),

    read: (request: proto.ReadRequest) =>
      run(request.getUrn(), async (session) => {
        const [urn, id] = [request.getUrn(), request.getId()];
        const olds = received(request.getProperties());
        if (olds.value.deploymentId === undefined) {
          const { resource, inputs } = await provider.import(session, id);
          return readResponse(resource, sent(inputs, false));
        }
        const found = await provider.read(session, { urn, id }, olds);
        // An empty answer says that it is gone. Otherwise the inputs stay what they were.
        return found ? readResponse(found, request.getInputs()) : new proto.ReadResponse();
      }),

    update: (request: proto.UpdateRequest) =>
      run(
        request.getUrn(),
        async (session) => {
          const olds = received(request.getOlds()).value;
          const news = received(request.getNews());
          const { value, secrets } = request.getPreview()
            ? provider.previewUpdate(request.getId(), olds, news)
            : await provider.update(session, request.getId(), olds, news);
          return new proto.UpdateResponse().setProperties(sent(value, secrets));
        },
        { kind: "update", seconds: request.getTimeout() },
      ),

    delete: (request: proto.DeleteRequest) =>
      run(
        request.getUrn(),
        async (session) => {
          const olds = received(request.getProperties()).value;
          await provider.delete(session, request.getId(), olds);
          return new Empty();
        },
        { kind: "delete", seconds: request.getTimeout() },
      ),

    invoke: (request: proto.InvokeRequest) =>
      run("", async (session) => {
        const args = received(request.getArgs()).value;
        const found = await provider.invoke(session, request.getTok(), args);
        return new proto.InvokeResponse().setReturn(sent(found, false));
      }),

    cancel: () => {
      calls.cancel();
      return Promise.resolve(new Empty());
    },
  };
}

/** Made of the package's declarations; beside this file in the bundle. */
function readSchema(): string {
  return readFileSync(join(__dirname, "schema.json"), "utf8");
}

function readResponse({ id, value, secrets }: Resource, inputs: Struct | undefined) {
  return new proto.ReadResponse().setId(id).setProperties(sent(value, secrets)).setInputs(inputs);
}

function propertyDiff({ kind, replaces, isInput }: PropertyChange): proto.PropertyDiff {
  const { Kind } = proto.PropertyDiff;
  const kinds = {
    add: replaces ? Kind.ADD_REPLACE : Kind.ADD,
    delete: replaces ? Kind.DELETE_REPLACE : Kind.DELETE,
    update: replaces ? Kind.UPDATE_REPLACE : Kind.UPDATE,
  };
  return new proto.PropertyDiff().setKind(kinds[kind]).setInputdiff(isInput);
}

/** An error as the engine takes it: with a resource that was created, and is not finished. */
export function serviceError(error: unknown): Partial<ServiceError> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InitFailure)) return { code: status.UNKNOWN, details: message };
  const { resource, reasons } = error;
  const detail = new proto.ErrorResourceInitFailed()
    .setId(resource.id)
    .setProperties(sent(resource.value, resource.secrets))
    .setReasonsList(reasons);
  const packed = new Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const answer = new Status().setCode(status.UNKNOWN).setMessage(message);
  answer.addDetails(packed);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(answer.serializeBinary()));
  return { code: status.UNKNOWN, details: message, metadata };
}
