// Makes the pictures in docs/pictures of what `pulumi` shows, from real runs against a local Astro.
// `npm run pictures -- --check` fails if they no longer show what it does.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentFor } from "./localStack.mjs";
import { svgOf } from "./pictures/svg.mjs";
import { screenOf } from "./pictures/terminal.mjs";
import { start } from "./run.mjs";
import { root, setup } from "./setup.mjs";

const columns = 124;
const folder = mkdtempSync(join(tmpdir(), "astro-pictures-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const project = join(folder, "etl");

const program = `const { AstroDeploy } = require("pulumi-astro-deploy");
const etl = new AstroDeploy("etl", {
  deploymentId: process.env.DEPLOYMENT,
  type: "DAG_ONLY",
  dags: "./dags",
});
exports.deployId = etl.id;
exports.status = etl.status;
`;

function writeProject() {
  const write = (name, text) => writeFileSync(join(project, name), text);
  mkdirSync(join(project, "dags"), { recursive: true });
  mkdirSync(join(project, "node_modules", "@pulumi"), { recursive: true });
  symlinkSync(root, join(project, "node_modules", "pulumi-astro-deploy"));
  const sdk = join("node_modules", "@pulumi", "pulumi");
  symlinkSync(join(root, sdk), join(project, sdk));
  write("Pulumi.yaml", "name: etl\nruntime: nodejs\nmain: index.js\n");
  write("package.json", "{}");
  write("index.js", program);
  for (const name of ["load", "clean", "report"]) write(`dags/${name}.py`, `NAME = "${name}"\n`);
}

/** Runs `pulumi` in a terminal of its own; `script` of util-linux makes one. */
function inTerminal(env, args) {
  const shell = `stty cols ${columns} rows 200; exec pulumi ${args.join(" ")}`;
  const child = start("script", ["-qec", shell, "/dev/null"], {
    cwd: project,
    env: { ...env, TERM: "xterm-256color" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}

/** What differs from run to run: ids, times, and how long something took. */
const comparable = (svg) =>
  svg
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\bc[a-z0-9]{24}\b/g, "ID")
    .replaceAll(/\(?\d+(\.\d+)?s\)? */g, "TIME")
    .replaceAll(/\s+/g, " ");

/** In Astro's form. */
const refusal = {
  message: "The token's role does not allow this",
  requestId: "clx0f3l5b000008jv6q2c9h1d",
  statusCode: 403,
};

async function scenes(emulator, env) {
  const [{ id }] = emulator.deployments;
  env.DEPLOYMENT = id;
  const show = async (...commands) => {
    const lines = [];
    for (const args of commands) {
      const prompt = `\x1b[1m$ pulumi ${args.join(" ")}\x1b[0m\r\n`;
      if (lines.length > 0) lines.push([]);
      lines.push(...(await screenOf(prompt + (await inTerminal(env, args)), columns)));
    }
    return lines.filter((line) => !line.some(({ text }) => /pulumi stack rm|--help/.test(text)));
  };
  const up = ["up", "--yes", "--skip-preview"];
  await inTerminal(env, ["stack", "init", "prod"]);
  const pictures = {};
  pictures.up = ["The first pulumi up: the deploy is created and DEPLOYED", await show(up)];
  appendFileSync(join(project, "dags", "clean.py"), "RATE = 2\n");
  writeFileSync(join(project, "dags", "audit.py"), 'NAME = "audit"\n');
  pictures.preview = ["A preview that names the DAG files that changed", await show(["preview"])];
  const heal = emulator.fail({
    operation: "FinalizeDeploy",
    how: { status: 403, body: refusal },
    times: Infinity,
  });
  const failed = await show(up);
  heal();
  const resumed = await show(up);
  pictures.resume = [
    "A pulumi up that fails after the upload, and the next one that resumes the same deploy",
    [...failed, [], ...resumed],
  ];
  return pictures;
}

try {
  const isCheck = process.argv.includes("--check");
  const cli = await setup();
  const { startEmulator } = await import("../dist/emulator/index.js");
  const emulator = await startEmulator({ processingMs: 300 });
  try {
    writeProject();
    const pictures = await scenes(emulator, environmentFor(emulator, cli, folder));
    const stale = [];
    for (const [name, [title, lines]] of Object.entries(pictures)) {
      const file = join(root, "docs", "pictures", `${name}.svg`);
      const svg = svgOf(lines, columns, title);
      if (!isCheck) writeFileSync(file, svg);
      else if (comparable(svg) !== comparable(readFileSync(file, "utf8"))) {
        stale.push(name);
        console.error(
          `${name} is now:\n${lines.map((runs) => runs.map(({ text }) => text).join("")).join("\n")}`,
        );
      }
    }
    if (stale.length > 0)
      throw new Error(`docs/pictures: ${stale} out of date; run npm run pictures.`);
  } finally {
    await emulator.close();
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
