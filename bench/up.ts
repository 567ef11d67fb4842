import { startEmulator } from "../emulator";
import { pluginProject } from "../test/helpers/declared";
import { Stack, type Run } from "../test/helpers/engine";
import { compare, setting } from "./compare";
import { record, recordGrowth } from "./results";

const dagFiles = 100;
const largest = setting("BENCH_DEPLOYS", 1000);

/** A program that declares a resource for each Deployment. */
interface Program {
  name: string;
  files: Record<string, string>;
}

const declared = (declaration: string) => `
const deployments = process.env.DEPLOYMENTS.split(",");
${declaration}
`;

/** Declares a resource of this package's class in a module. */
const deploys = (module: string, resource: string) =>
  declared(`
const { ${resource} } = require("${module}");
for (const deploymentId of deployments) {
  new ${resource}(deploymentId, { deploymentId, type: "DAG_ONLY", dags: "./dags" });
}`);

const dynamic: Program = {
  name: "AstroDeploy",
  files: { "index.js": deploys("pulumi-astro-deploy", "AstroDeploy") },
};

const plugin: Program = {
  name: "Deploy of the plugin",
  files: {
    "Pulumi.yaml": pluginProject,
    "index.js": deploys("pulumi-astro-deploy/plugin", "Deploy"),
  },
};

const trivial: Program = {
  name: "trivial dynamic resource",
  files: {
    "index.js": declared(`
const { dynamic } = require("@pulumi/pulumi");
const provider = { create: async (inputs) => ({ id: "1", outs: inputs }) };
for (const name of deployments) new dynamic.Resource(provider, name, { name });`),
  },
};

/** In the order of the stacks that {@link withStacks} makes. */
const programs = [dynamic, trivial, plugin];

/** The time of the engine if nothing changed. */
export async function benchUp(): Promise<void> {
  await withStacks(1, true, async ([ours, theirs, plugins], operations) => {
    if (!ours || !theirs || !plugins) return;
    const goal = 1.08;
    await against("preview", 1, dynamic, ours, theirs, { goal });
    await against("preview", 1, plugin, plugins, theirs);
    const { resources } = await ours.state();
    const resource = resources.find(({ type }) => type.startsWith("pulumi-nodejs:"));
    record({
      what: `state of a resource with ${dagFiles} DAG files`,
      reference: "kB",
      values: [JSON.stringify(resource).length / 1000],
      goal: 10,
    });
    record({
      what: "requests of a deploy of DAGs, without polls",
      reference: "requests",
      values: [operations.filter((operation) => operation !== "GetDeploy").length],
      goal: 4,
    });
  });
  await withStacks(20, true, async ([ours, theirs, plugins]) => {
    if (!ours || !theirs || !plugins) return;
    await against("up", 20, dynamic, ours, theirs, { goal: 1.25 });
    await against("preview", 20, plugin, plugins, theirs);
  });
  await withStacks(100, true, async ([ours, theirs, plugins]) => {
    if (!ours || !theirs || !plugins) return;
    await against("up", 100, dynamic, ours, theirs, { goal: 1.4, rounds: 2 });
    await against("preview", 100, plugin, plugins, theirs, { rounds: 2 });
  });
}

/** The time of a first preview of more and more resources. */
export async function benchResources(): Promise<void> {
  const series = programs.map(({ name }) => ({
    name,
    points: [] as [number, number][],
  }));
  for (const count of [1, 10, 100, 1000].filter((count) => count <= largest)) {
    await withStacks(count, false, async (stacks) => {
      for (const [index, stack] of stacks.entries()) {
        const start = performance.now();
        succeeded(await stack.preview());
        series[index]?.points.push([count, (performance.now() - start) / 1000]);
      }
    });
  }
  recordGrowth({
    file: "growth-resources.svg",
    title: "First preview of so many resources",
    unit: "resources",
    series,
    note: "The engine's start is most of the time of few resources. Of many, the line of the trivial resource is what the engine and the SDK need; ours cannot be below it. The SDK makes four promises for each output of an AstroDeploy. The plugin reads the Deployment of each resource in a preview, 20 a second, below what Astro allows.",
  });
}

async function withStacks(
  resources: number,
  deployed: boolean,
  use: (stacks: Stack[], operations: readonly string[]) => Promise<void>,
): Promise<void> {
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
  /** Of the first stack's deploy. */
  let operations: string[] | undefined;
  try {
    for (const { files } of programs) {
      const stack = await Stack.create({ files: { ...dags, ...files }, env });
      stacks.push(stack);
      if (deployed) succeeded(await stack.up());
      operations ??= emulator.requests.map(({ operation }) => operation);
    }
    await use(stacks, operations ?? []);
  } finally {
    for (const stack of stacks) stack.dispose();
    await emulator.close();
  }
}

async function against(
  operation: "up" | "preview",
  resources: number,
  { name }: Program,
  ours: Stack,
  theirs: Stack,
  options: { goal?: number; rounds?: number } = {},
): Promise<void> {
  const run = (stack: Stack) => async () => {
    unchanged(await stack[operation](), resources);
  };
  await compare(`no-op ${operation} of ${resources} ${name}`, run(ours), {
    name: `of ${resources} ${trivial.name}`,
    run: run(theirs),
    ...options,
  });
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
