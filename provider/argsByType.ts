import type * as pulumi from "@pulumi/pulumi";
import type { DeployType } from "./astro/types";
import type { AstroDeployArgs } from "./astroDeploy";
import type { FileSource } from "./program/files";

/*
 * What each type of deploy takes, for the compiler. `lifecycle/inputs/table.ts` has the same for the
 * check, which sees what the compiler cannot; a test compares the two.
 *
 * An argument that a type does not take is absent here, and not of type `undefined`: the compiler
 * then names both ("'image' does not exist in type 'DagOnlyArgs'"), and a program may still spread
 * the `AstroDeployArgs` of a component into its own.
 */

type DagsInput = "dags" | "dagsBaseDir" | "allowEmptyDags" | "checkSyntax";
type BundleInput = "bundle" | "bundleType" | "bundleMountPath" | "removeBundleOnDelete";

/** The arguments of a deploy of type `DAG_ONLY`. */
export interface DagOnlyArgs extends Omit<AstroDeployArgs, "type" | "image" | BundleInput> {
  /** Ships DAGs. */
  type: pulumi.Input<"DAG_ONLY">;
}

/** The arguments of a deploy of type `IMAGE_ONLY`. */
export interface ImageOnlyArgs extends Omit<
  AstroDeployArgs,
  "type" | "exclude" | DagsInput | BundleInput
> {
  /** Ships an image. */
  type: pulumi.Input<"IMAGE_ONLY">;
}

/** The arguments of a deploy of type `IMAGE_AND_DAG`. */
export interface ImageAndDagArgs extends Omit<AstroDeployArgs, "type" | BundleInput> {
  /** Ships an image and DAGs. */
  type: pulumi.Input<"IMAGE_AND_DAG">;
}

interface AnyBundleArgs extends Omit<
  AstroDeployArgs,
  "type" | "image" | "reportImportErrors" | DagsInput
> {
  /** Ships a bundle. */
  type: pulumi.Input<"BUNDLE">;
}

/** The arguments of a deploy of type `BUNDLE` whose mount path is the dbt project's own. */
export interface DbtBundleArgs extends AnyBundleArgs {
  bundle: pulumi.Input<FileSource>;
  bundleType: pulumi.Input<"dbt">;
}

// The last by its name: compilers explain what is missing of that one.
/** The arguments of a deploy of type `BUNDLE` whose mount path is given. */
export interface MountedBundleArgs extends AnyBundleArgs {
  bundleType: pulumi.Input<string>;
  bundleMountPath: pulumi.Input<string>;
}

/** The arguments of a deploy that may be of several types: {@link AstroDeployArgs}. */
export interface AnyTypeArgs<Type extends DeployType> extends Omit<AstroDeployArgs, "type"> {
  /** Which of them it is. */
  type: pulumi.Input<Type>;
}

/**
 * What a deploy of one type takes: `ArgsOfType<"DAG_ONLY">` has no `image`. If the type is only
 * known to be one of several, all of {@link AstroDeployArgs}.
 */
export type ArgsOfType<Type extends DeployType> = [Type] extends ["DAG_ONLY"]
  ? DagOnlyArgs
  : [Type] extends ["IMAGE_ONLY"]
    ? ImageOnlyArgs
    : [Type] extends ["IMAGE_AND_DAG"]
      ? ImageAndDagArgs
      : [Type] extends ["BUNDLE"]
        ? DbtBundleArgs | MountedBundleArgs
        : AnyTypeArgs<Type>;

/** What deploys of all types take, told apart by their `type`. */
export type TypedDeployArgs = { [Type in DeployType]: ArgsOfType<Type> }[DeployType];
