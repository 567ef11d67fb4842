/**
 * The same for the provider plugin, as `pulumi-astro-deploy/plugin`.
 *
 * @module plugin
 */
import * as pulumi from "@pulumi/pulumi";
import type { AstroDeploy, AstroDeployArgs } from "./astroDeploy";
import type { ArgsOfType } from "./argsByType";
import type { ApiVersion, DeployType } from "./astro/types";
import type { ImageTool } from "./image/tools/tool";
import { declare } from "./program/declare";
import { warnOfDuplicates } from "./program/duplicates";
import { noOutputs, nullsToUndefined } from "./program/outputs";

export type { AstroDeployArgs as DeployArgs, GitArgs } from "./astroDeploy";
export type { ArgsOfType, TypedDeployArgs } from "./argsByType";
export { DeployStatus, DeployType } from "./astro/types";
export type { FileMap, FileSource } from "./program/files";

/** How to reach Astro. What is not given comes from the environment (`ASTRO_API_TOKEN`, …). */
export interface ProviderArgs {
  /**
   * The API token, encrypted in the state. Take it from `config.requireSecret`, or leave it out and set
   * `ASTRO_API_TOKEN`: Pulumi's SDK prints another one in `--debug`, `--json` and `--event-log`.
   */
  token?: pulumi.Input<string> | undefined;
  /** For resources without one. */
  organizationId?: pulumi.Input<string> | undefined;
  /** Version of Astro's API. Default `v1beta1`. */
  apiVersion?: pulumi.Input<ApiVersion> | undefined;
  /** Without the API version's path. */
  baseUrl?: pulumi.Input<string> | undefined;
  /** The tool that pushes images. */
  imageTool?: pulumi.Input<ImageTool> | undefined;
  /** The timeout of one API request. Default 30. */
  requestTimeoutSeconds?: pulumi.Input<number> | undefined;
  /** The timeout of one upload or push with its retries. Default 3600. */
  uploadTimeoutSeconds?: pulumi.Input<number> | undefined;
  /** How long to wait for a finalized deploy to be `DEPLOYED`. Default 1800. */
  deployTimeoutSeconds?: pulumi.Input<number> | undefined;
  /** How long to ask Airflow for DAGs that fail to import. Default 180. */
  importErrorsTimeoutSeconds?: pulumi.Input<number> | undefined;
}

/** An explicit provider, for programs that reach Astro in more than one way. */
export class Provider extends pulumi.ProviderResource {
  /**
   * Declares a provider.
   *
   * @param name - The provider's name in the stack.
   * @param args - How to reach Astro.
   * @param opts - Pulumi's resource options.
   */
  constructor(name: string, args: ProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    const { token, ...others } = args;
    // A provider takes texts only.
    const inputs: pulumi.Inputs = token === undefined ? {} : { token: pulumi.secret(token) };
    for (const [key, value] of Object.entries(others)) {
      inputs[key] = pulumi.output(value).apply((known) => known && String(known));
    }
    super("astro", name, inputs, opts);
  }
}

// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- the outputs of both resources are the same, and the constructor sets them
export interface Deploy<Type extends DeployType = DeployType> extends Omit<
  AstroDeploy,
  keyof pulumi.CustomResource | "deployId"
> {}

/**
 * {@link AstroDeploy} served by the provider plugin: with `import`, `customTimeouts`, a diff that
 * names the files, and an end at once on Ctrl+C. `Pulumi.yaml` names the plugin, which comes with
 * this package:
 *
 * ```yaml
 * plugins:
 *   providers:
 *     - name: astro
 *       path: node_modules/pulumi-astro-deploy/dist/plugin
 * ```
 *
 * A resource that was an `AstroDeploy` goes over with the option `aliases: [{ type:
 * "pulumi-nodejs:dynamic/astro:AstroDeploy" }]`, and deploys nothing.
 *
 * @typeParam Type - The type of deploy, as far as the compiler knows it from the arguments.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export class Deploy<Type extends DeployType = DeployType> extends pulumi.CustomResource {
  /** The deploy's id in Astro: `id`, unless the deploy was looked up by a name of several parts. */
  declare public readonly deployId: pulumi.Output<string>;

  /**
   * Looks up an existing deploy, whoever created it. The resource is external: Pulumi reads it and
   * never changes it.
   *
   * @param id - `ORGANIZATION/DEPLOYMENT/DEPLOY`, or `DEPLOYMENT/DEPLOY`. It is the resource's `id`
   *   then; the deploy's own is `deployId`.
   */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    opts?: pulumi.CustomResourceOptions,
  ): Deploy {
    return new Deploy(name, {} as AstroDeployArgs, { ...opts, id });
  }

  /**
   * Declares a deploy.
   *
   * @param name - The resource's name in the stack.
   * @param args - What to deploy, and where: {@link AstroDeployArgs}. If the compiler knows their
   *   `type`, it takes only what a deploy of that type takes.
   * @param opts - Pulumi's resource options.
   */
  constructor(name: string, args: ArgsOfType<Type>, opts?: pulumi.CustomResourceOptions) {
    const isLookup = opts?.id !== undefined;
    super(
      "astro:index:Deploy",
      name,
      { ...noOutputs, ...args, ...(!isLookup && declare(name, args)) },
      opts,
    );
    if (!isLookup) warnOfDuplicates(this, name, args);
    nullsToUndefined(this);
    // The plugin has it as an output, which a state of the dynamic resource lacks.
    this.deployId = this.id.apply((id) => id.slice(id.lastIndexOf("/") + 1));
  }
}
