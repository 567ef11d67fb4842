import * as pulumi from "@pulumi/pulumi";
import type { Bundle, DeployGit, DeployType, GitProvider, Subject } from "./astro/types";
import { declare } from "./program/declare";
import type { ProgramInput } from "./lifecycle/inputs/table";
import { outputNames, type OutputName } from "./lifecycle/outputs";
import type { SupersedingDeploy } from "./lifecycle/recovery/supersededBy";
import { stub } from "./hosts/dynamic/stub";
import { warnOfDuplicates } from "./program/duplicates";

/** The Git commit that a deploy is made from, shown in the Deployment's deploy history. */
export interface GitArgs {
  /** `GITHUB`, or in API version v1 also `GENERIC`. */
  provider: pulumi.Input<GitProvider>;
  /** The commit's SHA. */
  commitSha: pulumi.Input<string>;
  /** Account or organization. Required with `GITHUB`; not with `GENERIC`. */
  account?: pulumi.Input<string> | undefined;
  /** Repository name. Required with `GITHUB`; not with `GENERIC`. */
  repo?: pulumi.Input<string> | undefined;
  /** Branch name. Required in API version v1beta1. */
  branch?: pulumi.Input<string> | undefined;
  /** The commit's page at the provider. Required in API version v1beta1. */
  commitUrl?: pulumi.Input<string> | undefined;
  /** The remote as `git remote` has it. Required with `GENERIC`; not with `GITHUB`. */
  remoteUrl?: pulumi.Input<string> | undefined;
  /** Path within the repository. */
  path?: pulumi.Input<string> | undefined;
  authorName?: pulumi.Input<string> | undefined;
  /** The author's profile page. */
  authorUrl?: pulumi.Input<string> | undefined;
  authorUsername?: pulumi.Input<string> | undefined;
  /** The commit before this one. */
  beforeCommitSha?: pulumi.Input<string> | undefined;
}

/**
 * What should run on a Deployment.
 *
 * A change of what is shipped, or of any argument that describes the deploy, replaces the
 * resource: a deploy is an immutable record, so it means another deploy. Without one change the
 * place where a source lies and what says how to go about it: `wait`, `allowEmptyDags`,
 * `removeBundleOnDelete`, `redeployWhenSuperseded`.
 */
export interface AstroDeployArgs {
  /**
   * The Organization that owns the Deployment.
   *
   * @defaultValue the stack's configuration `astro:organizationId`, else the environment variable
   * `ASTRO_ORGANIZATION_ID`, else the organization that the API token names
   */
  organizationId?: pulumi.Input<string> | undefined;
  /** The Deployment to deploy to. */
  deploymentId: pulumi.Input<string>;
  /** What the deploy ships. */
  type: pulumi.Input<DeployType>;
  /**
   * Shown in the deploy history; at most 500 Unicode characters.
   *
   * @defaultValue the message of the commit of `git`, if Git knows it; it is no input
   */
  description?: pulumi.Input<string> | undefined;
  /**
   * Folder of DAG files to ship, for `DAG_ONLY` and `IMAGE_AND_DAG`; a relative path starts at the
   * program's working directory. The whole folder is shipped, less `.git` and what `exclude` names: what the Deployment
   * had before and is not in the folder is gone after the deploy. An `.airflowignore` in it is
   * shipped too, and applied by Airflow.
   */
  dags?: pulumi.Input<string> | undefined;
  /**
   * The name that the DAG folder has in the archive. Empty puts the files at the archive's root,
   * which some Airflow 3 Deployments expect.
   *
   * @defaultValue `dags`
   */
  dagsBaseDir?: pulumi.Input<string> | undefined;
  /**
   * Ships a DAG folder without any file, which removes every DAG from the Deployment.
   *
   * @defaultValue false: an empty folder is refused
   */
  allowEmptyDags?: pulumi.Input<boolean> | undefined;
  /** Folder to ship as the bundle, for `BUNDLE`; a relative path starts at the program's working directory. */
  bundle?: pulumi.Input<string> | undefined;
  /** The kind of bundle, for `BUNDLE`: `dbt`, for example. */
  bundleType?: pulumi.Input<string> | undefined;
  /**
   * Where the bundle is mounted in the Airflow pods, for `BUNDLE`: any absolute path but
   * `/usr/local/airflow/dags`. For dbt the usual one is `/usr/local/airflow/dbt/<project>`.
   */
  bundleMountPath?: pulumi.Input<string> | undefined;
  /**
   * Removes the bundle from the Deployment when the resource is deleted, by a deploy of its own,
   * unless a later deploy has put another bundle in its place.
   *
   * @defaultValue false: the bundle stays
   */
  removeBundleOnDelete?: pulumi.Input<boolean> | undefined;
  /**
   * Image to ship, for `IMAGE_ONLY` and `IMAGE_AND_DAG`, for linux/amd64 and built on Astro
   * Runtime. It is copied to the deploy's own repository and tag by skopeo, crane or docker, of
   * which one has to be on the machine. Relative paths start at the
   * program's working directory.
   *
   * - `oci:FOLDER[:TAG]`: an OCI image layout
   * - `oci-archive:FILE[:TAG]`: the same as a tar file
   * - `docker-archive:FILE[:TAG]`: what `docker save` writes
   * - `docker-daemon:NAME:TAG`: an image of the local Docker daemon
   * - `docker://REGISTRY/NAME:TAG`: an image in another registry
   */
  image?: pulumi.Input<string> | undefined;
  /** Patterns of files not to ship, as in a `.gitignore` at the root of the folder. */
  exclude?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * The commit that the deploy is made from. If it is given but `undefined`, as `gitFromCheckout`
   * returns if no commit describes the folder, that alone deploys nothing.
   */
  git?: pulumi.Input<GitArgs> | undefined;
  /**
   * Id of an earlier deploy that the Deployment should run again, instead of what the other
   * arguments say. Astro makes a new deploy of it, with DAGs, image and bundles as they were then;
   * environment variables and resources stay as they are. Taking it out again deploys what the
   * other arguments say.
   */
  rollbackTo?: pulumi.Input<string> | undefined;
  /**
   * Deploys again when a `pulumi refresh` has found that something else was deployed in the place
   * of this deploy, from outside of this program. See the output `supersededBy`.
   *
   * @defaultValue false: it is shown, and left as it is
   */
  redeployWhenSuperseded?: pulumi.Input<boolean> | undefined;
  /**
   * Whether to wait until the deploy is `DEPLOYED`, and fail if it is `FAILED`. Without a source and
   * without `rollbackTo` there is nothing to wait for.
   *
   * @defaultValue true; `astro:deployTimeoutSeconds` bounds the wait
   */
  wait?: pulumi.Input<boolean> | undefined;
}

