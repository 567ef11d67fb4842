/** What the compiler takes for each type of deploy, and what it does not: `npm run typecheck` runs it. */
import * as pulumi from "@pulumi/pulumi";
import {
  AstroDeploy,
  DeployStatus,
  DeployType,
  type ArgsOfType,
  type AstroDeployArgs,
  type TypedDeployArgs,
} from "../../provider";
import type { ProgramInput, Table } from "../../provider/lifecycle/inputs/table";
import { Deploy, type DeployArgs } from "../../provider/plugin";

declare const deploymentId: pulumi.Output<string>;
declare const isRelease: boolean;
const mounted = { bundleType: "docs", bundleMountPath: "/x" };

export function taken() {
  return [
    // Nothing to ship: the program uploads.
    new AstroDeploy("a", { deploymentId, type: "DAG_ONLY" }),
    new AstroDeploy("a", { deploymentId, type: "IMAGE_AND_DAG" }),
    new AstroDeploy("a", { deploymentId, type: "BUNDLE", ...mounted, bundleType: "dbt" }),
    new AstroDeploy("a", { deploymentId, type: "BUNDLE", ...mounted }),

    new AstroDeploy("a", { deploymentId, type: "DAG_ONLY", dags: "./dags", waitFor: "HEALTHY" }),
    new AstroDeploy("a", {
      deploymentId,
      type: DeployType.DagOnly,
      dags: { "a.py": deploymentId },
    }),
    new AstroDeploy("a", {
      deploymentId,
      type: pulumi.output(DeployType.DagOnly),
      exclude: ["*.md"],
    }),
    new AstroDeploy("a", { deploymentId, type: DeployType.ImageOnly, image: deploymentId }),
    new AstroDeploy("a", { deploymentId, type: "IMAGE_AND_DAG", image: "oci:x", dags: "./dags" }),
    new AstroDeploy("a", { deploymentId, type: "BUNDLE", bundleType: "dbt", bundle: "./shop" }),
    new AstroDeploy("a", { deploymentId, type: "IMAGE_ONLY", rollbackTo: "d" }),

    new AstroDeploy<DeployType>("a", { deploymentId, type: "BUNDLE" }),
  ];
}

interface ComponentArgs extends AstroDeployArgs {
  team: string;
}
interface DagsComponentArgs extends Omit<AstroDeployArgs, "type"> {
  dags: string;
}

export function widened(
  type: DeployType,
  input: pulumi.Input<DeployType>,
  output: pulumi.Output<DeployType>,
  args: AstroDeployArgs,
  component: ComponentArgs,
  dagsComponent: DagsComponentArgs,
  part: Partial<AstroDeployArgs>,
  typed: TypedDeployArgs,
): AstroDeploy[] {
  const image = isRelease ? "oci:x" : undefined;
  return [
    new AstroDeploy("a", { deploymentId, type, dags: "./dags" }),
    new AstroDeploy("a", { deploymentId, type: input, image: "oci:x", bundle: "./shop" }),
    new AstroDeploy("a", { deploymentId, type: output }),
    new AstroDeploy("a", { deploymentId, type: Promise.resolve(type) }),
    new AstroDeploy("a", { deploymentId, type: isRelease ? "IMAGE_AND_DAG" : "DAG_ONLY", image }),
    new AstroDeploy("a", args),
    new AstroDeploy("a", { ...args, dags: "./dags" }),
    new AstroDeploy("a", component),
    new AstroDeploy("a", { ...dagsComponent, type: "DAG_ONLY" }),
    new AstroDeploy("a", { ...part, deploymentId, type: "DAG_ONLY", dags: "./dags" }),
    new AstroDeploy("a", typed),
  ];
}

/** What extends the resource passes on what it is given. */
export class NightlyDeploy extends AstroDeploy {
  constructor(name: string, args: AstroDeployArgs) {
    super(name, { ...args, description: "nightly" });
  }
}
export class DagsDeploy extends Deploy<"DAG_ONLY"> {
  constructor(name: string, args: ArgsOfType<"DAG_ONLY">) {
    super(name, { ...args, dagsBaseDir: "" });
  }
}

