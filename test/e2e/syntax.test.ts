import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setScene, type Scene } from "../helpers/declared";
import type { Run } from "../helpers/engine";
import { skip } from "../helpers/skip";

const parser = "@astral-sh/ruff-wasm-nodejs";

/** What Python cannot parse, with where and why. */
const bad = {
  "bracket.py": ["a = (1,\n", "line 2, column 1: unexpected EOF while parsing"],
  "indent.py": [
    "def f():\n    a = 1\n  return a\n",
    "line 3, column 1: unindent does not match any outer indentation level",
  ],
  "lib/python2.py": [
    'print "x"\n',
    "line 1, column 7: Simple statements must be separated by newlines or semicolons",
  ],
  "return.py": ["return 1\n", "line 1, column 1: `return` statement outside of a function/method"],
} as const;

const good = {
  "empty.py": "",
  "newest.py": "type A = int\ntry:\n    pass\nexcept* OSError:\n    pass\nb = f\"{'c'}\"\n",
  "oldest.py": "def f(a, *, b=1):\n    return a if b else None\n",
  "sql.py": 'a = """\n{% if b %}\nselect 1\n"""\n',
  "notes.md": 'print "x"\n',
};

const ignored = {
  ".airflowignore": "# as in Airflow 2\n^old_.*\n# as in Airflow 3\nvendor/**\n",
  "old_dag.py": 'print "x"\n',
  "vendor/a/b.py": 'print "x"\n',
  "team/.airflowignore": "drafts\n",
  "team/drafts/a.py": 'print "x"\n',
  "excluded.py": 'print "x"\n',
  "template.py": "a = 1\n{% for b in c %}\n{{ b }} = 1\n{% endfor %}\n",
};

