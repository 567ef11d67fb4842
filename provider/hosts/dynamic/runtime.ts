/**
 * The methods of the provider, which the stub in every resource's state loads by their names.
 *
 * The states of every earlier release call them with these arguments. Add to them; never rename or
 * remove one.
 */
import { diff as diffInputs } from "../../lifecycle/diff";
import type { DeployInputs } from "../../lifecycle/inputs/table";
import type { DeployOutputs } from "../../lifecycle/outputs";
import { withoutNulls } from "../../lifecycle/state";
import { read as readDeploy } from "../../lifecycle/read";
import type { HostInputs } from "../../lifecycle/initError";
import { registerSecret } from "../../http/redact";
import { engineReporter } from "./reporter";
import { exitWithEngine } from "../engine";
import { create as createDeploy, remove as removeDeploy, update as updateDeploy } from "../lazy";
import { checkDeclared, guard } from "../methods";
import { openSession, pulumiHome } from "../session";
import { readSettings, type ConfigReader } from "../settings";

const engine = exitWithEngine(process.argv.slice(2));

const session = openSession({
  settings: readSettings(() => undefined, process.env),
  engine,
  reporter: engineReporter(engine),
  home: pulumiHome(process.env),
  // The host sets it, as the stub needs it, too.
  programFolder: process.cwd(),
});

/**
 * Takes the stack's configuration. Everything is set before the first await and nothing is thrown:
 * the host lets other calls through while this one is pending, and keeps a provider whose
 * configuration failed.
 */
export function configure(request: { config: { get: ConfigReader } }): Promise<void> {
  const settings = readSettings((key) => request.config.get(key), process.env);
  if (settings.token !== undefined) registerSecret(settings.token);
  session.configure(settings);
  return Promise.resolve();
}

/**
 * Guards a call of which the host prints the error and its stack, beside the engine, which shows the
 * message with the resource: the host's line only refers to that. The stack of a bug stays.
 */
async function guardPrinted<T>(method: () => T | Promise<T>): Promise<T> {
  try {
    return await guard(method);
  } catch (error) {
    const { stack = "" } = error as Error;
    throw Object.assign(error as Error, {
      toString: () => "AstroDeploy",
      stack: stack === "" ? "the error is shown with its resource" : stack,
    });
  }
}

export const check = (olds: Record<string, unknown>, news: Record<string, unknown>) =>
  guardPrinted(() => checkDeclared(session, olds, news));

export const diff = (id: string, olds: DeployOutputs, news: DeployInputs) =>
  guardPrinted(() => diffInputs(session, id, withoutNulls(olds), news));

export const create = (inputs: HostInputs) => guard(() => createDeploy(session, inputs));

export const read = (id: string, props: DeployOutputs) =>
  guardPrinted(() => readDeploy(session, id, withoutNulls(props)));

export const update = (id: string, olds: DeployOutputs, news: HostInputs) =>
  guard(() => updateDeploy(session, id, withoutNulls(olds), news));

const remove = (id: string, props: DeployOutputs) =>
  guardPrinted(() => removeDeploy(session, id, withoutNulls(props)));
export { remove as delete };
