import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc, { type Arbitrary } from "fast-check";
import { gitRequestSchema } from "../../provider/astro/requests";
import { apiVersions, type ApiVersion } from "../../provider/astro/types";
import { argsSchema } from "../../provider/lifecycle/inputs/args";
import { unknownValue } from "../../provider/lifecycle/inputs/unknownValue";
import { writeLayout } from "../helpers/images";
import { plant } from "./artifact/trees";
import { anything, paths, some, withSome, type Path, type Values } from "./values.fuzz";

/** The arguments of an AstroDeploy, and the API version that they are for. */
export interface Declared {
  apiVersion: ApiVersion;
  args: Values;
}

let home = "";

/** Makes the folders and images that the arguments name. */
export async function makeSources(): Promise<void> {
  home = mkdtempSync(join(tmpdir(), "astro-fuzz-"));
  const etl = { "etl.py": "1", "lib/run.sh": { executable: "" }, "lib/etl": { link: "../etl.py" } };
  const shop = { "dbt_project.yml": "name: shop\n" };
  const folders = { etl, copy: etl, other: { "etl.py": "2" }, empty: {}, shop };
  for (const [name, nodes] of Object.entries(folders)) {
    mkdirSync(join(home, name));
    plant(join(home, name), nodes);
  }
  await writeLayout(join(home, "images"), { one: {}, other: { content: "other" } });
  await writeLayout(join(home, "sole"), { "1": { platforms: ["linux/arm64", "linux/amd64"] } });
}

export function removeSources(): void {
  rmSync(home, { recursive: true });
}

const merged = (...parts: Arbitrary<object>[]): Arbitrary<Values> =>
  fc.tuple(...parts).map((made) => Object.assign({}, ...made) as Values);

const any = fc.string();
const filled = fc.string({ unit: "binary", minLength: 1 });
const id = fc.stringMatching(/^[\w-]{1,12}$/);
const flag = fc.boolean();
const source = (...names: string[]) => fc.constantFrom(...names).map((name) => join(home, name));

/** Files that a program makes, in the form that its process sends them in. */
const made = fc.oneof(
  merged(
    some(
      { "etl.py": any, "lib/a.sh": source("etl/lib/run.sh").map((file) => ({ file })) },
      "etl.py",
    ),
    some({ more: source("etl", "other").map((folder) => ({ folder })) }),
  ),
  fc.record({ ".": source("etl", "copy").map((folder) => ({ folder })), "made.py": any }),
  fc.record({ a: fc.record({ files: fc.record({ "b.py": any, "c/d.py": any }) }) }),
);

/** Patterns that match none of the files. */
const pattern = fc.oneof(
  fc.constantFrom("*.md", "/tests/", "!etl.py", "# etl.py"),
  filled.map((rest) => `zz${rest}`),
);
const exclude = fc.array(pattern, { maxLength: 3 });
const dags = merged(
  fc.oneof(
    some({ dags: fc.oneof(source("etl", "copy", "other"), made), allowEmptyDags: flag }, "dags"),
    fc.record({ dags: source("empty"), allowEmptyDags: fc.constant(true) }),
  ),
  some({ checkSyntax: fc.constant("off") }),
  some({ exclude, dagsBaseDir: fc.constantFrom("", "dags", "a/ä😀") }),
);
const images = source("images:one", "images:other", "sole", "sole:1");
const image = fc.record({ image: images.map((path) => `oci:${path}`) });
const mount = fc.record({
  bundleType: filled,
  bundleMountPath: fc
    .array(fc.constantFrom("usr", "airflow", "dags", "ä 😀"), { minLength: 1, maxLength: 3 })
    .map((parts) => `/${parts.join("/")}`),
});
const dbt = fc.record({ bundle: source("shop"), bundleType: fc.constant("dbt") });
const bundle = merged(
  fc.oneof(
    merged(mount, fc.record({ bundle: fc.oneof(source("etl", "copy", "other", "shop"), made) })),
    merged(mount, dbt),
    dbt,
  ),
  some({ exclude, removeBundleOnDelete: flag }),
);

const type = (name: string, ...parts: Arbitrary<object>[]) =>
  merged(fc.constant({ type: name }), ...parts);
