import { startEmulator, type EmulatorOptions } from "../../emulator";
import type { Declared, Scene } from "./declared";
import type { Run, Stack } from "./engine";
import { HostEngine } from "./hostEngine";
import { InitFailed } from "./providerHost";

/** A {@link Scene} of one resource whose engine is a {@link HostEngine}, of the host `dynamic`. */
export interface HostScene extends Omit<Scene, "stack"> {
  stack: Pick<Stack, "setEnv" | "write"> & Record<"up" | "refresh" | "destroy", () => Promise<Run>>;
  /** The resource as the state has it. */
  kept(): HostEngine["resource"];
}

export async function setHostScene(options: {
  emulator?: EmulatorOptions;
  files: Record<string, string>;
}): Promise<HostScene> {
  const emulator = await startEmulator(options.emulator);
  const deploymentId = emulator.deployments[0]?.id ?? "";
  const files = { ...options.files };
  const engine = new HostEngine("dynamic", emulator, {}, files);
  let name = "";

  const operate = (operation: "up" | "refresh" | "destroy") => async () => {
    const { resource: old, said } = engine;
    const before = said.length;
    const failed = await engine[operation]();
    const reasons = failed instanceof InitFailed ? failed.reasons : [];
    const all = [...said.slice(before), failed?.message ?? "", ...reasons].join("\n");
    const { resource } = engine;
    const step =
      old === undefined
        ? "create"
        : resource === old
          ? "same"
          : resource?.id === old.id
            ? "update"
            : "replace";
    return { code: failed ? 1 : 0, stdout: "", stderr: "", all, steps: { [name]: step } };
  };

  return {
    emulator,
    deploymentId,
    stack: {
      up: operate("up"),
      refresh: operate("refresh"),
      destroy: operate("destroy"),
      setEnv: (variable, value) => {
        engine.env[variable] = value;
      },
      write: (file, text) => {
        files[file] = text;
      },
    },
    declare: (declared: Declared) => {
      for (const [only, args] of Object.entries(declared)) {
        name = only;
        engine.args = args;
      }
    },
    deploys: () => emulator.deploys(deploymentId),
    operations: () => emulator.requests.splice(0).map(({ operation }) => operation),
    kept: () => engine.resource,
    dispose: async () => {
      engine.dispose();
      await emulator.close();
    },
  };
}
