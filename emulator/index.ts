import type { Readable } from "node:stream";
import type { Member } from "./blob/archive";
import { foreignDeploy, type ForeignDeploy } from "./foreignDeploy";
import { membersOf } from "./deploying";
import type { Fault } from "./faults";
import type { EmulatorOptions } from "./options";
import type { Plan } from "./plans";
import type { RecordedRequest, RequestListener } from "./recorder";
import type { DeploymentRecord, DeployRecord, DeployStatus } from "./records";
import { EmulatorServer } from "./server";
import type { TokenSeed } from "./tokens";
import { World } from "./world";

export type { Member } from "./blob/archive";
export type { ForeignDeploy } from "./foreignDeploy";
export type { Fault, FaultKind, Phase } from "./faults";
export type { Operation } from "./operations";
export {
  defaultBehaviour,
  type Behaviour,
  type EmulatorOptions,
  type ApiVersion,
  type VerifyImages,
} from "./options";
export type { Plan } from "./plans";
export type { RateLimits } from "./rateLimit";
export type { RecordedRequest, RequestEvent, RequestListener } from "./recorder";
export type {
  Bundle,
  DeploymentRecord,
  DeploymentSeed,
  DeploymentStatus,
  DeployGit,
  DeployInternals,
  DeployRecord,
  DeployStatus,
  DeployType,
  Running,
  Subject,
} from "./records";
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
  /** Injects a fault; the function that is returned takes it back. */
  fail(fault: Fault): () => void;
  /**
   * Refuses connections from now on; those that are open end with their next answer. The function
   * that is returned takes it back.
   */
  refuse(): () => Promise<void>;

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
  /** Moves the emulator's clock: URLs expire and deploys finish without waiting. */
  advance(ms: number): void;
  /** A deploy that somebody else made. */
  foreignDeploy(deploymentId: string, deploy?: ForeignDeploy): DeployRecord;

  /** Makes a further token known, and returns its text. */
  addToken(seed?: TokenSeed): string;
  /** From now on the token answers 401. */
  revokeToken(token: string): void;
  /** Every signature of an upload URL so far, to be searched for where none may be. */
  readonly signatures: readonly string[];

  /** The members of an uploaded archive, by its version. Rejects where it cannot be unpacked. */
  members(version: string): Promise<Member[]>;
  /** The bytes of an upload, by its version. */
  read(version: string): Readable;

  /** Ends the emulator; requests that hang are cut. */
  close(): Promise<void>;
}

/**
 * Starts a local Astro.
 *
 * @throws Error where the port is taken or `dir` cannot be used.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const world = await World.open(options);
  const server = new EmulatorServer(world);
  await server.listen();
  let closed: Promise<void> | undefined;
  return {
    url: world.url,
    token: world.token.token,
    organizationId: world.organizationId,
    env: {
      ASTRO_BASE_URL: world.url,
      ASTRO_API_TOKEN: world.token.token,
      ASTRO_ORGANIZATION_ID: world.organizationId,
    },
    get deployments() {
      return world.deployments();
    },
    deploys: (deploymentId) => world.deploys(deploymentId),
    requests: server.recorder.requests,
    onRequest: (listener) => server.recorder.listen(listener),
    fail: (fault) => server.faults.add(fault),
    refuse: () => server.refuse(),
    plan: (plan) => world.plans.add(plan),
    finish: (deployId, end = {}) => {
      const deploy = recordOf(world, deployId);
      const { status = "DEPLOYED", reason } = end;
      if (deploy.status === status) return;
      if (deploy.status !== "INITIALIZED") {
        throw new Error(`deploy ${deployId} is ${deploy.status} already`);
      }
      deploy.internal.finalizedAt ??= world.clock.now();
      deploy.internal.outcome = {
        status,
        ...(reason === undefined ? {} : { reason }),
        at: world.clock.now(),
      };
    },
    advance: (ms) => {
      world.clock.advance(ms);
    },
    foreignDeploy: (deploymentId, deploy = {}) => foreignDeploy(world, deploymentId, deploy),
    addToken: (seed = {}) => world.addToken(seed).token,
    revokeToken: (token) => {
      world.tokens.revoke(token);
    },
    get signatures() {
      return [...world.signatures];
    },
    members: (version) => membersOf(world, version),
    read: (version) => {
      const blob = world.blobs.version(version);
      if (!blob) throw new Error(`no upload has the version ${version}`);
      return world.blobs.read(blob);
    },
    close: () => (closed ??= server.close().then(() => world.save())),
  };
}

function recordOf(world: World, deployId: string): DeployRecord {
  const deploy = world.deploy(deployId);
  if (!deploy) throw new Error(`there is no deploy ${deployId}`);
  return deploy;
}
