import assert from "node:assert/strict";
import { chmodSync, rmSync } from "node:fs";
import { setScene, type Scene } from "../helpers/declared";

const files = (folder: string, count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`${folder}/${at}.py`, `a = ${at}\n`]),
  );

/** With ten files each these are too many for the state to have a digest of every file. */
const teams = Array.from({ length: 100 }, (_, at) => `a_team_with_a_rather_long_name_${at}`);

describe("a folder of many DAGs, through the real engine", () => {
  let scene: Scene;
  let previewed: string;
  let state: string;

  before(async () => {
    scene = await setScene({
      files: {
        ...files("dags/same", 10),
        ...files("dags/six", 6),
        ...files("dags/gone", 7),
        ...Object.fromEntries(
          teams.flatMap((team) => Object.entries(files(`thousand/${team}`, 10))),
        ),
      },
    });
    const { deploymentId, stack } = scene;
    scene.declare({
      etl: { deploymentId, type: "DAG_ONLY", dags: "./dags" },
      large: { deploymentId, type: "DAG_ONLY", dags: "./thousand" },
    });
    await stack.must("up", "--yes", "--skip-preview");
    const { text } = await stack.state();
    state = text;

    for (let at = 0; at < 6; at++) stack.write(`dags/six/${at}.py`, "a = 'changed'\n");
    for (let at = 0; at < 8; at++) stack.write(`dags/new/${at}.py`, "");
    rmSync(stack.path("dags/gone"), { recursive: true });
    chmodSync(stack.path("dags/same/0.py"), 0o755);
    stack.write(`thousand/${teams[7] ?? ""}/0.py`, "a = 'changed'\n");
    stack.write("thousand/another_team/0.py", "a = 1\n");
    rmSync(stack.path("thousand", teams[8] ?? ""), { recursive: true });
    scene.operations();
    const run = await stack.preview();
    assert.equal(run.code, 0, run.all);
    assert.deepEqual(run.steps, { etl: "replace", large: "replace" });
    assert.deepEqual(scene.operations(), []);
    previewed = run.all;
  });
  after(() => scene.dispose());

  it("has its changes named in the preview: the first of each kind, and how many more", () => {
    const first = (folder: string) =>
      Array.from({ length: 5 }, (_, at) => `${folder}/${at}.py`).join(", ");
    const told = `etl (Deployment ${scene.deploymentId}): dags changed: ${first("six")} and 1 more; executable bit changed: same/0.py; added: ${first("new")} and 3 more; removed: ${first("gone")} and 2 more\n`;
    assert.ok(previewed.includes(told), previewed);
  });

  it("has the folders with changes named where there are a thousand files", () => {
    const told = `large (Deployment ${scene.deploymentId}): dags changed: ${teams[7] ?? ""}/; added: another_team/; removed: ${teams[8] ?? ""}/\n`;
    assert.ok(previewed.includes(told), previewed);
  });

  it("leaves a small state", () => {
    // With a digest of every file it would be several times as large.
    assert.ok(state.length < 60_000, `${state.length} characters`);
  });
});
