import { registerSecret } from "../../http/redact";
import { diff } from "../../lifecycle/diff";
import { importDeploy } from "../../lifecycle/import";
import { DeployInitError } from "../../lifecycle/initError";
import { declarationProperty, type SentDeclaration } from "../../lifecycle/inputs/declaration";
import { treeInputs } from "../../lifecycle/sources/fileSource";
import type { DeployInputs } from "../../lifecycle/inputs/table";
import { hasUnknown, unknownValue } from "../../lifecycle/inputs/unknownValue";
import type { DeployOutputs } from "../../lifecycle/outputs";
import { previewCreate, previewUpdate } from "../../lifecycle/preview";
import { read } from "../../lifecycle/read";
import { duplicateWarning, overlap, shippedBy } from "../../lifecycle/parts";
import type { Session } from "../../lifecycle/session";
import { withoutNulls } from "../../lifecycle/state";
import { create, remove, update } from "../lazy";
import { checkDeclared } from "../methods";
import type { HostSession } from "../session";
import type { Settings } from "../settings";
import { detailedDiff, type PropertyChange } from "./detailedDiff";
import { sourceOfEngine } from "./files";
import { functions } from "./functions";
import { hasSecret, secretsOf, withSecret, type Received, type Secrets } from "./wire";
import { CodedError } from "../../messages";

type Values = Record<string, unknown>;

/** A value, and what of it is secret, for the engine. */
export interface Answer {
  value: object;
  secrets: Secrets;
}

/** A resource as the engine's state is to have it. */
export interface Resource extends Answer {
  id: string;
}

/** A deploy that was created and is not finished: it is kept, with what is known of it. */
export class InitFailure extends Error {
  constructor(
    readonly resource: Resource,
    readonly reasons: string[],
  ) {
    super(reasons.join(" "));
  }
}

/** Secret whoever sets them: anyone who has one can upload. */
const secretOutputs = ["dagsUploadUrl", "bundleUploadUrl"];

/**
 * The provider's calls, of plain values. It answers each by the lifecycle's, and adds only what the
 * engine of a plugin wants to know besides.
 */
export class Provider {
  /** By their URN: what a refresh has found of them, until the engine asks whether it is a change. */
  readonly #drifted = new Map<string, PropertyChange>();
  /** Tells the resources of one program apart. */
  readonly #indexes = new Map<string, number>();
  /** By their URN: what the program declares. */
  readonly #declared = new Map<string, DeployInputs>();

  constructor(
    private readonly session: HostSession,
    /** The program's, where relative paths start. */
    private readonly folder: string,
  ) {}

  configure(settings: Settings): void {
    if (settings.token !== undefined) registerSecret(settings.token);
    this.session.configure(settings);
  }

  async check(session: Session, urn: string, olds: Received<Values>, news: Received<Values>) {
    const sources = Object.fromEntries(
      treeInputs
        .filter((name) => name in news.value)
        .map((name) => [name, sourceOfEngine(news.value[name])]),
    );
    const { inputs, failures } = await checkDeclared(session, olds.value, {
      [declarationProperty]: this.#declarationOf(urn),
      ...news.value,
      ...sources,
    });
    // The class for TypeScript sees it itself, also for those of another provider.
    if (failures.length === 0 && !(declarationProperty in news.value)) {
      this.#warnOfDuplicate(session, urn, inputs);
    }
    // A short text could be guessed by its digest.
    const secretSources = treeInputs.filter((name) => hasSecret(secretsOf(news.secrets, name)));
    const digests = secretSources.flatMap((name) => [`${name}Digest`, `${name}Files`]);
    const secrets = withSecret(news.secrets, digests);
    return { answer: { value: inputs, secrets } satisfies Answer, failures };
  }

