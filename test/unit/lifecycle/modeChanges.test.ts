import assert from "node:assert/strict";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { modeChanges } from "../../../provider/lifecycle/sources/modeChanges";
import { readTree } from "../../../provider/lifecycle/sources/sourceContent";
import { treeSources } from "../../../provider/lifecycle/sources/sources";
import { sessionOf } from "../../helpers/session";
import { Trees } from "../artifact/trees";

describe("the files of which only the executable bit changed", () => {
  const trees = new Trees();
  afterEach(() => {
    trees.remove();
  });

  const before = {
    "same.py": "1",
    "run.sh": "1",
    "stop.sh": { executable: "1" },
    "other.sh": "1",
    "etl.py": "1",
  };

  /**
   * @param change - What is done to the folder before the second look.
   * @param late - What is done after the second look has begun.
   */
  async function changed(change: (root: string) => void, late?: (root: string) => void) {
    const root = trees.tree(before);
    const inputs = {
      organizationId: "shop",
      deploymentId: "etl",
      type: "DAG_ONLY",
      dags: root,
    } as const;
    const [source] = treeSources(inputs, { folder: root });
    assert.ok(source);
    const { digest } = await readTree(sessionOf(), root, source.options);
    change(root);
    const session = sessionOf();
    await readTree(session, root, source.options);
    late?.(root);
    return modeChanges(session, source, digest.summary);
  }

  it("are those, whichever way it changed, and no file with another content", async () => {
    const found = await changed((root) => {
      chmodSync(join(root, "run.sh"), 0o755);
      chmodSync(join(root, "stop.sh"), 0o644);
      writeFileSync(join(root, "other.sh"), "2");
      chmodSync(join(root, "other.sh"), 0o755);
      writeFileSync(join(root, "etl.py"), "2");
      writeFileSync(join(root, "new.sh"), "1", { mode: 0o755 });
    });
    assert.deepEqual(found, ["run.sh", "stop.sh"]);
  });

  it("are none if nothing changed", async () => {
    assert.deepEqual(await changed(() => undefined), []);
  });

  it("do not include one that vanished meanwhile, which the deploy reports", async () => {
    const found = await changed(
      (root) => {
        chmodSync(join(root, "run.sh"), 0o755);
        chmodSync(join(root, "stop.sh"), 0o644);
      },
      (root) => {
        rmSync(join(root, "run.sh"));
        // The second look is the one before this, or it would see the change.
        chmodSync(join(root, "other.sh"), 0o755);
      },
    );
    assert.deepEqual(found, ["stop.sh"]);
  });
});
