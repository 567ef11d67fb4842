import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cliFolder } from "../helpers/engine";
import { blocksOf, isExcerpt, pages, textOf, type Block } from "../helpers/markdown";
import { Project, root } from "../helpers/project";
import { hasPython, pythonEnvironment } from "../helpers/languages";
import { skip } from "../helpers/skip";

const execute = promisify(execFile);

/** What is not checked, and why. */
const unchecked = {
  pages: {
    "docs/api/": "made of the comments in the sources, whose signatures are no programs",
    "sdk/python/": "made of the schema",
    "test/fixtures/": "no guide",
  },
  blocks: {
    text: "what a terminal shows; the tests of the feature assert it",
  },
  yaml: {
    "pulumi.com/v1": "no package has the schema of the Kubernetes operator: compared by hand",
  },
};

const guides = pages.filter(
  (page) => !Object.keys(unchecked.pages).some((start) => page.startsWith(start)),
);
const blocks = guides.flatMap(blocksOf);
const inLanguage = (...languages: string[]) =>
  blocks.filter(({ language }) => languages.includes(language));

/** What the pages take for granted in TypeScript: the imports, and what the text around them speaks of. */
const takenForGranted = `
import type * as sdk from "@pulumi/pulumi";
import type * as astroDeploy from "pulumi-astro-deploy";
import type { Emulator } from "pulumi-astro-deploy/emulator";
declare global {
  const AstroDeploy: typeof astroDeploy.AstroDeploy;
  type AstroDeployArgs = astroDeploy.AstroDeployArgs;
  const getDeploymentOutput: typeof astroDeploy.getDeploymentOutput;
  const gitFromCheckout: typeof astroDeploy.gitFromCheckout;
  const emulator: Emulator;
  const deploymentId: sdk.Output<string>;
  const bucket: { id: sdk.Output<string> };
  const build: { stdout: sdk.Output<string> };
}
`;

/** Packages of others, as far as the pages use them. */
const others = `
// Generated for the user by "pulumi package add".
declare module "@pulumi/astro" {
  export class Deployment {
    constructor(name: string, args: object);
    readonly id: import("@pulumi/pulumi").Output<string>;
  }
}
// Installing it downloads a plugin from elsewhere. Compared by hand with 0.0.22.
declare module "@pulumi/docker-build" {
  export interface ImageArgs {
    context: { location: string };
    platforms: "linux/amd64"[];
    exports: { oci: { dest: string } }[];
    push: boolean;
  }
  export class Image {
    constructor(name: string, args: ImageArgs);
    readonly digest: import("@pulumi/pulumi").Output<string>;
  }
}
`;

/** The same in Python: nothing is asked and nothing created under Pulumi's mocks. */
const pythonRunner = `
import json, sys
import pulumi

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return [f"{args.name}-id", args.inputs]
    def call(self, args):
        return {"git": {"commitSha": "c0ffee"}}

class Bucket:
    id = pulumi.Output.from_input("bucket")

pulumi.runtime.set_mocks(Mocks())
pulumi.runtime.set_config("project:deploymentId", "clv")
for place, text in json.load(sys.stdin):
    # Named arguments are no program by themselves.
    code = text if "import " in text else f"dict({text})"
    exec(compile(code, place, "exec"), {"pulumi": pulumi, "bucket": Bucket})
`;

/** @throws Error with what each of the blocks was told. */
function assertEach(checked: Block[], problemOf: (block: Block) => string | undefined): void {
  assert.ok(checked.length > 0);
  const problems = checked.flatMap((block) => {
    const problem = problemOf(block);
    return problem === undefined ? [] : [`${block.place}: ${problem}`];
  });
  assert.deepEqual(problems, []);
}