/**
 * A deploy of Airflow code to a Deployment on Astronomer's Astro.
 *
 * With something to ship (`dags`, `bundle`, `image`), creating the resource is the whole deploy: it
 * packs, creates the deploy, uploads, finalizes and waits for `DEPLOYED`. Without, and without
 * `rollbackTo`, it is the POST alone, and the upload URLs are there for the program to go on with. The resource's `id` is the deploy's id.
 *
 * Astro keeps every deploy in the Deployment's history, so destroying the resource only forgets
 * it: what was deployed keeps running.
 *
 * @example
 * ```ts
 * const etl = new AstroDeploy("etl", {
 *   deploymentId: "clvdexample0000000000000",
 *   type: "DAG_ONLY",
 *   dags: "./dags",
 * });
 * export const status = etl.status;
 * ```
 *
 * @see https://www.astronomer.io/docs/api/platform-api-reference/deploy/create-deploy
 */
export class AstroDeploy extends pulumi.dynamic.Resource {
  declare public readonly organizationId: pulumi.Output<string>;
  declare public readonly deploymentId: pulumi.Output<string>;
  /** `INITIALIZED`, `DEPLOYED` or `FAILED`, as of the last `pulumi up` or `pulumi refresh`. */
  declare public readonly status: pulumi.Output<string>;
  /** Why the deploy failed, where the service says so. */
  declare public readonly statusReason: pulumi.Output<string | undefined>;
  declare public readonly type: pulumi.Output<string>;
  declare public readonly description: pulumi.Output<string | undefined>;
  /** Time of creation, ISO 8601 in UTC. */
  declare public readonly createdAt: pulumi.Output<string>;
  declare public readonly createdBySubject: pulumi.Output<Subject | undefined>;
  /** Time of the last change, ISO 8601 in UTC. */
  declare public readonly updatedAt: pulumi.Output<string | undefined>;
  declare public readonly updatedBySubject: pulumi.Output<Subject | undefined>;
  /** Where the deploy's image is pushed to, and pulled from. */
  declare public readonly imageRepository: pulumi.Output<string>;
  /** The tag of the deploy's image, chosen by the service. */
  declare public readonly imageTag: pulumi.Output<string>;
  /** Whether the Deployment had DAG deploys on when the deploy was made. */
  declare public readonly isDagDeployEnabled: pulumi.Output<boolean>;
  /** The text `NA` where the service does not know it. */
  declare public readonly airflowVersion: pulumi.Output<string | undefined>;
  declare public readonly astroRuntimeVersion: pulumi.Output<string | undefined>;
  /** Opaque version of the DAGs; called Bundle Version in the Astro UI. */
  declare public readonly dagTarballVersion: pulumi.Output<string | undefined>;
  /**
   * Signed URL to upload the DAGs to, where the program does that and not this resource. A secret:
   * it is good for whoever holds it, until it expires.
   */
  declare public readonly dagsUploadUrl: pulumi.Output<string | undefined>;
  declare public readonly bundleType: pulumi.Output<string | undefined>;
  declare public readonly bundleMountPath: pulumi.Output<string | undefined>;
  /** Signed URL to upload the bundle to. A secret, as `dagsUploadUrl` is. */
  declare public readonly bundleUploadUrl: pulumi.Output<string | undefined>;
  /** The bundles of the Deployment. */
  declare public readonly bundles: pulumi.Output<Bundle[] | undefined>;
  declare public readonly git: pulumi.Output<DeployGit | undefined>;
  /** The deploy that was rolled back to, where this one is a rollback. */
  declare public readonly rollbackFromId: pulumi.Output<string | undefined>;
  /** Digest of the DAGs that were shipped: the same content has the same digest everywhere. */
  declare public readonly dagsDigest: pulumi.Output<string | undefined>;
  /** Digest of the bundle that was shipped. */
  declare public readonly bundleDigest: pulumi.Output<string | undefined>;
  /** Digest of the image's manifest, as the deploy's repository has it. */
  declare public readonly imageDigest: pulumi.Output<string | undefined>;
  /** What was deployed in its place from outside of this program, as of the last refresh. */
  declare public readonly supersededBy: pulumi.Output<SupersedingDeploy | undefined>;

