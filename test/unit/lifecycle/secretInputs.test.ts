import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { check } from "../../../provider/lifecycle/check";
import { sessionOf } from "../../helpers/session";
import { writeLayout } from "../../helpers/images";
import { Trees } from "../artifact/trees";

/** No word of any message has a part of it. */
const marker = "Zq7Kp2Vx9Lm4Tr8";
const bundle = { type: "BUNDLE", bundleType: "dbt", bundleMountPath: "/usr/local/airflow/dbt/x" };

/** Values that are no good, of every input: each may be a secret. A path starts at the trees' folder. */
const refused: Record<string, [property: string, args: (home: string) => Record<string, unknown>]> =
  {
    "a description that is too long": ["description", () => ({ description: marker.repeat(40) })],
    "a type": ["type", () => ({ type: marker })],
    "a deploymentId": ["deploymentId", () => ({ deploymentId: `https://${marker}` })],
    "an organizationId": ["organizationId", () => ({ organizationId: `${marker} ` })],
    "a rollbackTo": ["rollbackTo", () => ({ rollbackTo: `${marker}/` })],
    "a bundleType": ["bundleType", () => ({ bundleType: marker })],
    "a relative bundleMountPath": [
      "bundleMountPath",
      () => ({ ...bundle, bundleMountPath: `x/${marker}` }),
    ],
    "a bundleMountPath with an end": [
      "bundleMountPath",
      () => ({ ...bundle, bundleMountPath: `/${marker}/` }),
    ],
    "a bundleMountPath that goes up": [
      "bundleMountPath",
      () => ({ ...bundle, bundleMountPath: `/${marker}/../x` }),
    ],
    "a folder that does not exist": ["dags", (home) => ({ dags: join(home, `no-${marker}`) })],
    "a folder below a file": ["dags", (home) => ({ dags: join(home, marker, "a.py", marker) })],
    "a folder without files": ["dags", (home) => ({ dags: join(home, marker, "empty") })],
    "a folder that is left": ["dags", (home) => ({ dags: join(home, marker, "left") })],
    "a folder that is named inside": ["dags", (home) => ({ dags: join(home, marker, "named") })],
    "a file in place of a folder": ["dags", (home) => ({ dags: join(home, marker, "a.py") })],
    "a path with a zero": ["dags", (home) => ({ dags: `${join(home, marker)}\0` })],
    "a path that is too long": ["dags", (home) => ({ dags: join(home, marker.repeat(100)) })],
    "a dagsBaseDir": ["dagsBaseDir", () => ({ dags: ".", dagsBaseDir: `../${marker}` })],
    "a bundle without files": [
      "bundle",
      (home) => ({ ...bundle, bundle: join(home, marker, "empty") }),
    ],
    "a bundle that is no dbt project": [
      "bundle",
      (home) => ({ ...bundle, bundle: join(home, marker, "dags") }),
    ],
    "a pattern": ["exclude[1]", () => ({ dags: ".", exclude: ["*.md", `../${marker}`] })],
    "an image in no form": ["image", () => ({ type: "IMAGE_ONLY", image: marker })],
    "an image in a folder": [
      "image",
      (home) => ({ type: "IMAGE_ONLY", image: `oci:${join(home, marker)}:${marker}` }),
    ],
    "an image in an archive": [
      "image",
      (home) => ({ type: "IMAGE_ONLY", image: `docker-archive:${join(home, marker, "a.py")}` }),
    ],
    "an image in no archive": [
      "image",
      () => ({ type: "IMAGE_ONLY", image: `oci-archive:./${marker}` }),
    ],
    "an image in a registry": [
      "image",
      () => ({ type: "IMAGE_ONLY", image: `docker://127.0.0.1:1/a/${marker}:${marker}` }),
    ],
    "the provider of a commit": [
      "git.provider",
      () => ({ git: { provider: marker, commitSha: "c0ffee" } }),
    ],
    "a commit without what belongs to it": [
      "git.repo",
      () => ({
        git: {
          provider: "GITHUB",
          commitSha: marker,
          account: marker,
          branch: "m",
          commitUrl: "u",
        },
      }),
    ],
    "a remote with GITHUB": [
      "git.remoteUrl",
      () => ({
        git: {
          ...{ provider: "GITHUB", commitSha: "c0ffee", account: "a", repo: "r", branch: "m" },
          ...{ commitUrl: "u", remoteUrl: marker },
        },
      }),
    ],
    "a text for an object": ["git", () => ({ git: marker })],
    "a text for a list": ["exclude", () => ({ dags: ".", exclude: marker })],
    "a text for a flag": ["wait", () => ({ wait: marker })],
    "an object for a text": ["description", () => ({ description: { [marker]: marker } })],
  };

describe("the values of inputs that are refused", () => {
  const trees = new Trees();
  after(() => {
    trees.remove();
  });
  let home: string;
  before(() => {
    home = trees.tree({
      [`${marker}/a.py`]: "",
      [`${marker}/dags/a.py`]: "",
      [`${marker}/empty/.git/config`]: "",
      [`${marker}/left/out.py`]: { link: `../../${marker}/a.py` },
      [`${marker}/named/in.py`]: "",
    });
    symlinkSync(join(home, marker, "named/in.py"), join(home, marker, "named/out.py"));
  });

  const checked = (args: Record<string, unknown>, environment: Record<string, string> = {}) =>
    check(
      {
        ...sessionOf({
          ASTRO_ORGANIZATION_ID: "org",
          ASTRO_REQUEST_TIMEOUT_SECONDS: "20",
          ...environment,
        }),
        client: () => assert.fail("nothing may be sent"),
      },
      {},
      { deploymentId: "dep", type: "DAG_ONLY", ...args },
    );

  function assertUntold(reason: string): void {
    for (let at = 0; at <= marker.length - 6; at++) {
      assert.ok(!reason.includes(marker.slice(at, at + 6)), reason);
    }
  }

  for (const [what, [property, args]] of Object.entries(refused)) {
    it(`are not told of ${what}`, async () => {
      const { failures } = await checked(args(home));
      assert.deepEqual(
        failures.map((failure) => failure.property),
        [property],
      );
      for (const { reason } of failures) assertUntold(reason);
    });
  }

  it("take no word out of what is said, whatever the path of an image has in it", async () => {
    await writeLayout(join(home, "build"), { only: { platforms: ["linux/arm64"] } });
    const { failures } = await checked({
      type: "IMAGE_ONLY",
      image: `oci:${join(home, "build")}:only`,
    });
    assert.equal(
      failures[0]?.reason,
      "is for linux/arm64, but Astro runs linux/amd64: build it with --platform=linux/amd64.",
    );
  });

  for (const variable of [
    ...["ASTRO_API_TOKEN", "ASTRO_BASE_URL", "ASTRO_API_VERSION", "ASTRO_IMAGE_TOOL"],
    ...["ASTRO_DOMAIN", "ASTRO_REQUEST_TIMEOUT_SECONDS", "ASTRO_ORGANIZATION_ID"],
  ]) {
    it(`are not told of ${variable}`, async () => {
      const { failures } = await checked({}, { [variable]: `${marker} ${marker}` });
      assert.ok(failures.length > 0);
      for (const { reason } of failures) assertUntold(reason);
    });
  }
});
