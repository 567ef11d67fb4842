import * as pulumi from "@pulumi/pulumi";
import type {
  Bundle,
  DeployGit,
  DeployStatus,
  DeployType,
  GitProvider,
  Subject,
  SupersedingDeploy,
} from "./astro/types";
import type { ArgsOfType } from "./argsByType";
import { declare } from "./program/declare";
import { noOutputs, nullsToUndefined } from "./program/outputs";
import { stub } from "./hosts/dynamic/stub";
import { withCode } from "./messages";
import type { FileSource } from "./program/files";
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
  /** The remote's URL. Required with `GENERIC`; not with `GITHUB`. */
  remoteUrl?: pulumi.Input<string> | undefined;
  /** Path within the repository. */
  path?: pulumi.Input<string> | undefined;
  /** The author's name. */
  authorName?: pulumi.Input<string> | undefined;
  /** The author's profile page. */
  authorUrl?: pulumi.Input<string> | undefined;
  /** The author's name at the provider. */
  authorUsername?: pulumi.Input<string> | undefined;
  /** The commit before this one. */
  beforeCommitSha?: pulumi.Input<string> | undefined;
}

/**
 * What should run on a Deployment.
 *
 * A change of the shipped content, or of any argument that describes the deploy, replaces the
 * resource, since a deploy is an immutable record. These do not replace it: another path to the
 * same content, `wait`, `waitFor`, `wakeUp`, `reportImportErrors`, `checkSyntax`, `allowEmptyDags`,
 * `removeBundleOnDelete`, `redeployWhenSuperseded`.
 */
