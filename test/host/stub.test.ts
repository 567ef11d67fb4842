import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serializedStub } from "../helpers/providerHost";
import { Project, root } from "../helpers/project";

/** The text is in every state twice for each resource: 2.1 kB are seven methods in the SDK's wrapping. */
const mostBytes = 3000;

describe("the text that every state holds", () => {
  let text: string;
  before(() => {
    text = serializedStub();
  });

  it("is small, and the same every time", () => {
    assert.ok(text.length <= mostBytes, `${text.length} bytes`);
    assert.equal(serializedStub(), text);
  });

  it("loads this package by name and nothing else", () => {
    const loaded = [...text.matchAll(/require\("([^"]*)"\)/g)].map(([, name]) => name);
    assert.deepEqual(loaded, ["module"]);
    assert.match(
      text,
      /createRequire\(process\.cwd\(\) \+ "\/_"\)\("pulumi-astro-deploy\/runtime"\)/,
    );
  });

  it("holds no path of this machine and nothing of its environment", () => {
    process.env.ASTRO_API_TOKEN = "s3cr3t-of-the-environment";
    try {
      const again = serializedStub();
      assert.equal(again, text);
      assert.equal(again.includes(root), false);
      assert.equal(again.includes("s3cr3t"), false);
    } finally {
      delete process.env.ASTRO_API_TOKEN;
    }
  });

  it("is the one that earlier releases have written", () => {
    // A release that changes it must keep a copy of the old one here, and answer it for ever.
    const methods = [...text.matchAll(/callRuntime\("(\w+)", args\)/g)].map(([, name]) => name);
    assert.deepEqual(methods, ["configure", "check", "diff", "create", "read", "update", "delete"]);
  });

  const loader = `
    const provider = require("node:vm").runInThisContext("(function (require, exports) {" + process.env.TEXT + "})");
    const exports = {};
    provider(require, exports);
    const loaded = exports.handler();
    const check = async (...args) => loaded.check(...args);
    check({}, { organizationId: "org", deploymentId: "dep", type: "NONE" }).then(({ failures }) => {
      process.stdout.write(JSON.stringify(failures.map(({ reason }) => reason.replace(/:.*/, ""))));
    }).catch(({ message, stack }) => {
      process.stderr.write(message + stack);
      process.exit(1);
    });
  `;
  const load = (cwd: string, provider = text) =>
    execFileSync(process.execPath, ["-e", loader], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd,
      encoding: "utf8",
      env: { ...process.env, TEXT: provider },
    });

  it("works in the project of a stranger, in this repository, and in a folder below", () => {
    const project = new Project({});
    try {
      for (const cwd of [project.folder, root, join(root, "examples", "quickstart")]) {
        assert.equal(load(cwd), '["type"]', cwd);
      }
    } finally {
      project.dispose();
    }
  });

  it("still works as earlier releases have written it", () => {
    const states = join(root, "test", "fixtures", "states");
    for (const release of ["before-0.1.0", "0.1.0"]) {
      const state = readFileSync(join(states, release, "stack.json"), "utf8");
      const [, written = '""'] = /"__provider": ("(?:[^"\\]|\\.)*")/.exec(state) ?? [];
      const old = JSON.parse(written) as string;
      assert.match(old, /pulumi-astro-deploy\/runtime/);
      assert.equal(load(root, old), '["type"]', release);
    }
  });

  it("says what is missing where the package is not installed", () => {
    const empty = mkdtempSync(join(tmpdir(), "astro-empty-"));
    try {
      assert.throws(
        () => load(empty),
        (error) => {
          const { stderr } = error as { stderr: string };
          assert.match(stderr, /pulumi-astro-deploy is not installed in the program's folder \(/);
          assert.ok(stderr.includes(empty));
          assert.doesNotMatch(stderr, /Require stack|^\s+at .*callRuntime/m);
          return true;
        },
      );
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});
