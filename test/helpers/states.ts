import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { program, type Declared } from "./declared";
import { root, Stack, type StackOptions } from "./engine";

/** States as versions of this package wrote them, a folder for each. Its README tells what is in one. */
export const states = join(root, "test", "fixtures", "states");

export const recorded = (): string[] =>
  readdirSync(states, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

const deployment = {
  etl: "recordeddeployment0000etl",
  bare: "recordeddeployment000bare",
  held: "recordeddeployment000held",
  unfinished: "recordeddeploymentunfinis",
  back: "recordeddeployment000back",
};

const files = {
  "index.js": program,
  "dags/orders.py": "orders = 1\n",
  "dags/lib/common.py": "common = 1\n",
  "other/users.py": "users = 1\n",
  "shop/dbt_project.yml": "name: shop\n",
  "shop/models/users.sql": "select 1\n",
};

/** One of everything that a state can hold without an image to push. */
const declared = (rollbackTo: string): Declared => ({
  etl: {
    deploymentId: deployment.etl,
    type: "DAG_ONLY",
    dags: "./dags",
    exclude: ["*.md"],
    description: "orders and users",
    git: {
      provider: "GITHUB",
      commitSha: "c0ffee",
      account: "acme",
      repo: "etl",
      branch: "main",
      commitUrl: "https://github.com/acme/etl/commit/c0ffee",
    },
  },
  shop: {
    deploymentId: deployment.etl,
    type: "BUNDLE",
    bundle: "./shop",
    bundleType: "dbt",
    bundleMountPath: "/usr/local/airflow/dbt/shop",
    removeBundleOnDelete: true,
  },
  bare: { deploymentId: deployment.bare, type: "DAG_ONLY" },
  image: { deploymentId: deployment.bare, type: "IMAGE_ONLY" },
  held: { deploymentId: deployment.held, type: "DAG_ONLY", dags: "./other" },
  back: { deploymentId: deployment.back, type: "DAG_ONLY", dags: "./other", rollbackTo },
});

/**
 * Has a version of this package write a state, and keeps it with all that it takes to go on from
 * there: the program, and the local Astro that it was deployed to.
 *
 * @param from the folder of that version, built.
 */
export async function recordState(name: string, from: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "astro-recorded-"));
  const emulator = await startEmulator({
    dir,
    deployments: Object.values(deployment).map((id) => ({ id, name: id })),
  });
  const stack = await Stack.create({ files, env: { ...emulator.env }, package: from });
  const folder = join(states, name);
  try {
    const earlier = emulator.deployElsewhere(deployment.back).id;
    emulator.advance(2000);
    emulator.deployElsewhere(deployment.back);
    stack.write("declared.json", JSON.stringify(declared(earlier), null, 2));
    await stack.must("up", "--yes", "--skip-preview");
    // Creation times are told in whole seconds.
    emulator.advance(2000);
    emulator.deployElsewhere(deployment.held);
    await stack.must("refresh", "--yes", "--skip-preview");
    emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    const more = { deploymentId: deployment.unfinished, type: "DAG_ONLY", dags: "./other" };
    const all = { ...declared(earlier), unfinished: more };
    stack.write("declared.json", JSON.stringify(all, null, 2));
    const failed = await stack.up();
    if (failed.code === 0) throw new Error("the deploy that was to fail did not");
    await emulator.close();

    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const { text } = await stack.state();
    writeFileSync(join(folder, "stack.json"), withoutPlaces(text));
    for (const file of [...Object.keys(files), "Pulumi.yaml", "package.json", "declared.json"]) {
      cpSync(stack.path(file), join(folder, "project", file));
    }
    cpSync(dir, join(folder, "astro"), { recursive: true });
    // Whoever opens it makes up others.
    const world = JSON.parse(readFileSync(join(dir, "state.json"), "utf8")) as object;
    const shown = { ...world, token: undefined, signingKey: undefined };
    writeFileSync(join(folder, "astro", "state.json"), JSON.stringify(shown, null, 2));
  } finally {
    stack.dispose();
    await emulator.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Without where in this machine's sources a resource was declared, which the SDK notes for each. */
function withoutPlaces(state: string): string {
  const places = new Set(["sourcePosition", "stackTrace"]);
  const drop = (name: string, value: unknown) => (places.has(name) ? undefined : value);
  return `${JSON.stringify(JSON.parse(state, drop), null, 2)}\n`;
}

/** A recorded state in a stack of its own, with the local Astro that it was deployed to. */
export interface Recorded {
  emulator: Emulator;
  stack: Stack;
  dispose(): Promise<void>;
}

export async function openState(
  name: string,
  options: Partial<StackOptions> = {},
): Promise<Recorded> {
  const folder = join(states, name);
  const dir = mkdtempSync(join(tmpdir(), "astro-recorded-"));
  cpSync(join(folder, "astro"), dir, { recursive: true });
  const emulator = await startEmulator({ dir, deployments: [] });
  const project = join(folder, "project");
  const stack = await Stack.create({
    ...options,
    files: Object.fromEntries(
      readdirSync(project, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [path.slice(project.length + 1), readFileSync(path, "utf8")]),
    ),
    env: { ...emulator.env, ...options.env },
  });
  await stack.must("stack", "import", "--file", join(folder, "stack.json"));
  return {
    emulator,
    stack,
    dispose: async () => {
      stack.dispose();
      await emulator.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