export interface AstroDeployArgs {
  /**
   * The Organization that owns the Deployment.
   *
   * @defaultValue the stack's configuration `astro:organizationId`, or else the environment
   * variable `ASTRO_ORGANIZATION_ID`, or else the Organization that the API token names
   */
  organizationId?: pulumi.Input<string> | undefined;
  /** The Deployment to deploy to. If it is still `CREATING`, the deploy waits for it. */
  deploymentId: pulumi.Input<string>;
  /** The type of deploy: `DAG_ONLY`, `IMAGE_ONLY`, `IMAGE_AND_DAG` or `BUNDLE`. */
  type: pulumi.Input<DeployType>;
  /**
   * Shown in the deploy history; at most 500 Unicode characters.
   *
   * @defaultValue the message of the commit in `git`, if the checkout has it; a change of it alone
   * deploys nothing
   */
  description?: pulumi.Input<string> | undefined;
  /**
   * DAG files to ship, for `DAG_ONLY` and `IMAGE_AND_DAG`: the path of a folder, which starts at
   * the program's working directory if it is relative, or files that the program makes, as a
   * Pulumi archive or by their names. All of them ship, except `.git` and what `exclude` matches,
   * and replace all DAG files of the Deployment. An `.airflowignore` ships too, and Airflow applies
   * it.
   *
   * The texts of files that the program makes are not in the state; if one is a secret, so are
   * their digests.
   *
   * @example
   * ```ts
   * dags: {
   *   "etl.py": pulumi.interpolate`BUCKET = "${bucket.id}"`,
   *   lib: new pulumi.asset.FileArchive("./lib"),
   * }
   * ```
   */
  dags?: pulumi.Input<FileSource> | undefined;
  /**
   * The name of the DAG folder in the archive. If it is empty, the files are at the archive's root,
   * as some Airflow 3 Deployments expect.
   *
   * @defaultValue `dags`
   */
  dagsBaseDir?: pulumi.Input<string> | undefined;
  /**
   * Allows a DAG folder without any file, which removes every DAG from the Deployment.
   *
   * @defaultValue false: an empty folder is rejected
   */
  allowEmptyDags?: pulumi.Input<boolean> | undefined;
  /**
   * Looks for files in `dags` that no supported Python can parse, in the preview and before anything
   * is created: `error` rejects them, `warn` warns of them. Files that an `.airflowignore` leaves
   * out, and Jinja templates, are not looked at. Needs the package `@astral-sh/ruff-wasm-nodejs` in
   * the program's folder.
   *
   * @defaultValue `warn` if that package is installed, and else `off`
   */
  checkSyntax?: pulumi.Input<"error" | "warn" | "off"> | undefined;
  /** Files to ship as the bundle, for `BUNDLE`, in one of the forms that `dags` takes. */
  bundle?: pulumi.Input<FileSource> | undefined;
  /** The kind of bundle, for `BUNDLE`: `dbt`, for example. */
  bundleType?: pulumi.Input<string> | undefined;
  /**
   * Where the bundle is mounted in the Airflow pods, for `BUNDLE`: any absolute path except
   * `/usr/local/airflow/dags`.
   *
   * @defaultValue for a `bundle` of type `dbt`, `/usr/local/airflow/dbt/` and the name in its
   * `dbt_project.yml`, as in the `astro` CLI; otherwise it is required
   */
  bundleMountPath?: pulumi.Input<string> | undefined;
  /**
   * Removes the bundle from the Deployment when the resource is deleted, with a deploy for the
   * removal, unless a later deploy has replaced the bundle.
   *
   * @defaultValue false: the bundle stays
   */
  removeBundleOnDelete?: pulumi.Input<boolean> | undefined;
  /**
   * Image to ship, for `IMAGE_ONLY` and `IMAGE_AND_DAG`, for linux/amd64 and built on Astro
   * Runtime. skopeo, crane or docker, one of which must be installed, copies it to the repository
   * and tag that Astro chooses. A relative path starts at the program's working directory.
   *
   * - `oci:FOLDER[:TAG]`: an OCI image layout
   * - `oci-archive:FILE[:TAG]`: the same as a tar file
   * - `docker-archive:FILE[:TAG]`: what `docker save` writes
   * - `docker-daemon:NAME:TAG`: an image of the local Docker daemon
   * - `docker://REGISTRY/NAME:TAG`: an image in another registry
   */
  image?: pulumi.Input<string> | undefined;
  /** Patterns of files not to ship, in the syntax of a `.gitignore` at the root of the folder. */
  exclude?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * The commit that the deploy is made from. `git: undefined`, which `gitFromCheckout` returns if
   * no commit describes the folder, does not cause a deploy by itself.
   */
  git?: pulumi.Input<GitArgs> | undefined;
  /**
   * Id of an earlier deploy that the Deployment should run again; the other arguments are ignored
   * meanwhile. Astro creates a new deploy with the DAGs, image and bundles of that one; environment
   * variables and resources stay as they are. Removing it deploys the other arguments again.
   */
  rollbackTo?: pulumi.Input<string> | undefined;
  /**
   * Deploys again after a `pulumi refresh` found that a deploy from outside this program superseded
   * this one. See the output `supersededBy`.
   *
   * @defaultValue false: the superseding deploy is only reported
   */
  redeployWhenSuperseded?: pulumi.Input<boolean> | undefined;
  /**
   * Whether to wait until the deploy is `DEPLOYED`, and fail if it is `FAILED`. Without a source
   * and without `rollbackTo` there is nothing to wait for.
   *
   * @defaultValue true; `astro:deployTimeoutSeconds` bounds the wait
   */
  wait?: pulumi.Input<boolean> | undefined;
  /**
   * Up to when to wait: until the deploy is `DEPLOYED`, or also until the Deployment runs what was
   * deployed and is `HEALTHY`. If the Deployment stays `UNHEALTHY` then, `pulumi up` fails with its
   * reason; the deploy is kept, and the next one waits again. `HEALTHY` does not go with `wait:
   * false`.
   *
   * @defaultValue `DEPLOYED`; `astro:deployTimeoutSeconds` bounds the wait as a whole
   */
  waitFor?: pulumi.Input<"DEPLOYED" | "HEALTHY"> | undefined;
  /**
   * Wakes the Deployment up for the deploy if it hibernates, and afterwards restores the hibernation
   * override that it had, or ends the one that woke it, also if the deploy failed. Not with `wait:
   * false`. The token needs the permission `deployment.update`.
   *
   * @defaultValue false: a deploy to a hibernating Deployment is rejected;
   * `astro:deployTimeoutSeconds` bounds the waking
   */
  wakeUp?: pulumi.Input<boolean> | undefined;
  /**
   * After the deploy is `DEPLOYED`, waits until the Deployment's Airflow has parsed the DAGs, and
   * warns of each file that it could not import. This never fails the deploy, and you get a notice
   * if Airflow could not be asked. Airflow gets the API token, by https only.
   *
   * @defaultValue false; `astro:importErrorsTimeoutSeconds` bounds the wait
   */
  reportImportErrors?: pulumi.Input<boolean> | undefined;
}

