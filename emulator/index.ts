import type { Readable } from "node:stream";
import type { ImportFault } from "./airflow/parsing";
import type { Member } from "./blob/archive";
import { addForeignDeploy, type ForeignDeploy } from "./deploy/newDeploy";
import { finishDeploy, membersOf } from "./deploy/processing";
import type { Fault } from "./faults";
import type { ApiVersion, EmulatorOptions, Plan } from "./options";
import type { AnswerListener, RecordedRequest, RequestListener } from "./requestLog";
import { EmulatorServer } from "./server";
import type { DeploymentRecord, DeployRecord, DeployStatus } from "./state/records";
import { EmulatorState } from "./state/state";
import type { TokenSeed } from "./tokens";

export type { Operation } from "./api/operations";
export type { ImportFault } from "./airflow/parsing";
export type { Member } from "./blob/archive";
export type { ForeignDeploy } from "./deploy/newDeploy";
export type { Fault, FaultKind, Phase } from "./faults";
export {
  defaultBehaviour,
  type ApiVersion,
  type Behaviour,
  type EmulatorOptions,
  type Plan,
  type RateLimits,
  type VerifyImages,
} from "./options";
export type { AnswerListener, RecordedRequest, RequestEvent, RequestListener } from "./requestLog";
export type {
  Bundle,
  DeploymentInternals,
  DeploymentRecord,
  DeploymentSeed,
  DeploymentStatus,
  DeployGit,
  DeployInternals,
  DeployRecord,
  DeployStatus,
  DeployType,
  HibernationOverride,
  Outcome,
  Running,
  Subject,
} from "./state/records";
export type { TokenKind, TokenSeed } from "./tokens";

/** A running emulator. */
export interface Emulator {
  /** Such as `http://127.0.0.1:43111`: the API is below `/platform/v1beta1` and `/v1`. */
  readonly url: string;
  /** An API token with access to everything. */
  readonly token: string;
  readonly organizationId: string;
  /** The environment variables that point a Pulumi program here. */
  readonly env: Readonly<Record<string, string>>;
  /** The Deployments as they are now. Writing to a record changes what the service answers. */
  readonly deployments: readonly DeploymentRecord[];
  /** The deploys of a Deployment as they are now, oldest first. Writable as the Deployments. */
  deploys(deploymentId: string): readonly DeployRecord[];

  /** The requests so far, oldest first. A test may empty the list. */
  readonly requests: RecordedRequest[];
  /** Calls the listener before and after each request is processed, and waits for it. */
  onRequest(listener: RequestListener): () => void;
  /** Calls the listener when a request was answered, or when it is clear that it will not be. */
  onAnswer(listener: AnswerListener): () => void;
  /** Injects a fault; the function that is returned takes it back. */
  fail(fault: Fault): () => void;
  /**
   * Refuses connections from now on; those that are open end with their next answer. The function
   * that is returned takes it back.
   */
  refuse(): () => Promise<void>;

  /** Ends an API version: from now on every path of it answers with this status. Default 410. */
  endVersion(apiVersion: ApiVersion, status?: 404 | 410): void;

  /** Says how the next deploys end; the function that is returned takes it back. */
  plan(plan: Plan): () => void;
  /**
   * Ends a deploy now. Default `DEPLOYED`. Throws if it has ended otherwise already: with the option
   * `processingMs: Infinity`, or a plan's, a deploy ends only by this.
   */
  finish(
    deployId: string,
    end?: { status?: Exclude<DeployStatus, "INITIALIZED">; reason?: string },
  ): void;
  /** From now on Airflow cannot import a DAG file; the function that is returned takes it back. */
  failImport(fault: ImportFault): () => void;
  /** Moves the emulator's clock: URLs expire and deploys finish without waiting. */
  advance(ms: number): void;
  /** A deploy that somebody else made. */
  foreignDeploy(deploymentId: string, deploy?: ForeignDeploy): DeployRecord;

  /** Makes a further token known, and returns its text. */
  addToken(seed?: TokenSeed): string;
  /** From now on the token answers 401. */
  revokeToken(token: string): void;
  /** Every signature of an upload URL so far, to be searched for in places that may hold none. */
  readonly signatures: readonly string[];

  /** The members of an uploaded archive, by its version. Rejects if it cannot be unpacked. */
  members(version: string): Promise<Member[]>;
  /** The bytes of an upload, by its version. */
  read(version: string): Readable;

  /** Ends the emulator; requests that hang are cut. */
  close(): Promise<void>;
}

/**
 * Starts a local Astro.
 *
 * @throws Error if the port is taken or `dir` cannot be used.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const state = await EmulatorState.open(options);
  const server = new EmulatorServer(state);
  await server.listen();
  let closed: Promise<void> | undefined;
  return {
    url: state.url,
    token: state.token.token,
    organizationId: state.organizationId,
    env: {
      ASTRO_BASE_URL: state.url,
      ASTRO_API_TOKEN: state.token.token,
      ASTRO_ORGANIZATION_ID: state.organizationId,
    },
    get deployments() {
      return state.deployments();
    },
    deploys: (deploymentId) => state.deploys(deploymentId),
    requests: server.requestLog.requests,
    onRequest: (listener) => server.requestLog.listen(listener),
    onAnswer: (listener) => server.requestLog.listenToAnswers(listener),
    fail: (fault) => server.faults.add(fault),
    refuse: () => server.refuse(),
    endVersion: (apiVersion, status = 410) => {
      state.endVersion(apiVersion, status);
    },
    plan: (plan) => state.plans.add(plan),
    finish: (deployId, { status, reason } = {}) => {
      finishDeploy(state, deployId, status, reason);
    },
    failImport: (fault) => {
      const id = state.addImportFault(fault);
      return () => state.importFaults.delete(id);
    },
    advance: (ms) => {
      state.clock.advance(ms);
    },
    foreignDeploy: (deploymentId, deploy = {}) => addForeignDeploy(state, deploymentId, deploy),
    addToken: (seed = {}) => state.addToken(seed).token,
    revokeToken: (token) => {
      state.tokens.revoke(token);
    },
    get signatures() {
      return [...state.signatures];
    },
    members: (version) => membersOf(state, version),
    read: (version) => state.blobs.read(version),
    close: () => (closed ??= server.close().then(() => state.save())),
  };
}