export function refused() {
  return [
    // @ts-expect-error -- no mount path
    new AstroDeploy("a", { deploymentId, type: "BUNDLE", bundleType: "docs", bundle: "./docs" }),
    // @ts-expect-error -- nor is there a dbt project that has one
    new AstroDeploy("a", { deploymentId, type: "BUNDLE", bundleType: "dbt" }),
    // @ts-expect-error -- no bundleType
    new AstroDeploy("a", { deploymentId, type: "BUNDLE", bundle: "./x", bundleMountPath: "/x" }),
    // @ts-expect-error -- neither, by the constant
    new AstroDeploy("a", { deploymentId, type: DeployType.Bundle, bundle: "./docs" }),
    // @ts-expect-error -- neither, in an output
    new AstroDeploy("a", {
      deploymentId,
      type: pulumi.output(DeployType.Bundle),
      bundle: "./docs",
    }),
    // @ts-expect-error -- a bundle has no DAGs
    new AstroDeploy("a", { deploymentId, type: "BUNDLE", ...mounted, dags: "./dags" }),
    // @ts-expect-error -- DAGs have no image
    new AstroDeploy("a", { deploymentId, type: "DAG_ONLY", dags: "./dags", image: "oci:x" }),
    // @ts-expect-error -- nor a bundle
    new AstroDeploy("a", { deploymentId, type: "DAG_ONLY", bundle: "./shop" }),
    // @ts-expect-error -- an image has no DAGs
    new AstroDeploy("a", { deploymentId, type: "IMAGE_ONLY", image: "oci:x", dags: "./dags" }),
    // @ts-expect-error -- nor anything to leave out
    new AstroDeploy("a", { deploymentId, type: "IMAGE_ONLY", image: "oci:x", exclude: ["*.md"] }),
    // @ts-expect-error -- a misspelt argument
    new AstroDeploy("a", { deploymentId, type: "DAG_ONLY", dgas: "./dags" }),
    // @ts-expect-error -- a misspelt type
    new AstroDeploy("a", { deploymentId, type: "DAGS_ONLY" }),
    // @ts-expect-error -- no Deployment
    new AstroDeploy("a", { type: "DAG_ONLY" }),
  ];
}

/** The plugin's resource takes the same. */
export function ofPlugin(type: pulumi.Input<DeployType>, args: DeployArgs, typed: TypedDeployArgs) {
  return [
    new Deploy("a", { deploymentId, type: "BUNDLE", bundleType: "dbt", bundle: "./shop" }),
    new Deploy("a", { deploymentId, type, dags: "./dags", image: "oci:x" }),
    new Deploy("a", args),
    new Deploy("a", typed),
    // @ts-expect-error -- no mount path
    new Deploy("a", { deploymentId, type: "BUNDLE", bundleType: "docs", bundle: "./docs" }),
    // @ts-expect-error -- DAGs have no image
    new Deploy("a", { deploymentId, type: DeployType.DagOnly, dags: "./dags", image: "oci:x" }),
  ];
}

/** The outputs have the literal types. */
export function outputs(deploy: AstroDeploy & Deploy): pulumi.Output<boolean>[] {
  return [
    deploy.status.apply((status) => status === DeployStatus.Deployed),
    deploy.type.apply((type) => type === "DAG_ONLY"),
    // @ts-expect-error -- no deploy has this status
    deploy.status.apply((status) => status === "DEPLOYD"),
    // @ts-expect-error -- nor this type
    deploy.type.apply((type) => type === "DAGS_ONLY"),
  ];
}

/** What the table of inputs, by which the check goes, has of a type. */
type InTable<Type extends DeployType> = {
  [Name in ProgramInput]: Table[Name] extends { types: readonly (infer Taken)[] }
    ? Type extends Taken
      ? Name
      : never
    : Name;
}[ProgramInput];
type WithSource<Type extends DeployType> = {
  [Name in InTable<Type>]: Table[Name] extends { requiresOneOf: readonly (infer Source)[] }
    ? [Source & InTable<Type>] extends [never]
      ? never
      : Name
    : Name;
}[InTable<Type>];
type Same<One, Other> = [One, Other] extends [Other, One] ? true : false;

export const asInTable: { [Type in DeployType]: Same<keyof ArgsOfType<Type>, WithSource<Type>> } = {
  DAG_ONLY: true,
  IMAGE_ONLY: true,
  IMAGE_AND_DAG: true,
  BUNDLE: true,
};