/**
 * A deploy of Airflow code to a Deployment on Astronomer's Astro.
 *
 * With a source (`dags`, `bundle`, `image`), creating the resource runs the whole deploy: it packs,
 * creates the deploy, uploads, finalizes and waits for `DEPLOYED`. Without a source and without
 * `rollbackTo`, it only sends the create request, and the program continues with the upload URLs.
 * The resource's `id` is the deploy's id.
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
 * @typeParam Type - The type of deploy, as far as the compiler knows it from the arguments.
 *
 * @see https://www.astronomer.io/docs/api/platform-api-reference/deploy/create-deploy
 */
export class AstroDeploy<Type extends DeployType = DeployType> extends pulumi.dynamic.Resource {
  /** The deploy's id in Astro: `id`, unless the deploy was looked up by a name of several parts. */
  declare public readonly deployId: pulumi.Output<string>;
  /** The Organization that owns the Deployment. */
  declare public readonly organizationId: pulumi.Output<string>;
  /** The Deployment that was deployed to. */
  declare public readonly deploymentId: pulumi.Output<string>;
  /** `INITIALIZED`, `DEPLOYED` or `FAILED`, as of the last `pulumi up` or `pulumi refresh`. */
  declare public readonly status: pulumi.Output<DeployStatus>;
  /** Why the deploy failed, if Astro reports it. */
  declare public readonly statusReason: pulumi.Output<string | undefined>;
  /** The type of deploy, as Astro reports it. */
  declare public readonly type: pulumi.Output<DeployType>;
  /** As the deploy history shows it. */
  declare public readonly description: pulumi.Output<string | undefined>;
  /** Time of creation, ISO 8601 in UTC. */
  declare public readonly createdAt: pulumi.Output<string>;
  /** The user or API token that created the deploy. */
  declare public readonly createdBySubject: pulumi.Output<Subject | undefined>;
  /** Time of the last change, ISO 8601 in UTC. */
  declare public readonly updatedAt: pulumi.Output<string | undefined>;
  /** The user or API token that changed it last. */
  declare public readonly updatedBySubject: pulumi.Output<Subject | undefined>;
  /** The repository of the deploy's image. */
  declare public readonly imageRepository: pulumi.Output<string>;
  /** The tag of the deploy's image, chosen by Astro. */
  declare public readonly imageTag: pulumi.Output<string>;
  /** Whether DAG deploys were enabled on the Deployment when the deploy was created. */
  declare public readonly isDagDeployEnabled: pulumi.Output<boolean>;
  /** `NA` if Astro does not know it. */
  declare public readonly airflowVersion: pulumi.Output<string | undefined>;
  /** The Deployment's version of Astro Runtime at the deploy. */
  declare public readonly astroRuntimeVersion: pulumi.Output<string | undefined>;
  /** Opaque version of the uploaded DAGs; the Astro UI calls it Bundle Version. */
  declare public readonly dagTarballVersion: pulumi.Output<string | undefined>;
  /**
   * Signed URL for uploading the DAGs, if the program uploads and not this resource. A secret:
   * anyone who has it can upload until it expires.
   */
  declare public readonly dagsUploadUrl: pulumi.Output<string | undefined>;
  /** The kind of bundle, if it is one. */
  declare public readonly bundleType: pulumi.Output<string | undefined>;
  /** Where the bundle is mounted in the Airflow pods. */
  declare public readonly bundleMountPath: pulumi.Output<string | undefined>;
  /** Signed URL for uploading the bundle. A secret like `dagsUploadUrl`. */
  declare public readonly bundleUploadUrl: pulumi.Output<string | undefined>;
  /** The Deployment's bundles. */
  declare public readonly bundles: pulumi.Output<Bundle[] | undefined>;
  /** The commit that the deploy was made from, as Astro reports it; API version v1beta1 reports none. */
  declare public readonly git: pulumi.Output<DeployGit | undefined>;
  /** If this is a rollback, the id of the deploy that it rolled back to. */
  declare public readonly rollbackFromId: pulumi.Output<string | undefined>;
  /** Digest of the shipped DAGs, `sha256:…`. It depends on their content only. */
  declare public readonly dagsDigest: pulumi.Output<string | undefined>;
  /** Digest of the shipped bundle. */
  declare public readonly bundleDigest: pulumi.Output<string | undefined>;
  /** Digest of the image's manifest in the deploy's repository. */
  declare public readonly imageDigest: pulumi.Output<string | undefined>;
  /**
   * Where the Deployment's Airflow is, as Astro gives it: `https://` may be missing. As of the
   * deploy; absent if this resource only sent the create request.
   */
  declare public readonly webServerUrl: pulumi.Output<string | undefined>;
  /** The deploy from outside this program that superseded this one, as of the last refresh. */
  declare public readonly supersededBy: pulumi.Output<SupersedingDeploy | undefined>;

