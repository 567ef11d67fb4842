import { overlap, shippedBy, type Shipped } from "../parts";
import type { LockUser } from "../recovery/deploymentLock";
import { readDeclaration, type Declaration } from "./declaration";
import { fingerprint } from "./fingerprint";
import type { DeployInputs } from "./table";

/** Where a deploy ships to, and what. */
type Place = Shipped & Pick<DeployInputs, "organizationId" | "deploymentId">;

/** A deploy that the program declares. */
interface Declared {
  /** What messages call it. */
  label: string;
  /** When it was created, if it runs and there is nothing to do for it. */
  unchangedSince: string | undefined;
}

/** What `check` has learned of a process's resources, for the calls that come after it. */
export class Declarations {
  readonly #byInputs = new Map<string, Declaration>();
  readonly #withSource = new Set<number>();
  readonly #reported = new Set<string>();
  readonly #declared: DeployInputs[] = [];
  readonly #unchanged = new Map<string, string | undefined>();

  /** Keeps that the program declares a deploy. */
  keepDeclared(inputs: DeployInputs): void {
    this.#declared.push(inputs);
  }

  /** Whether the engine has said what the program declares. In a `pulumi destroy` it does not. */
  get areKnown(): boolean {
    return this.#declared.length > 0;
  }

  /** Keeps since when a deploy has been as the program declares it; undefined if it is not. */
  keepUnchanged(inputs: DeployInputs, since: string | undefined): void {
    this.#unchanged.set(keyOf(inputs), since);
  }

  /** What the program declares to the place of a deploy that is deleted. */
  beside(place: Place): Declared[] {
    return this.#declared
      .filter(
        (declared) =>
          declared.organizationId === place.organizationId &&
          declared.deploymentId === place.deploymentId &&
          overlap(place, shippedBy(declared)),
      )
      .map((declared) => ({
        label: this.labelOf(declared),
        unchangedSince: this.#unchanged.get(keyOf(declared)),
      }));
  }

  /** Keeps what was declared with inputs that `check` has completed. */
  keep(inputs: DeployInputs, declaration: Declaration): void {
    this.#byInputs.set(keyOf(inputs), declaration);
  }

  /** What was declared with these inputs. */
  of(inputs: DeployInputs): Declaration {
    return this.#byInputs.get(keyOf(inputs)) ?? readDeclaration(undefined);
  }

  /** What messages call a resource: a program may have a hundred, each with a Deployment of its own. */
  labelOf(inputs: DeployInputs): string {
    const { name } = this.of(inputs);
    const deployment = `Deployment ${inputs.deploymentId}`;
    return name === undefined ? deployment : `${name} (${deployment})`;
  }

  /** As what a deploy waits for its turn. */
  lockUser(inputs: DeployInputs): LockUser {
    const { deploymentId } = inputs;
    return { deploymentId, label: this.labelOf(inputs), stack: this.of(inputs).stack };
  }

  /** Keeps that the state's deploy shipped something. */
  keepSource({ index }: Declaration): void {
    this.#withSource.add(index);
  }

  hadSource({ index }: Declaration): boolean {
    return this.#withSource.has(index);
  }

  /** Reports something of a resource once: the engine checks a replacement twice. */
  reportOnce({ name, index }: Declaration, message: string, report: (text: string) => void): void {
    const key = `${index} ${message}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    report(`${name ?? "A deploy"}: ${message}`);
  }
}

/** Resources of which all this is the same are as good as each other. A description may be filled in. */
function keyOf(inputs: DeployInputs): string {
  const { dags, bundle, image } = inputs;
  const { description: _, ...rest } = fingerprint(inputs);
  return JSON.stringify([rest, dags, bundle, image]);
}