  /** Warns of two resources that deploy to the same part of a Deployment. */
  #warnOfDuplicate(session: Session, urn: string, inputs: DeployInputs): void {
    const duplicate = [...this.#declared].find(
      ([other, declared]) =>
        other !== urn &&
        declared.deploymentId === inputs.deploymentId &&
        !hasUnknown(inputs.deploymentId) &&
        overlap(shippedBy(declared), shippedBy(inputs)),
    );
    // The engine checks a replacement twice.
    const isKnown = this.#declared.has(urn);
    this.#declared.set(urn, inputs);
    if (duplicate && !isKnown) {
      session.reporter.warning(
        duplicateWarning(nameOf(urn), nameOf(duplicate[0])),
        "duplicate-resource",
      );
    }
  }

  /** What the class of another language cannot tell; that of TypeScript sends a declaration. */
  #declarationOf(urn: string): SentDeclaration {
    const [head = "", project = ""] = urn.split("::");
    const stack = head.split(":")[2] ?? "";
    // Below zero, since those that a program sends begin there.
    const index = this.#indexes.get(urn) ?? -2 - this.#indexes.size;
    this.#indexes.set(urn, index);
    return {
      name: nameOf(urn),
      stack: `${project}/${stack}`,
      index,
      folder: this.folder,
      isUndefined: {},
    };
  }

  /** @param oldInputs - The inputs in the state. */
  async diff(
    session: Session,
    { urn, id }: { urn: string; id: string },
    oldInputs: Values,
    olds: Values,
    news: Values,
  ) {
    const inputs = news as unknown as DeployInputs;
    const outputs = withoutNulls(olds) as Partial<DeployOutputs>;
    const { changes, replaces } = await diff(session, id, outputs, inputs);
    const details = detailedDiff(oldInputs, inputs, { changes, replaces });
    const drift = this.#drifted.get(urn);
    this.#drifted.delete(urn);
    if (drift && !replaces.includes(drift.path)) details.push(drift);
    return { changes: changes || drift !== undefined, replaces, details };
  }

  async create(session: Session, inputs: Received<Values>): Promise<Resource> {
    const { id, outs } = await orInitFailure(inputs.secrets, () =>
      create(session, inputs.value as unknown as DeployInputs),
    );
    return resource(id, outs, inputs.secrets);
  }

  async previewCreate(session: Session, inputs: Received<Values>): Promise<Answer> {
    const planned = await previewCreate(session, inputs.value as unknown as DeployInputs);
    return answer({ ...planned, deployId: unknownValue }, inputs.secrets);
  }

  async import(session: Session, name: string): Promise<{ resource: Resource; inputs: object }> {
    const { id, inputs, props } = await importDeploy(session, name);
    return { resource: resource(id, props, false), inputs };
  }

  /** @returns undefined if the deploy is gone. */
  async read(
    session: Session,
    { urn, id }: { urn: string; id: string },
    olds: Received<Values>,
  ): Promise<Resource | undefined> {
    const known = withoutNulls(olds.value) as Partial<DeployOutputs>;
    const { props } = await read(session, id, known);
    if (!props) return undefined;
    // To the engine, a change of an output is none unless the provider says so.
    const before = known.supersededBy?.deployId;
    const after = props.supersededBy?.deployId;
    if (before === after) this.#drifted.delete(urn);
    else this.#drifted.set(urn, supersession(before, after));
    return resource(id, props, olds.secrets);
  }

  async update(
    session: Session,
    id: string,
    olds: Values,
    news: Received<Values>,
  ): Promise<Answer> {
    const { outs } = await orInitFailure(news.secrets, () =>
      update(
        session,
        id,
        withoutNulls(olds) as unknown as DeployOutputs,
        news.value as unknown as DeployInputs,
      ),
    );
    return resource(id, outs, news.secrets);
  }

  previewUpdate(id: string, olds: Values, news: Received<Values>): Answer {
    const planned = previewUpdate(
      olds as unknown as DeployOutputs,
      news.value as unknown as DeployInputs,
    );
    return resource(id, planned, news.secrets);
  }

  async delete(session: Session, id: string, olds: Values): Promise<void> {
    await remove(session, id, withoutNulls(olds) as unknown as DeployOutputs);
  }

  /** @throws Error if there is no such function. */
  async invoke(session: Session, token: string, args: Values): Promise<object> {
    const call = functions.get(token);
    if (!call)
      throw new CodedError(
        "unknown-function",
        `This version of the provider has no function ${token}.`,
      );
    const found = await call(session, withoutNulls(args));
    return found ?? {};
  }
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** As the engine asks: what would an update of the refreshed resource change, to be inverted. */
function supersession(before: string | undefined, after: string | undefined): PropertyChange {
  const kind = after === undefined ? "add" : before === undefined ? "delete" : "update";
  return { path: "supersededBy", kind, replaces: false, isInput: false };
}

/** With the deploy's id as an output: the id of a resource that is looked up is the name it was given. */
function resource(id: string, outputs: object, secrets: Secrets): Resource {
  return { id, ...answer({ ...outputs, deployId: id }, secrets) };
}

function answer(outputs: object, secrets: Secrets): Answer {
  return { value: outputs, secrets: withSecret(secrets, secretOutputs) };
}

async function orInitFailure<T>(secrets: Secrets, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DeployInitError)) throw error;
    const { id, properties, reasons } = error;
    throw new InitFailure(resource(id, properties, secrets), reasons);
  }
}