  /**
   * Looks up a deploy that exists, whoever made it. The resource is external: Pulumi reads it and
   * never changes it. This stands in for `import`, which dynamic resources do not have.
   *
   * @param id - The deploy's id.
   * @param deployment - Where the deploy was made; the organization may come from `astro:organizationId`.
   * @throws RunError where the id is missing; an error in the engine where there is no such deploy.
   */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    deployment: Pick<AstroDeployArgs, "organizationId" | "deploymentId">,
    opts?: pulumi.CustomResourceOptions,
  ): AstroDeploy {
    // What a program takes from its environment may be missing, whatever its type says.
    if ((id as unknown) == null || id === "") {
      throw new pulumi.RunError(`${name}: AstroDeploy.get needs the id of the deploy to look up.`);
    }
    return new AstroDeploy(name, deployment as AstroDeployArgs, { ...opts, id });
  }

  /**
   * @param name - The resource's name in the stack.
   * @param args - What to deploy, and where.
   * @param opts - Pulumi's resource options.
   * @throws RunError for the option `import`, which dynamic resources cannot have: see {@link get}.
   */
  constructor(name: string, args: AstroDeployArgs, opts?: pulumi.CustomResourceOptions) {
    if (opts?.import !== undefined) {
      throw new pulumi.RunError(
        `${name}: a dynamic resource cannot be imported. Look the deploy up with AstroDeploy.get(name, id, { deploymentId }), or leave \`import\` out to make a deploy.`,
      );
    }
    super(
      stub,
      name,
      // Naming every output, even without a value, is what makes the SDK create it. What is looked
      // up is not checked, so the declaration would stay in its state.
      { ...noOutputs, ...args, ...(opts?.id === undefined && declare(name, args)) },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["dagsUploadUrl", "bundleUploadUrl"] }),
      "astro",
      "AstroDeploy",
    );
    // What is looked up is no deploy of this program.
    if (opts?.id === undefined) warnOfDuplicates(this, name, args);
    // The state has null for what is absent.
    const outputs = this as Record<OutputName, pulumi.Output<unknown>>;
    for (const name of outputNames)
      outputs[name] = outputs[name].apply((value) => value ?? undefined);
  }
}

type Same<A, B> = [A, B] extends [B, A] ? true : false;
type Assert<T extends true> = T;

/** Does not compile unless the arguments are those of the table of inputs. */
export type ArgumentsAreInputs = Assert<Same<keyof AstroDeployArgs, ProgramInput>>;
/** Does not compile unless the properties are the outputs. */
export type PropertiesAreOutputs = Assert<
  Same<Exclude<keyof AstroDeploy, keyof pulumi.dynamic.Resource>, OutputName>
>;

const noOutputs = Object.fromEntries(outputNames.map((name) => [name, undefined]));
