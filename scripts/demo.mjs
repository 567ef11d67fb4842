// A real `pulumi up` of a real folder of DAGs, against a local Astro. Leaves nothing behind.
// `npm run demo -- python` shows the program in Python, on the provider plugin.
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { environmentFor } from "./localStack.mjs";
import { installHost } from "./pulumi-cli/hosts.mjs";
import { hasPython, virtualEnvironment } from "./python.mjs";
import { start, throwIfInterrupted } from "./run.mjs";
import { root, setup } from "./setup.mjs";

const temporary = mkdtempSync(join(tmpdir(), "astro-demo-"));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));

/** The programs to show, by language: each copies what it needs and says where it runs. */
const programs = {
  typescript: () => {
    const dags = join(temporary, "dags");
    cpSync(join(root, "examples", "quickstart", "dags"), dags, { recursive: true });
    // The demo's stack configuration must not be in the checkout.
    copyFileSync(join(root, "Pulumi.yaml"), join(temporary, "Pulumi.yaml"));
    const options = [`--config-file=${join(temporary, "Pulumi.demo.yaml")}`];
    return { folder: root, project: temporary, options, dags, env: {} };
  },
  python: async (cli) => {
    if (!hasPython()) throw new Error("The demo needs Python 3.10 or newer, with venv.");
    await installHost(cli, "python");
    const virtualenv = await virtualEnvironment();
    const folder = join(temporary, "python");
    cpSync(join(root, "examples", "python"), folder, { recursive: true });
    // In place of one in the project's folder.
    writeFileSync(join(folder, "Pulumi.yaml"), "name: astro-python\nruntime: python\n");
    const env = {
      VIRTUAL_ENV: virtualenv,
      PATH: [cli, join(virtualenv, "bin"), process.env.PATH].join(delimiter),
    };
    const plugin = join(root, "dist", "plugin");
    return { folder, project: folder, options: [], dags: join(folder, "dags"), env, plugin };
  },
};

async function demo(language) {
  const prepareProgram = programs[language];
  if (!prepareProgram) throw new Error(`There is a demo for ${Object.keys(programs).join(", ")}.`);
  const cli = await setup();
  const program = await prepareProgram(cli);
  const { startEmulator } = await import("../dist/emulator/index.js");
  const emulator = await startEmulator({ processingMs: 1500 });
  const [deployment] = emulator.deployments;
  const env = {
    ...environmentFor(emulator, cli, temporary),
    // `npm run typecheck` checks the program's types; here that would double the time of each step.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    ...program.env,
  };
  const pulumi = async (args, cwd, show) => {
    const command = [join(cli, "pulumi"), ...args, "--non-interactive"];
    const { code, text } = await run(command, { cwd, env, show });
    throwIfInterrupted();
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed${show ? "" : `:\n${text}`}`);
    return text;
  };
  const prepare = (...args) => pulumi(args, program.project, false);
  const announce = (title, args) => say(`${title}\n$ pulumi ${args.join(" ")}`);
  const step = (title, ...args) => {
    announce(title, args);
    return pulumi([...args, "--stack=demo", ...program.options], program.folder, true);
  };

  try {
    say(`A local Astro answers at ${emulator.url}.`);
    await prepare("stack", "init", "demo");
    await prepare("config", "set", "deploymentId", deployment.id);
    await prepare("config", "set", "dags", program.dags);
    if (program.plugin) {
      const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      const install = ["plugin", "install", "resource", "astro", version];
      await prepare(...install, `--file=${program.plugin}`);
    }

    await step("1. Deploy the folder.", "up", "--yes", "--skip-preview");
    const changedFile = readdirSync(program.dags).findLast((name) => name.endsWith(".py"));
    appendFileSync(join(program.dags, changedFile), "\n# Changed by the demo.\n");
    const preview = await step("2. A DAG changed: what would happen?", "preview", "--diff");
    verify(preview.includes("(replace)"), "the preview does not say replace");
    await step("3. Deploy the change.", "up", "--yes", "--skip-preview");
    const third = await step("4. Nothing changed: again.", "up", "--yes", "--skip-preview");
    verify(third.includes("2 unchanged"), "the third run changed something");
    announce("5. What runs now?", ["stack", "output"]);
    const outputs = await pulumi(["stack", "output"], program.project, true);
    verify(/status +DEPLOYED/.test(outputs), "the status is not DEPLOYED");
    const deploys = emulator.deploys(deployment.id);
    verify(deploys.length === 2, `Astro has ${deploys.length} deploys and not 2`);
    await step("6. Clean up.", "destroy", "--yes", "--skip-preview");

    say("DEPLOYED: three runs of `pulumi up`, two deploys, the second for the DAG that changed.");
  } finally {
    await emulator.close();
  }
}

function say(text) {
  console.log(process.stdout.isTTY ? `\n\x1b[1m${text}\x1b[0m` : `\n${text}`);
}

function verify(holds, problem) {
  if (!holds) throw new Error(`The demo failed: ${problem}.`);
}

function run([program, ...args], { cwd, env, show }) {
  return new Promise((resolve, reject) => {
    const child = start(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
        if (show) process.stdout.write(chunk);
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, text }));
  });
}

try {
  await demo(process.argv[2] ?? "typescript");
} catch (error) {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
