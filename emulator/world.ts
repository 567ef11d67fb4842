import { randomBytes } from "node:crypto";
import { MemorySegments, FileSegments } from "./blob/segments";
import { Blobs } from "./blob/versions";
import { signedQuery } from "./blob/sas";
import { Clock } from "./clock";
import { newId } from "./ids";
import { settingsOf, type EmulatorOptions, type Settings } from "./options";
import { FilePersistence, inMemory, type Persistence, type State } from "./persistence";
import { Plans } from "./plans";
import type { DeploymentRecord, DeployRecord } from "./records";
import { deploymentOf } from "./seed";
import { settle } from "./stateMachine";
import { Tokens, type Token, type TokenSeed } from "./tokens";

/** Everything that the emulator knows, and nothing of HTTP. */
export class World {
  readonly organizationId: string;
  /** The token with access to everything. */
  readonly token: Token;
  readonly tokens = new Tokens();
  readonly plans = new Plans();
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
    private readonly persistence: Persistence,
    state: State | undefined,
  ) {
    this.organizationId = options.organizationId ?? state?.organizationId ?? newId();
    this.signingKey = state?.signingKey ?? randomBytes(32).toString("hex");
    const token = options.token ?? state?.token;
    this.token = this.addToken(token === undefined ? {} : { token });

    const segments =
      settings.dir === undefined ? new MemorySegments() : new FileSegments(settings.dir);
    this.blobs = new Blobs(segments, clock, state?.blobs);

    for (const deployment of state?.deployments ?? []) {
      this.#deployments.set(deployment.id, deployment);
    }
    for (const deploy of state?.deploys ?? []) {
      // Finalize had not looked at the upload when the emulator was ended: it can be asked again.
      if (!deploy.internal.outcome) delete deploy.internal.finalizedAt;
      this.#deploys.set(deploy.id, deploy);
    }
    // After a restart the records win, and only seeds that are told apart by an id can be new.
    const seeds = options.deployments ?? [{}];
    for (const seed of state ? seeds.filter(({ id }) => id !== undefined) : seeds) {
      const id = seed.id ?? newId();
      if (!this.#deployments.has(id)) {
        const { organizationId } = this;
        const { registry } = settings;
        this.#deployments.set(
          id,
          deploymentOf({ ...seed, id }, { organizationId, registry, clock }),
        );
      }
    }
    for (const seed of options.tokens ?? []) this.addToken(seed);
  }

  /** Makes a token known. One for Deployments of one Workspace is that Workspace's. */
  addToken(seed: TokenSeed): Token {
    const workspaces = (seed.deployments ?? []).map((id) => this.#deployments.get(id)?.workspaceId);
    const [workspaceId, ...others] = new Set(workspaces);
    const { organizationId } = this;
    return this.tokens.add(seed, {
      organizationId,
      workspaceId: others.length === 0 ? workspaceId : undefined,
    });
  }

  static async open(options: EmulatorOptions): Promise<World> {
    const settings = settingsOf(options);
    const persistence = settings.dir === undefined ? inMemory : new FilePersistence(settings.dir);
    const world = new World(options, settings, new Clock(), persistence, await persistence.load());
    await world.save();
    return world;
  }

  /** The Deployments as they are now. */
  deployments(): DeploymentRecord[] {
    this.#settle();
    return [...this.#deployments.values()];
  }

  deployment(id: string): DeploymentRecord | undefined {
    this.#settle();
    return this.#deployments.get(id);
  }

  /** The deploys of a Deployment as they are now, in the order of their creation. */
  deploys(deploymentId: string): DeployRecord[] {
    this.#settle();
    return [...this.#deploys.values()].filter((deploy) => deploy.deploymentId === deploymentId);
  }

  deploy(id: string): DeployRecord | undefined {
    this.#settle();
    return this.#deploys.get(id);
  }

  addDeploy(deploy: DeployRecord): void {
    this.#deploys.set(deploy.id, deploy);
  }

  nextSequence(): number {
    return this.#deploys.size + 1;
  }

  /** Where a deploy's archive is uploaded to. One path a Deployment or a mount: versions tell. */
  uploadPath(deploymentId: string, mountPath?: string): string {
    const name =
      mountPath === undefined ? "dags" : `bundle-${Buffer.from(mountPath).toString("base64url")}`;
    return `/blob/${deploymentId}/${name}.tar.gz`;
  }

  uploadUrl(path: string, expiresAt: number): string {
    const query = signedQuery(this.signingKey, path, expiresAt);
    this.signatures.add(query.get("sig") ?? "");
    return `${this.url}${path}?${query.toString()}`;
  }

  /** Resolves when what the world holds now would survive a restart. */
  save(): Promise<void> {
    return this.persistence.save(() => ({
      organizationId: this.organizationId,
      token: this.token.token,
      signingKey: this.signingKey,
      deployments: [...this.#deployments.values()],
      deploys: [...this.#deploys.values()],
      blobs: this.blobs.state(),
    }));
  }

  #settle(): void {
    const records = { deployments: this.#deployments, deploys: this.#deploys };
    settle(records, this.clock.now(), this.settings.behaviour.initializedExpiryMs);
  }
}