  /**
   * Looks up an existing deploy, whoever created it. The resource is external: Pulumi reads it and
   * never changes it. It replaces `import`, which dynamic resources do not support.
   *
   * @param id - The deploy's id.
   * @param deployment - The deploy's Deployment; the Organization may come from
   *   `astro:organizationId`.
   * @throws RunError if the id is missing. If there is no such deploy, `pulumi up` fails.
   */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    deployment: Pick<AstroDeployArgs, "organizationId" | "deploymentId">,
    opts?: pulumi.CustomResourceOptions,
  ): AstroDeploy {
    // A value from the environment may be missing, whatever its type says.
    if ((id as unknown) == null || id === "") {
      const problem = `${name}: AstroDeploy.get needs the id of the deploy to look up.`;
      throw new pulumi.RunError(withCode(problem, "invalid-lookup"));
    }
    return new AstroDeploy(name, deployment as AstroDeployArgs, { ...opts, id });
  }

  /**
   * @param name - The resource's name in the stack.
   * @param args - What to deploy, and where: {@link AstroDeployArgs}. If the compiler knows their
   *   `type`, it takes only what a deploy of that type takes.
   * @param opts - Pulumi's resource options.
   * @throws RunError for the option `import`, which dynamic resources do not support: see {@link
   *   get}.
   */
  constructor(name: string, args: ArgsOfType<Type>, opts?: pulumi.CustomResourceOptions) {
    if (opts?.import !== undefined) {
      const problem = `${name}: a dynamic resource cannot be imported. Look the deploy up with AstroDeploy.get(name, id, { deploymentId }), or leave \`import\` out to create one.`;
      throw new pulumi.RunError(withCode(problem, "not-importable"));
    }
    super(
      stub,
      name,
      // The SDK creates only the outputs that are named here, even without a value. A look-up is
      // not checked, so the declaration would stay in its state.
      { ...noOutputs, ...args, ...(opts?.id === undefined && declare(name, args)) },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["dagsUploadUrl", "bundleUploadUrl"] }),
      "astro",
      "AstroDeploy",
    );
    // A deploy that is looked up is not one of this program.
    if (opts?.id === undefined) warnOfDuplicates(this, name, args);
    nullsToUndefined(this);
    // Not in the state, where earlier releases have none.
    this.deployId = this.id;
  }
}
