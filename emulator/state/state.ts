import { randomBytes } from "node:crypto";
import { airflowPrefix, type ImportFault } from "../airflow/parsing";
import { FileSegments, MemorySegments } from "../blob/segments";
import { signedQuery } from "../blob/uploadUrl";
import { Blobs } from "../blob/versions";
import { Clock } from "../clock";
import { settle } from "../deploy/stateMachine";
import { settleDeployment } from "../deploy/deploymentStatus";
import { Injections } from "../injections";
import {
  settingsOf,
  type ApiVersion,
  type EmulatorOptions,
  type Plan,
  type Settings,
} from "../options";
import { Tokens, type Token, type TokenSeed } from "../tokens";
import { StateFile, type SavedState } from "./persistence";
import { newId, type DeploymentRecord, type DeployRecord } from "./records";
import { deploymentOf } from "./seed";

/** Everything that the emulator knows, and nothing of HTTP. */
export class EmulatorState {
  readonly organizationId: string;
  /** The token with access to everything. */
  readonly token: Token;
  readonly tokens = new Tokens();
  readonly plans = new Injections<Plan>();
  /** The DAG files that Airflow cannot import. */
  readonly importFaults = new Map<string, ImportFault>();
  #importFaultsAdded = 0;
  readonly blobs: Blobs;
  readonly signingKey: string;
  /** Each signature that was handed out in an upload URL. */
  readonly signatures = new Set<string>();
  readonly #deployments = new Map<string, DeploymentRecord>();
  readonly #deploys = new Map<string, DeployRecord>();
  /** Where this emulator listens; set once it does. */
  url = "";

  private constructor(
    options: EmulatorOptions,
    readonly settings: Settings,
    readonly clock: Clock,
    private readonly file: StateFile | undefined,
    saved: SavedState | undefined,
  ) {
    this.organizationId = options.organizationId ?? saved?.organizationId ?? newId();
    this.signingKey = saved?.signingKey ?? randomBytes(32).toString("hex");
    const { dir } = settings;
    const segments = dir === undefined ? new MemorySegments() : new FileSegments(dir);
    this.blobs = new Blobs(segments, clock, saved?.blobs);

    for (const deployment of saved?.deployments ?? []) {
      this.#deployments.set(deployment.id, deployment);
    }
    for (const deploy of saved?.deploys ?? []) {
      // Finalize had not looked at the upload when the emulator was ended: it can be asked again.
      if (!deploy.internal.outcome) delete deploy.internal.finalizedAt;
      this.#deploys.set(deploy.id, deploy);
    }
    for (const seed of options.deployments ?? [{}]) {
      // After a restart the records win, and a seed without an id is not a new Deployment.
      const id = seed.id ?? (saved ? undefined : newId());
      if (id === undefined || this.#deployments.has(id)) continue;
      this.#deployments.set(id, deploymentOf({ ...seed, id }, this));
    }
    this.token = this.addToken({ token: options.token ?? saved?.token });
    for (const seed of options.tokens ?? []) this.addToken(seed);
  }

  static async open(options: EmulatorOptions): Promise<EmulatorState> {
    const settings = settingsOf(options);
    const file = settings.dir === undefined ? undefined : new StateFile(settings.dir);
    const state = new EmulatorState(
      options,
      settings,
      new Clock(settings.now),
      file,
      await file?.load(),
    );
    await state.save();
    return state;
  }

  /** From now on every path of an API version answers with this status. */
  endVersion(apiVersion: ApiVersion, status: 404 | 410): void {
    const { behaviour } = this.settings;
    behaviour.endedVersions = { ...behaviour.endedVersions, [apiVersion]: status };
  }

  /** Returns the id by which the fault can be taken back. */
  addImportFault(fault: ImportFault): string {
    const id = String(++this.#importFaultsAdded);
    this.importFaults.set(id, fault);
    return id;
  }

  /** Makes a token known. One for Deployments of one Workspace is that Workspace's. */
  addToken(seed: TokenSeed): Token {
    const ids = seed.deployments ?? [...this.#deployments.keys()];
    const workspaces = ids.map((id) => this.#deployments.get(id)?.workspaceId);
    const [workspaceId, ...others] = new Set(workspaces);
    return this.tokens.add(seed, {
      organizationId: this.organizationId,
      workspaceId: others.length === 0 ? workspaceId : undefined,
    });
  }

  /** The Deployments as they are now. */
  deployments(): DeploymentRecord[] {
    this.settle();
    return [...this.#deployments.values()];
  }

  deployment(id: string): DeploymentRecord | undefined {
    this.settle();
    return this.#deployments.get(id);
  }

  /** The deploys of a Deployment as they are now, in the order of their creation. */
  deploys(deploymentId: string): DeployRecord[] {
    this.settle();
    return [...this.#deploys.values()].filter((deploy) => deploy.deploymentId === deploymentId);
  }

  deploy(id: string): DeployRecord | undefined {
    this.settle();
    return this.#deploys.get(id);
  }

  addDeploy(deploy: DeployRecord): void {
    this.#deploys.set(deploy.id, deploy);
  }

  nextSequence(): number {
    return this.#deploys.size + 1;
  }

  /** How the next deploy of a Deployment is to end, if a test wants it some way. */
  planFor(deploymentId: string): Plan {
    const plan = this.plans.take((one) => (one.deploymentId ?? deploymentId) === deploymentId);
    return plan ?? {};
  }

  /** The web server of a Deployment's Airflow. */
  airflowUrl(deploymentId: string): string {
    return `${this.url}${airflowPrefix}${deploymentId}`;
  }

  uploadUrl(path: string, expiresAt: number): string {
    const query = signedQuery(this.signingKey, path, expiresAt);
    this.signatures.add(query.get("sig") ?? "");
    return `${this.url}${path}?${query.toString()}`;
  }

  /** Lets happen what the clock says: Deployments wake up, deploys end. */
  settle(): void {
    for (const deployment of this.#deployments.values()) {
      settleDeployment(deployment, this.clock.now(), this.settings);
    }
    const records = { deployments: this.#deployments, deploys: this.#deploys };
    settle(records, this.clock.now(), this.settings.behaviour.initializedExpiryMs);
  }

  /** Resolves when what is known now would survive a restart. */
  async save(): Promise<void> {
    await this.file?.save(() => ({
      organizationId: this.organizationId,
      token: this.token.token,
      signingKey: this.signingKey,
      deployments: [...this.#deployments.values()],
      deploys: [...this.#deploys.values()],
      blobs: this.blobs.state(),
    }));
  }
}
