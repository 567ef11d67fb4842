import { startEmulator } from "../emulator";
import { Stack, type Run } from "../test/helpers/engine";
import { compare, setting } from "./compare";

const count = setting("BENCH_DEPLOYS", 20);
const dagFiles = 100;

const ours = `
const { AstroDeploy } = require("pulumi-astro-deploy");
for (const deploymentId of process.env.DEPLOYMENTS.split(",")) {
  new AstroDeploy(deploymentId, { deploymentId, type: "DAG_ONLY", dags: "./dags" });
}
`;

const trivial = `
const { dynamic } = require("@pulumi/pulumi");
const provider = { create: async (inputs) => ({ id: "1", outs: inputs }) };
for (const name of process.env.DEPLOYMENTS.split(",")) {
  new dynamic.Resource(provider, name, { name });
}
`;

/** The time of the engine if nothing changed. */
export async function benchUp(): Promise<void> {
  await against(count, "up");
  await against(1, "preview");
}

async function against(resources: number, operation: "up" | "preview"): Promise<void> {
  const deployments = Array.from({ length: resources }, (_, index) => ({
    id: `deployment${index}`,
  }));
  const emulator = await startEmulator({ deployments });
  const env = {
    ...emulator.env,
    DEPLOYMENTS: emulator.deployments.map(({ id }) => id).join(","),
  };
  const dags = Object.fromEntries(
    Array.from({ length: dagFiles }, (_, index) => [`dags/dag_${index}.py`, `number = ${index}\n`]),
  );
  const stacks: Stack[] = [];
  try {
    const [deploys, others] = await Promise.all(
      [ours, trivial].map(async (program) => {
        const stack = await Stack.create({ files: { ...dags, "index.js": program }, env });
        stacks.push(stack);
        succeeded(await stack.up());
        return stack;
      }),
    );
    const run = (stack: Stack | undefined) => async () => {
      if (stack) unchanged(await stack[operation](), resources);
    };
    await compare(`no-op ${operation} of ${resources} AstroDeploy`, run(deploys), {
      name: `of ${resources} trivial dynamic resource`,
      run: run(others),
    });
  } finally {
    for (const stack of stacks) stack.dispose();
    await emulator.close();
  }
}

function succeeded(run: Run): void {
  if (run.code !== 0) throw new Error(run.all);
}

/** Runs that do something else would make the comparison meaningless. */
function unchanged(run: Run, resources: number): void {
  succeeded(run);
  const same = Object.values(run.steps).filter((step) => step === "same").length;
  if (same !== resources) throw new Error(`${same} of ${resources} are unchanged:\n${run.all}`);
}