describe("the documentation", function () {
  this.timeout(300_000);

  for (const page of pages) {
    it(`links to what is there in ${page}`, () => {
      const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
      const missing = links
        .filter(([, path = "", anchor]) => {
          const target = path === "" ? page : join(dirname(page), path);
          if (!existsSync(join(root, target))) return true;
          return anchor !== undefined && !anchorsOf(target).includes(anchor);
        })
        .map(([link]) => link);
      assert.deepEqual(missing, []);
    });
  }

  it("is listed in the README, each page", () => {
    const readme = textOf("README.md");
    const guide = guides.filter((page) => page.startsWith("docs/") && page !== "docs/decisions.md");
    assert.deepEqual(
      guide.filter((page) => !readme.includes(`](${page})`)),
      [],
    );
  });

  it("shows the quickstart as it is in examples/", () => {
    assert.ok(
      textOf("README.md").includes(`\`\`\`ts\n${textOf("examples/quickstart/index.ts")}\`\`\``),
    );
  });

  it("has blocks in languages that are checked below, or that are listed with a reason", () => {
    const checked = ["ts", "python", "go", "yaml", "sh"];
    assertEach(blocks, ({ language }) =>
      checked.includes(language) || language in unchecked.blocks ? undefined : `"${language}"`,
    );
  });

  it("is right in TypeScript, as the compiler sees it with the packaged types", async () => {
    const program = ({ text }: Block) => {
      const imports = text.includes("import * as pulumi")
        ? ""
        : 'import * as pulumi from "@pulumi/pulumi"; ';
      // Arguments are no program by themselves.
      return /^\w+: /.test(text)
        ? `${imports}export const args: Partial<AstroDeployArgs> = {\n${text}};\n`
        : `${imports}${text}\nexport {};\n`;
    };
    const checked = inLanguage("ts");
    const name = ({ place }: Block) => `${place.replace(/[/:]/g, "_")}.ts`;
    const options = {
      target: "es2022",
      module: "preserve",
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: ["node"],
    };
    const project = new Project(
      {
        ...Object.fromEntries(checked.map((block) => [name(block), program(block)])),
        "takenForGranted.d.ts": takenForGranted,
        "others.d.ts": others,
        "tsconfig.json": JSON.stringify({ compilerOptions: options }),
      },
      ["@types/node"],
    );
    try {
      const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
      const run = execute(process.execPath, [compiler, "--pretty", "false"], {
        cwd: project.folder,
      });
      const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
      assert.equal(stdout, "");
    } finally {
      project.dispose();
    }
  });

  it("is right in Python, as it runs with the SDK under Pulumi's mocks", function () {
    if (!hasPython()) skip(this, "Python 3.10 or newer with venv is missing");
    const { status, stderr } = spawnSync("python", ["-c", pythonRunner], {
      env: { ...process.env, ...pythonEnvironment() },
      input: JSON.stringify(inLanguage("python").map(({ place, text }) => [place, text])),
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  });

  it("shows in Go what is in the example", () => {
    const example = textOf("examples/go/main.go");
    assertEach(inLanguage("go"), ({ text }) =>
      isExcerpt(text, example) ? undefined : "not in examples/go/main.go",
    );
  });

  it("is right in YAML, by the schema of what it is for", async function () {
    if (!hasPython()) skip(this, "Python 3.10 or newer with venv is missing");
    const env = { ...process.env, ...pythonEnvironment() };
    const example = textOf("examples/yaml/Pulumi.yaml");
    const project = new Project({});
    const check = async (schema: string, text: string, ...options: string[]) => {
      project.write("block.yaml", text);
      await execute(
        "check-jsonschema",
        ["--builtin-schema", `vendor.${schema}`, ...options, "block.yaml"],
        { cwd: project.folder, env },
      );
    };
    const yaml = inLanguage("yaml");
    assert.ok(yaml.length > 0);
    try {
      for (const { place, text } of yaml) {
        const has = (key: string) => new RegExp(`^${key}:`, "m").test(text);
        const [, api = ""] = /^apiVersion: (.*)/m.exec(text) ?? [];
        if (api in unchecked.yaml) continue;
        try {
          if (has("jobs")) await check("github-workflows", text);
          else if (has("services")) await check("compose-spec", text);
          else if (has("plugins") || has("config")) await checkPulumiYaml(project, text);
          else if (has("resources")) assert.ok(isExcerpt(text, example), "not in examples/yaml");
          else await check("gitlab-ci", text, "--data-transform", "gitlab-ci");
        } catch (error) {
          const { stdout = "", message } = error as { stdout?: string; message: string };
          assert.fail(`${place}: ${message} ${stdout}`);
        }
      }
    } finally {
      project.dispose();
    }
  });

  it("has shell commands that a shell can parse", () => {
    assertEach(inLanguage("sh"), ({ text }) => {
      const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
      return status === 0 ? undefined : stderr;
    });
  });

  it("names npm scripts, settings and environment variables that exist, in its text too", () => {
    const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
    const sources = execFileSync(
      "git",
      [
        "grep",
        "-hoE",
        "ASTRO_[A-Z_]+|astro:[a-zA-Z]+",
        "--",
        "provider",
        "emulator",
        "examples/*.ts",
      ],
      { cwd: root, encoding: "utf8" },
    ).split("\n");
    const known = new Set(sources);
    const wrong = guides.flatMap((page) => {
      const text = textOf(page);
      const names = text.match(/\bASTRO_[A-Z][A-Z_]+|\bastro:[a-z][a-zA-Z]+(?!\w*:)/g) ?? [];
      const commands = [...text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)];
      return [
        ...names.filter((name) => !known.has(name)),
        ...commands.flatMap(([, name = ""]) => (name in scripts ? [] : [`npm run ${name}`])),
      ].map((name) => `${page}: ${name}`);
    });
    assert.deepEqual(wrong, []);
  });

  it("has commands and options that pulumi and astro-emulator know", async () => {
    const commands = inLanguage("sh").flatMap(({ place, text }) =>
      commandsIn(text).map((words) => ({ place, words })),
    );
    const helps = new Map<string, Promise<string>>();
    const problems = commands.map(async ({ place, words }) => {
      const help = helpFor(words);
      if (!help) return [];
      const key = help.join(" ");
      if (!helps.has(key)) helps.set(key, helpText(help));
      const problem = problemWith(words, (await helps.get(key)) ?? "");
      return problem === undefined ? [] : [`${place}: ${words.join(" ")}: ${problem}`];
    });
    assert.ok(helps.size > 5, String(helps.size));
    assert.deepEqual((await Promise.all(problems)).flat(), []);
  });
});

/** As the sites that show Markdown make them of headings: the second of a name ends in `-1`. */
function anchorsOf(page: string): string[] {
  const text = textOf(page);
  const headings = text.replace(/^```[^]*?^```/gm, "").matchAll(/^#+ (.*)$/gm);
  const slugs = [...headings].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[^\w\- ]/g, "")
      .replace(/ /g, "-"),
  );
  return [
    ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id),
    ...slugs.map((slug, index) => {
      const before = slugs.slice(0, index).filter((other) => other === slug).length;
      return before > 0 ? `${slug}-${before}` : slug;
    }),
  ];
}

