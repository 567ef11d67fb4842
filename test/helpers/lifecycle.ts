import assert from "node:assert/strict";
import type { Emulator } from "../../emulator";
import { createClient } from "../../provider/astro/client";
import { check } from "../../provider/lifecycle/check";
import type { Context } from "../../provider/lifecycle/context";
import { create } from "../../provider/lifecycle/create";
import type { DeployInputs } from "../../provider/lifecycle/inputs";
import type { DeployOutputs } from "../../provider/lifecycle/outputs";
import { update } from "../../provider/lifecycle/update";
import { connection, readSettings } from "../../provider/settings";

/** What a program and an engine do, less the engine, in little time. */
export function playLifecycle(
  emulator: Emulator,
  args: Record<string, unknown>,
  token = emulator.token,
) {
  const settings = readSettings(() => undefined, {
    ...emulator.env,
    ASTRO_API_TOKEN: token,
    ASTRO_REQUEST_TIMEOUT_SECONDS: "1",
    ASTRO_UPLOAD_TIMEOUT_SECONDS: "4",
    ASTRO_DEPLOY_TIMEOUT_SECONDS: "4",
  });
  const client = createClient(connection(settings));
  const context: Context = {
    settings,
    client: () => client,
    reporter: { progress: () => undefined, notice: () => undefined },
    known: new Set(),
  };
  const deploymentId = emulator.deployments[0]?.id ?? "";
  return {
    inputs: async (): Promise<DeployInputs> => {
      const checked = await check(context, { deploymentId, ...args });
      assert.deepEqual(checked.failures, []);
      return checked.inputs;
    },
    create: (inputs: DeployInputs) => create(context, inputs),
    update: (id: string, olds: DeployOutputs, inputs: DeployInputs) =>
      update(context, id, olds, inputs),
    statuses: () => emulator.deploys(deploymentId).map(({ status }) => status),
  };
}
