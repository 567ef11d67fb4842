import { startEmulator, type Emulator, type EmulatorOptions } from "../../emulator";
import { Stack, type StackOptions } from "./engine";

/** A program that declares the AstroDeploys of `declared.json`, and exports some of their outputs. */
export const program = `
const { AstroDeploy } = require("pulumi-astro-deploy");
for (const [name, { opts, ...args }] of Object.entries(require("./declared.json"))) {
  const { id, status, statusReason, supersededBy, rollbackFromId, imageDigest, dagTarballVersion } = new AstroDeploy(name, args, opts);
  module.exports[name] = { id, status, statusReason, supersededBy, rollbackFromId, imageDigest, dagTarballVersion };
}
`;

/** A project in JavaScript that has the plugin from the package, as the documentation says. */
export const pluginProject = `name: project
runtime: { name: nodejs, options: { typescript: false } }
main: index.js
plugins:
  providers:
    - name: astro
      path: node_modules/pulumi-astro-deploy/dist/plugin
`;

/** For the argument `git`, in either API version. */
export const commit = {
  provider: "GITHUB",
  account: "acme",
  repo: "etl",
  branch: "main",
  commitSha: "c0ffee",
  commitUrl: "https://github.com/acme/etl/commit/c0ffee",
};

/** The arguments of a dbt project in the folder `shop`, at its usual place. */
export const shop = {
  type: "BUNDLE",
  bundle: "./shop",
  bundleType: "dbt",
  bundleMountPath: "/usr/local/airflow/dbt/shop",
};

/** The arguments of AstroDeploys by name; `opts` among them are the resource's options. */
export type Declared = Record<string, Record<string, unknown>>;

/** An emulated Astro, and a stack of a program whose resources a test declares as data. */
export interface Scene {
  emulator: Emulator;
  stack: Stack;
  /** The first Deployment. */
  deploymentId: string;
  declare(declared: Declared): void;
  /** The deploys of the first Deployment. */
  deploys(): ReturnType<Emulator["deploys"]>;
  /** The names of the operations that Astro was asked for, since the last time. */
  operations(): string[];
  dispose(): Promise<void>;
}

export async function setScene(
  options: {
    emulator?: EmulatorOptions;
    files?: Record<string, string>;
    stack?: Partial<StackOptions>;
  } = {},
): Promise<Scene> {
  const emulator = await startEmulator(options.emulator);
  const deploymentId = emulator.deployments[0]?.id ?? "";
  const stack = await Stack.create({
    ...options.stack,
    files: { "index.js": program, "declared.json": "{}", ...options.files },
    env: { ...emulator.env, ...options.stack?.env },
  });
  return {
    emulator,
    stack,
    deploymentId,
    declare: (declared) => {
      stack.write("declared.json", JSON.stringify(declared));
    },
    deploys: () => emulator.deploys(deploymentId),
    operations: () => emulator.requests.splice(0).map(({ operation }) => operation),
    dispose: async () => {
      stack.dispose();
      await emulator.close();
    },
  };
}