/** The engine itself reads it. */
async function checkPulumiYaml(project: Project, text: string): Promise<void> {
  project.write("Pulumi.yaml", `name: project\nruntime: nodejs\n${text}`);
  await execute(join(cliFolder(), "pulumi"), ["stack", "ls", "--non-interactive"], {
    cwd: project.folder,
    env: {
      ...project.environment(),
      PULUMI_BACKEND_URL: `file://${project.folder}`,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
  });
}

/** The commands of pulumi and of the emulator in a shell's lines, as words. */
function commandsIn(text: string): string[][] {
  return text
    .replace(/\\\n/g, " ")
    .replace(/^(.*?)\s+#.*$/gm, "$1")
    .split(/\n|&&|\|\||;|\||\$\(| -- /)
    .map((command) => command.trim().split(/\s+/))
    .filter(([first, second]) => first === "pulumi" || second === "astro-emulator");
}

/** What to run for the help on a command. */
function helpFor(words: string[]): string[] | undefined {
  const end = words.findIndex((word) => !/^[a-z-]+$/.test(word) || word.startsWith("-"));
  const names = words.slice(0, end < 0 ? undefined : end);
  return words[0] === "npx" ? ["astro-emulator"] : names;
}

async function helpText([program, ...names]: string[]): Promise<string> {
  const emulator = [process.execPath, join(root, "dist", "emulator", "cli.js")];
  const command = program === "pulumi" ? [join(cliFolder(), "pulumi"), ...names] : emulator;
  const [file, ...args] = [...command, "--help"];
  const run = execute(file, args, { env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } });
  // An unknown command of the first level has none, but an error.
  const { stdout, stderr } = await run.catch((error: unknown) => error as Record<string, string>);
  return `${stdout}${stderr}`;
}

function problemWith(words: string[], help: string): string | undefined {
  if (help.startsWith("error:")) return help.split("\n", 1)[0];
  const options = words.flatMap((word) => /^(--[a-z-]+)/.exec(word)?.[1] ?? []);
  const option = options.find((name) => !new RegExp(`${name}\\b`).test(help));
  if (option !== undefined) return `there is no ${option}`;
  if (words[0] !== "pulumi") return undefined;
  // The help on a command that does not exist is that of the one above.
  const usage = /^Usage:\n\s+(.*)$/m.exec(help)?.[1]?.split(" ") ?? [];
  const known = usage.filter((word) => /^[a-z]/.test(word));
  const next = words[known.length];
  return help.includes("Available Commands:") && next !== undefined && !next.startsWith("-")
    ? `there is no ${next}`
    : undefined;
}
