import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { root, Stack } from "../helpers/engine";
import { assertNowhere, filesBelow } from "../helpers/leaks";
import { skip } from "../helpers/skip";

const npm = (cwd: string, ...args: string[]) =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** How secrets look, and what only one machine has. */
const suspicious = {
  "a token in three parts": /\beyJ[\w-]{10,}\.[\w-]+\./,
  "a service's token": /\b(npm_|gh[opsu]_|github_pat_|pul-|xox[abp]-|AKIA)\w{16,}/,
  "a credential of a request": /\b(Bearer|Basic) [\w.~+/-]{20,}/,
  "a URL that is signed": /[?&]sig(nature)?=[\w%+/-]{16,}/i,
  "a URL with a password": /:\/\/[^\s/:@"'`{]+:[^\s/:@"'`{]+@/,
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY/,
  "a setting of npm's": /_auth(Token)?\b|"_?resolved"/,
  "a path of a machine": /(?<![\w.-])\/(home|root|Users|private|tmp)\/\w|\b[A-Z]:\\\w/,
};

/** The oldest SDK that passes the stack's configuration to a dynamic provider. */
const floor = "3.141.0";

const program = (imports: string) => `${imports}
const etl = new AstroDeploy("etl", {
  deploymentId: process.env.DEPLOYMENT ?? "",
  type: "DAG_ONLY",
  dags: "./dags",
});
`;

describe("the package as it is published", function () {
  this.timeout(600_000);
  let folder: string;
  let tarball: string;
  let emulator: Emulator;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "astro-pack-"));
    // Setup has built it; to build it again would pull it from under other tests.
    npm(root, "pack", "--silent", "--ignore-scripts", `--pack-destination=${folder}`);
    tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true });
  });

  it("holds the compiled sources with their types and the documentation, and nothing else", () => {
    const list = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    const others = list.filter(
      (name) => !/^package\/dist\/(provider|emulator)\/.*\.(js|d\.ts)$/.test(name),
    );
    const bundles = ["plugin", "runtime"].flatMap((name) =>
      readdirSync(join(root, "dist", name)).map((file) => `package/dist/${name}/${file}`),
    );
    assert.deepEqual(
      others.sort(),
      [
        ...["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"].map(
          (name) => `package/${name}`,
        ),
        ...["docs", "docs/api", "docs/pictures"].flatMap((folder) =>
          readdirSync(join(root, folder))
            // The reasons of the code are in its repository.
            .filter((name) => /\.(md|svg)$/.test(name) && name !== "decisions.md")
            .map((name) => `package/${folder}/${name}`),
        ),
        ...readdirSync(join(root, "emulator", "page")).map(
          (name) => `package/emulator/page/${name}`,
        ),
        ...bundles,
      ].sort(),
    );
    // What every project that installs it downloads, in bytes.
    assert.ok(statSync(tarball).size < 750_000, `${statSync(tarball).size} bytes`);
    // What only the bundles need is in them, and not beside them once more.
    const modules = list.filter((name) => /^package\/dist\/provider\/.*\.js$/.test(name));
    assert.ok(modules.length < 8, `${modules.length} modules: ${modules.join(", ")}`);
    for (const entry of [
      "provider/index.js",
      "provider/plugin.js",
      "runtime/index.js",
      "runtime/THIRD-PARTY-LICENSES",
      "plugin/pulumi-resource-astro",
      "plugin/THIRD-PARTY-LICENSES",
      "emulator/index.js",
      "emulator/cli.js",
    ]) {
      assert.ok(list.includes(`package/dist/${entry}`), entry);
    }
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    // What npm would run on the machine that installs it.
    assert.deepEqual(
      Object.keys(scripts).filter((name) => /install$|^prepare/.test(name)),
      [],
    );
  });

  it("resolves, with its types, in every kind of project, as publint and are-the-types-wrong see it", () => {
    const lint = (name: string, ...args: string[]) =>
      execFileSync(process.execPath, [join(root, "node_modules", ...name.split("/")), ...args], {
        stdio: "pipe",
      });
    lint("publint/src/cli.js", "run", "--strict", tarball);
    // Programs do not import what the stub loads.
    lint("@arethetypeswrong/cli/dist/index.js", tarball, "--exclude-entrypoints", "runtime");
  });

  it("holds nothing of the machine that packed it, and nothing that looks like a secret", () => {
    const unpacked = join(folder, "unpacked");
    mkdirSync(unpacked);
    execFileSync("tar", ["xzf", tarball, "-C", unpacked]);
    const files = filesBelow(unpacked);
    assert.ok(files.length > 50);
    for (const [what, pattern] of Object.entries(suspicious)) {
      for (const [name, text] of files) assert.doesNotMatch(text, pattern, `${name}: ${what}`);
    }
    const registry = new URL(npm(root, "config", "get", "registry").trim()).host;
    const secrets = Object.entries(process.env).flatMap(([name, value = ""]) =>
      /TOKEN|SECRET|PASSWORD|API_?KEY/i.test(name) && value.length >= 12 ? [value] : [],
    );
    assertNowhere([root, homedir(), tmpdir(), registry, "registry.npmjs.org", ...secrets], files);
  });

  /** A project with real installations, and no link to this checkout. */
  async function stranger(
    files: Record<string, string>,
    main: string,
    sdk: string,
  ): Promise<Stack> {
    const stack = await Stack.create({
      files: { ...files, "dags/a.py": "a = 1\n" },
      main,
      env: { ...emulator.env, DEPLOYMENT: emulator.deployments[0]?.id ?? "" },
    });
    rmSync(stack.path("node_modules"), { recursive: true });
    const packages = [
      tarball,
      `@pulumi/pulumi@${sdk}`,
      "typescript@5.9",
      "@types/node@20",
      "ts-node@10.9",
    ];
    npm(stack.folder, "install", "--no-audit", "--no-fund", "--silent", ...packages);
    return stack;
  }

  async function deploys(
    test: Mocha.Context,
    make: () => Promise<Stack>,
    check?: (stack: Stack) => void,
  ): Promise<void> {
    let stack: Stack;
    try {
      stack = await make();
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      if (/E(NOTFOUND|AI_AGAIN|CONNREFUSED|TIMEDOUT)/.test(stderr ?? "")) {
        skip(test, "the npm registry cannot be reached");
      }
      throw error;
    }
    try {
      check?.(stack);
      const run = await stack.up();
      assert.equal(run.code, 0, run.all);
      assert.equal(emulator.deploys(emulator.deployments[0]?.id ?? "").at(-1)?.status, "DEPLOYED");
      assert.deepEqual((await stack.up()).steps, { etl: "same" });
    } finally {
      stack.dispose();
    }
  }

  it(`deploys from a stranger's TypeScript project with the oldest SDK, ${floor}, in every module resolution`, async function () {
    const files = {
      "index.ts": `${program('import { AstroDeploy } from "pulumi-astro-deploy";')}export const status = etl.status;\n`,
      "others.ts": `
import { AstroDeploy, DeployType, getDeploys, gitFromCheckout, type AstroDeployArgs } from "pulumi-astro-deploy";
import { startEmulator } from "pulumi-astro-deploy/emulator";
const description = process.env.DESCRIPTION;
const args: AstroDeployArgs = { deploymentId: "d", type: "DAG_ONLY", description };
void [new AstroDeploy("etl", { ...args, git: gitFromCheckout("./dags") }), getDeploys, startEmulator];
// @ts-expect-error -- a bundle has a mount path
new AstroDeploy("docs", { deploymentId: "d", type: DeployType.Bundle, bundleType: "docs" });
`,
    };
    await deploys(
      this,
      () => stranger(files, "index.ts", floor),
      (stack) => {
        const check = (module: string, resolution: string) =>
          npm(
            stack.folder,
            ...[
              "exec",
              "--no",
              "--",
              "tsc",
              "--noEmit",
              "--strict",
              "--exactOptionalPropertyTypes",
              "--types",
              "node",
            ],
            ...[
              "--target",
              "es2022",
              "--module",
              module,
              "--moduleResolution",
              resolution,
              "index.ts",
              "others.ts",
            ],
          );
        check("commonjs", "node10");
        check("node16", "node16");
        check("preserve", "bundler");
      },
    );
  });

  it("deploys from an ECMAScript module", async function () {
    const files = {
      "package.json": JSON.stringify({ name: "project", type: "module", main: "index.js" }),
      "index.js": program('import { AstroDeploy, DeployType } from "pulumi-astro-deploy";').replace(
        '"DAG_ONLY"',
        "DeployType.DagOnly",
      ),
    };
    await deploys(this, () => stranger(files, "index.js", "3.248.0"));
  });
});
