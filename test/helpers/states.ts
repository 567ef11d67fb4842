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
import { execFileSync } from "node:child_process";
import { commit, program, type Declared } from "./declared";
import { root, Stack, type StackOptions } from "./engine";
import { writeLayout } from "./images";
import { registryObstacle } from "./imageTools";
import { Registry } from "./registry";

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
  images: "recordeddeployment0images",
};

/** A user's, for it carries no permissions; and the password of the registry. */
const token = `x.${Buffer.from('{"sub":"recorder"}').toString("base64url")}.x`;

const files = {
  "index.js": program,
  "dags/orders.py": "orders = 1\n",
  "dags/lib/common.py": "common = 1\n",
  "other/users.py": "users = 1\n",
  "shop/dbt_project.yml": "name: shop\n",
  "shop/models/users.sql": "select 1\n",
};

/** One of everything that a state can hold without an image to push. */
const declaredWithoutImages = (rollbackTo: string): Declared => ({
  etl: {
    deploymentId: deployment.etl,
    type: "DAG_ONLY",
    dags: "./dags",
    exclude: ["*.md"],
    description: "orders and users",
    git: commit,
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

/** The same image in each form that is read without a daemon or a registry. */
const declaredImages: Declared = Object.fromEntries(
  Object.entries({
    layout: "oci:image:v1",
    saved: "docker-archive:saved.tar",
    packed: "oci-archive:packed.tar",
  }).map(([name, image]) => [name, { deploymentId: deployment.images, type: "IMAGE_ONLY", image }]),
);

async function writeImages(stack: Stack): Promise<string[]> {
  await writeLayout(stack.path("image"), { v1: {} });
  const copy = (to: string) =>
    execFileSync("skopeo", ["copy", "--quiet", "oci:image:v1", to], { cwd: stack.folder });
  copy("docker-archive:saved.tar:acme/etl:v1");
  copy("oci-archive:packed.tar");
  return ["image", "saved.tar", "packed.tar"];
}

/** A stack that has one of everything deployed, by a version of this package. */
export interface Deployed extends Recorded {
  /** The folder of the emulator. */
  dir: string;
  /** The names of what the program consists of. */
  parts: string[];
  /** Where the images are; absent where no registry could be started. */
  registry: string | undefined;
}

/**
 * Has a version of this package deploy one of everything; images only where `registryObstacle` names
 * none.
 *
 * @param from the folder of that version, built.
 */
export async function deployAll(from: string): Promise<Deployed> {
  const dir = mkdtempSync(join(tmpdir(), "astro-recorded-"));
  const withImages = registryObstacle() === undefined;
  const registry = withImages ? await Registry.start("cli", token) : undefined;
  const emulator = await startEmulator({
    dir,
    token,
    ...(registry && { registry: registry.address }),
    deployments: Object.values(deployment).map((id) => ({ id, name: id })),
  });
  const stack = await Stack.create({ files, env: { ...emulator.env }, package: from });
  const dispose = async () => {
    stack.dispose();
    await emulator.close();
    await registry?.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const images = registry ? await writeImages(stack) : [];
    const earlier = emulator.foreignDeploy(deployment.back).id;
    emulator.advance(2000);
    emulator.foreignDeploy(deployment.back);
    const all = { ...declaredWithoutImages(earlier), ...(registry && declaredImages) };
    const declare = (declared: Declared) => {
      stack.write("declared.json", JSON.stringify(declared, null, 2));
    };
    declare(all);
    await stack.must("up", "--yes", "--skip-preview");
    // Creation times are told in whole seconds.
    emulator.advance(2000);
    emulator.foreignDeploy(deployment.held);
    await stack.must("refresh", "--yes", "--skip-preview");
    emulator.fail({ operation: "FinalizeDeploy", how: { status: 403 } });
    const unfinished = { deploymentId: deployment.unfinished, type: "DAG_ONLY", dags: "./other" };
    declare({ ...all, unfinished });
    const failed = await stack.up();
    if (failed.code === 0) throw new Error("the deploy that was to fail did not");
    const parts = [...Object.keys(files), "Pulumi.yaml", "package.json", "declared.json"];
    return {
      emulator,
      stack,
      dir,
      dispose,
      parts: [...parts, ...images],
      registry: registry?.address,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/**
 * Has a version of this package write a state, and keeps it with all that it takes to go on from
 * there: the program, and the local Astro that it was deployed to.
 */
export async function recordState(name: string, from: string): Promise<void> {
  const obstacle = registryObstacle();
  if (obstacle !== undefined) throw new Error(`A state has images in it, but ${obstacle}.`);
  const deployed = await deployAll(from);
  const { emulator, stack, dir, parts, registry = "" } = deployed;
  const folder = join(states, name);
  const astro = (text: string) => text.replaceAll(registry, "images.astronomer.cloud");
  try {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const { text } = await stack.state();
    writeFileSync(join(folder, "stack.json"), astro(withoutPlaces(text)));
    for (const part of parts) {
      cpSync(stack.path(part), join(folder, "project", part), { recursive: true });
    }
    cpSync(dir, join(folder, "astro"), { recursive: true });
    // Whoever opens it makes up others.
    const world = JSON.parse(readFileSync(join(dir, "state.json"), "utf8")) as object;
    const shown = { ...world, token: undefined, signingKey: undefined };
    writeFileSync(join(folder, "astro", "state.json"), astro(JSON.stringify(shown, null, 2)));
  } finally {
    await deployed.dispose();
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
  const stack = await Stack.create({
    ...options,
    files: {},
    env: { ...emulator.env, ...options.env },
  });
  stack.copy(join(folder, "project"), ".");
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
