/**
 * What holds between the resource and the tables, checked by the compiler. Not in the resource's own
 * file: its published declarations would bring those of zod, which not every program compiles.
 */
import type { CustomResource, dynamic } from "@pulumi/pulumi";
import type { AstroDeploy, AstroDeployArgs } from "./astroDeploy";
import type { ProgramInput } from "./lifecycle/inputs/table";
import type { OutputName } from "./lifecycle/outputs";
import type { Deploy } from "./plugin";

type Same<A, B> = [A, B] extends [B, A] ? true : false;
type Assert<T extends true> = T;

/** Does not compile unless the arguments are those of the table of inputs. */
export type ArgumentsAreInputs = Assert<Same<keyof AstroDeployArgs, ProgramInput>>;
/** Does not compile unless the properties are the outputs. */
export type PropertiesAreOutputs = Assert<
  Same<Exclude<keyof AstroDeploy, keyof dynamic.Resource>, OutputName | "deployId">
>;
/** Does not compile unless the plugin's resource has the same outputs. */
export type BothHaveTheOutputs = Assert<
  Same<
    Exclude<keyof Deploy, keyof CustomResource>,
    Exclude<keyof AstroDeploy, keyof dynamic.Resource>
  >
>;