const notWaiting = some({ wait: flag, waitFor: fc.constant("DEPLOYED") });
/** What needs the wait. */
const afterTheEnd = { waitFor: fc.constantFrom("DEPLOYED", "HEALTHY"), wakeUp: flag };
const waiting = fc.oneof(notWaiting, some(afterTheEnd));
const reporting = fc.oneof(notWaiting, some({ ...afterTheEnd, reportImportErrors: flag }));
const shipping = merged(
  fc.oneof(
    type("DAG_ONLY", dags, reporting),
    type("IMAGE_ONLY", image, reporting),
    type("IMAGE_AND_DAG", image, reporting),
    type("IMAGE_AND_DAG", image, dags, reporting),
    type("BUNDLE", bundle, waiting),
  ),
  some({ redeployWhenSuperseded: flag }),
);
const bare = merged(
  fc.oneof(type("DAG_ONLY"), type("IMAGE_ONLY"), type("IMAGE_AND_DAG"), type("BUNDLE", mount)),
  some({ wait: flag }),
);
/** A rollback ships nothing: what would be shipped without it need not be there. */
const rollback = merged(
  fc.oneof(
    type("DAG_ONLY", some({ dags: fc.constant("./nowhere") })),
    type("IMAGE_ONLY", some({ image: fc.constant("docker://registry.acme.io/etl:1") })),
    type("BUNDLE", mount, some({ bundle: fc.constant("./nowhere") })),
  ),
  some({ rollbackTo: id, redeployWhenSuperseded: flag }, "rollbackTo"),
  waiting,
);

/** `false` stands with every type: it is what is done without it, too. */
const off = fc.constant(false);
const noes = some({
  ...{ removeBundleOnDelete: off, allowEmptyDags: off, redeployWhenSuperseded: off, wakeUp: off },
  ...{ reportImportErrors: off },
});

/** Up to 500 characters as the service counts them: an emoji is one. */
const description = fc.oneof(
  { withCrossShrink: true },
  fc.string({ unit: fc.constantFrom("a", "\n", "é", "😀"), maxLength: 500, size: "max" }),
  fc.constant("😀".repeat(500)),
);

const commit = {
  ...{ commitSha: filled, branch: filled, commitUrl: filled, path: any },
  ...{ authorName: any, authorUrl: any, authorUsername: any, beforeCommitSha: any },
};
const github = { provider: fc.constant("GITHUB"), account: filled, repo: filled, ...commit };
const generic = { provider: fc.constant("GENERIC"), remoteUrl: filled, ...commit };
const git: Record<ApiVersion, Arbitrary<Values>> = {
  v1beta1: some(github, "provider", "commitSha", "account", "repo", "branch", "commitUrl"),
  v1: fc.oneof(
    some(github, "provider", "commitSha", "account", "repo"),
    some(generic, "provider", "commitSha", "remoteUrl"),
  ),
};

/** Arguments that are in order. */
export const declared: Arbitrary<Declared> = fc.constantFrom(...apiVersions).chain((apiVersion) =>
  fc.record({
    apiVersion: fc.constant(apiVersion),
    args: merged(
      noes,
      fc.oneof({ weight: 4, arbitrary: shipping }, bare, rollback),
      some({ deploymentId: id, organizationId: id, description }, "deploymentId"),
      some({ git: git[apiVersion] }),
    ),
  }),
);

/** Everything in the arguments, and every input that they could hold. */
function inputPlaces({ args }: Declared): Path[] {
  const gitNames = args.git === undefined ? [] : Object.keys(gitRequestSchema.shape);
  const places = [
    ...Object.keys(argsSchema.shape).map((name) => [name]),
    ...gitNames.map((name) => ["git", name]),
    ...paths(args).slice(1),
  ];
  return places.map((path) => ["args", ...path]);
}

/** Arguments that are in order, as far as they are known. */
export const partlyKnown = withSome(declared, fc.constant(unknownValue), inputPlaces);

const partlyUnknown = fc.constantFrom<unknown>([unknownValue], { of: unknownValue });

/** Arguments that are in order but for something. */
export const broken = withSome(declared, fc.oneof(anything, partlyUnknown), (value) => [
  ...inputPlaces(value),
  ...["dag", "constructor", "__proto__"].map((name) => ["args", name]),
]);

/** What must not be told: no word of a message has a part of it. */
const secretText = fc.stringMatching(/^[A-Z0-9]{12}$/);

/** Arguments of which some are no good, with the text that they hold. */
export const secret: Arbitrary<Declared & { text: string }> = secretText.chain((text) => {
  // No form that asks a registry or a daemon.
  const before = fc.constantFrom(
    "",
    " ",
    "/",
    "./",
    "../",
    "/x//",
    "oci:",
    "docker-archive:",
    "!",
    "é",
  );
  const after = fc.constantFrom("", " ", "/", "/..", ":x", "@", "\n", "x".repeat(500));
  const value = fc.tuple(before, after).map(([start, end]) => start + text + end);
  const values = fc.oneof(value, fc.array(value, { minLength: 1 }), fc.record({ of: value }));
  return withSome(declared, values, inputPlaces).map((program) => ({ ...program, text }));
});
