import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The environment of `pulumi` for a stack of its own: with its state, and the CLI's own files, in a
 * folder, and against a local Astro. Settings for other stacks and for the real Astro are left out.
 *
 * @param cli - The folder with the `pulumi` program.
 */
export function environmentFor(emulator, cli, folder) {
  const state = join(folder, "state");
  mkdirSync(state, { recursive: true });
  const others = Object.entries(process.env).filter(([name]) => !/^(ASTRO|PULUMI)_/.test(name));
  return {
    ...Object.fromEntries(others),
    ...emulator.env,
    PATH: `${cli}${delimiter}${process.env.PATH}`,
    PULUMI_HOME: join(folder, "home"),
    // All servers are on this machine, also for the engine's own processes.
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "demo",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}