const below = (folder: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

/** What a run says of files, without what the display puts before it; once for each time. */
function toldOf({ all }: Run): string[] {
  const lines = all.split("\n").map((line) => line.trim());
  return lines.filter((line) => /\.py, line \d+, column \d+: |^and \d+ more$/.test(line));
}

describe("the check of the syntax, through the real engine", () => {
  let scene: Scene;
  const declare = (args: object = {}) => {
    const [one, other] = scene.emulator.deployments;
    const dags = { type: "DAG_ONLY", dags: "./dags", exclude: ["excluded.py"], ...args };
    scene.declare({
      etl: { deploymentId: one?.id, ...dags },
      copy: { deploymentId: other?.id, ...dags },
    });
  };

  before(async () => {
    scene = await setScene({
      files: below("dags", {
        ...good,
        ...ignored,
        ...Object.fromEntries(Object.entries(bad).map(([name, [text]]) => [name, text])),
      }),
      emulator: { deployments: [{}, {}] },
      stack: { packages: [parser], env: { CI: "true" } },
    });
    writeFileSync(
      scene.stack.path("dags/latin.py"),
      Buffer.from('# coding: latin-1\na = "\xe9"\n', "latin1"),
    );
    writeFileSync(scene.stack.path("dags/mixed.py"), Buffer.from('a = 1\nb = "\xe9"\n', "latin1"));
  });
  after(() => scene.dispose());

  const expected = [
    ...Object.entries(bad).map(([name, [, where]]) => `${name}, ${where}`),
    "mixed.py, line 2, column 6: it is not UTF-8, and declares no other encoding",
  ].sort();

  it("refuses what no Python can parse, in the preview and without one, and sends nothing", async () => {
    declare({ checkSyntax: "error" });
    for (const run of [await scene.stack.preview(), await scene.stack.up()]) {
      assert.notEqual(run.code, 0);
      assert.match(run.all, /has a problem: dags: Python cannot parse 5 files:/);
      assert.deepEqual([...new Set(toldOf(run))].sort(), expected, run.all);
    }
    assert.deepEqual(scene.operations(), []);
  });

  it("is off if the program wants it so", async () => {
    declare({ checkSyntax: "off" });
    const run = await scene.stack.preview();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(toldOf(run), []);
  });

  it("warns if the program does not say, once for a folder, and deploys", async () => {
    declare();
    for (const run of [await scene.stack.preview(), await scene.stack.up()]) {
      assert.equal(run.code, 0, run.all);
      assert.deepEqual([...new Set(toldOf(run))].sort(), expected, run.all);
      const warnings = run.all.match(/warning: (etl|copy): dags: Python cannot parse 5 files:/g);
      // The engine shows a message while it runs, and once more at the end.
      assert.equal(new Set(warnings).size, 1, run.all);
      assert.ok((warnings?.length ?? 0) <= 2, run.all);
    }
    assert.equal(scene.deploys().at(-1)?.status, "DEPLOYED");
  });

  it("causes no deploy, whatever the program says", async () => {
    declare({ checkSyntax: "off" });
    assert.deepEqual((await scene.stack.up()).steps, { etl: "same", copy: "same" });
  });

  it("takes a thousand files of Python's own library", async function () {
    const list = `
import json, os, sysconfig
found = []
for folder, _, names in os.walk(sysconfig.get_paths()["stdlib"]):
    for name in sorted(names):
        path = os.path.join(folder, name)
        if "site-packages" in path or not name.endswith(".py"): continue
        try: compile(open(path, "rb").read(), path, "exec")
        except (SyntaxError, ValueError): continue
        found.append(path)
print(json.dumps(found[:1000]))
`;
    if (spawnSync("python3", ["--version"]).status !== 0) skip(this, "python3 is not installed");
    const python = ["-W", "ignore", "-c", list];
    const files = JSON.parse(execFileSync("python3", python, { encoding: "utf8" })) as string[];
    if (files.length < 1000) skip(this, "python3 has no library of 1,000 files");
    for (const [at, file] of files.entries()) {
      scene.stack.copy(file, `library/${at % 20}/${at}.py`);
    }
    declare({ dags: "./library", checkSyntax: "error" });
    const run = await scene.stack.preview();
    assert.equal(run.code, 0, run.all);
  });
});

/** A parser that keeps a list of what it was given, and finds fault with one word. */
const standIn = `
const fs = require("node:fs");
exports.PositionEncoding = { Utf32: 2 };
exports.Workspace = class {
  check(text) {
    fs.appendFileSync(__dirname + "/parsed.txt", text);
    if (text.includes("CRASH")) process.exit(3);
    if (text.includes("THROW")) throw new Error("no such thing");
    return text.includes("BAD") ? [{ message: "bad", start_location: { row: 1, column: 2 } }] : [];
  }
};
`;

describe("the parser of the check of the syntax, through the real engine", () => {
  let scene: Scene;
  const install = (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      scene.stack.write(`node_modules/${parser}/${name}`, text);
    }
  };
  const parsed = () => {
    const file = scene.stack.path("node_modules", parser, "parsed.txt");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    rmSync(file, { force: true });
    return text.split("\n").filter(Boolean).sort();
  };
  const declare = (args: object = {}) => {
    const [one, other] = scene.emulator.deployments;
    const dags = { type: "DAG_ONLY", dags: "./dags", ...args };
    scene.declare({
      etl: { deploymentId: one?.id, ...dags },
      copy: { deploymentId: other?.id, ...dags },
    });
  };

  beforeEach(async () => {
    scene = await setScene({
      files: { "dags/a.py": "a\n", "dags/b.py": "b\n" },
      emulator: { deployments: [{}, {}] },
      stack: { env: { CI: "true" } },
    });
    declare();
  });
  afterEach(() => scene.dispose());

  const installed = {
    "package.json": JSON.stringify({ name: parser, version: "1.0.0", main: "index.js" }),
    "index.js": standIn,
  };

  it("is needed only by a program that asks for the check", async () => {
    assert.equal((await scene.stack.preview()).code, 0);
    for (const checkSyntax of ["warn", "error"]) {
      declare({ checkSyntax });
      const run = await scene.stack.preview();
      assert.notEqual(run.code, 0);
      assert.match(run.all, /checkSyntax: needs the package @astral-sh\/ruff-wasm-nodejs, which/);
    }
  });

  it("is given what is not known to be good, once for all Deployments", async () => {
    install(installed);
    await scene.stack.preview();
    assert.deepEqual(parsed(), ["a", "b"]);
    await scene.stack.preview();
    assert.deepEqual(parsed(), []);
    scene.stack.write("dags/b.py", "BAD\n");
    for (let run = 0; run < 2; run++) {
      const { all } = await scene.stack.up();
      assert.deepEqual([...new Set(toldOf({ all } as Run))], ["b.py, line 1, column 2: bad"]);
      assert.deepEqual(parsed(), ["BAD"]);
    }
    // Another version may see what this one did not.
    install({ "package.json": installed["package.json"].replace("1.0.0", "1.0.1") });
    await scene.stack.preview();
    assert.deepEqual(parsed(), ["BAD", "a"]);
  });

  it("finds fault with what the program makes, and neither tells nor keeps anything of it", async () => {
    install(installed);
    declare({ dags: { "made.py": "BAD\n", "good.py": "a text\n" } });
    for (let run = 0; run < 2; run++) {
      const { all } = await scene.stack.preview();
      assert.deepEqual(
        [...new Set(toldOf({ all } as Run))],
        ["made.py, line 1, column 2: invalid syntax"],
      );
      assert.deepEqual(parsed(), ["BAD", "a text"]);
    }
  });

  for (const [word, reason] of Object.entries({
    CRASH: "the parser ended with exit code 3.",
    THROW: "the parser failed: Error: no such thing.",
  })) {
    it(`that fails is told, and fails what insists on the check: ${word}`, async () => {
      install(installed);
      scene.stack.write("dags/b.py", `${word}\n`);
      const told = `dags: the syntax of the DAG files was not checked: ${reason}`;
      const warned = await scene.stack.preview();
      assert.equal(warned.code, 0, warned.all);
      assert.ok(warned.all.includes(`: ${told}`), warned.all);
      declare({ checkSyntax: "error" });
      const refused = await scene.stack.preview();
      assert.notEqual(refused.code, 0);
      assert.ok(refused.all.includes(`has a problem: ${told}`), refused.all);
    });
  }

  it("works without a home that can be written to", async () => {
    install(installed);
    scene.stack.write(".home/astro-deploy", "a file in the place of the folder");
    for (let run = 0; run < 2; run++) {
      assert.equal((await scene.stack.preview()).code, 0);
      assert.deepEqual(parsed(), ["a", "b"]);
    }
  });
});
