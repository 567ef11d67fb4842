import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { startEmulator, type Emulator } from "../../emulator";
import { shop } from "../helpers/declared";
import { writeLayout } from "../helpers/images";
import { ProviderHost, serializedStub, type Properties } from "../helpers/providerHost";

const image = { type: "IMAGE_ONLY" };

/** What is said of arguments that must not be sent. */
const refused: Record<string, [Record<string, unknown>, RegExp]> = {
  "a missing type": [{ type: undefined }, /^type: is missing; allowed are IMAGE_AND_DAG/],
  "a misspelt type": [
    { type: "DAGS" },
    /type: must be one of IMAGE_AND_DAG, IMAGE_ONLY, DAG_ONLY, BUNDLE/,
  ],
  "a misspelt input": [{ dag: "./dags" }, /dag: is not an input; did you mean dags/],
  "BUNDLE without bundleType": [
    { type: "BUNDLE", bundleMountPath: "/usr/local/airflow/dbt/shop" },
    /bundleType: is missing: a deploy of type BUNDLE needs it/,
  ],
  "BUNDLE without bundleMountPath": [
    { type: "BUNDLE", bundleType: "dbt" },
    /bundleMountPath: is missing: a deploy of type BUNDLE needs it/,
  ],
  "bundleMountPath with another type": [
    { bundleMountPath: "/usr/local/airflow/dbt/shop" },
    /bundleMountPath: belongs to deploys of type BUNDLE only; leave it out/,
  ],
  "a description of 501 characters": [
    { description: "x".repeat(501) },
    /description: has 501 characters; at most 500 are allowed/,
  ],
  "dags that do not exist": [{ dags: "./nowhere" }, /dags: the folder does not exist/],
  "dags that are a file": [{ dags: "./program.js" }, /dags: the folder is not a directory\. Name/],
  "dags without a file": [
    { dags: "./empty" },
    /dags: there are no files to ship: deploying it would remove every DAG/,
  ],
  "dags with a link that leaves them": [
    { dags: "./linked" },
    /dags: out\.py is a link that leaves the folder\. Make it point inside the folder/,
  ],
  "import errors to be reported without waiting": [
    { dags: "./dags", wait: false, reportImportErrors: true },
    /reportImportErrors: cannot be true with wait: false, since Airflow imports the DAGs only when/,
  ],
  "import errors to be reported of nothing": [
    { reportImportErrors: true },
    /reportImportErrors: has no effect without dags or image; leave it out, or add that/,
  ],
  "dags with a type that ships none": [
    { type: "IMAGE_ONLY", dags: "./dags" },
    /dags: belongs to deploys of type DAG_ONLY or IMAGE_AND_DAG only; leave it out/,
  ],
  "a dbt bundle that is no dbt project": [
    {
      type: "BUNDLE",
      bundleType: "dbt",
      bundleMountPath: "/usr/local/airflow/dbt/shop",
      bundle: "./dags",
    },
    /bundle: is no dbt project: it has no dbt_project\.yml/,
  ],
  "a dbt bundle that exclude leaves without its dbt_project.yml": [
    { ...shop, exclude: ["dbt_*"] },
    /^bundle: `exclude` matches dbt_project\.yml, without which it is no dbt project; remove that pattern\./,
  ],
  "a dbt bundle whose dbt_project.yml is no YAML": [
    { ...shop, bundle: "./broken" },
    /^bundle: is no dbt project: its dbt_project\.yml is no YAML \(/,
  ],
  "a dbt bundle whose dbt_project.yml has no name": [
    { ...shop, bundle: "./nameless" },
    /^bundle: is no dbt project: its dbt_project\.yml has no name\. Give the project one\./,
  ],
  "waitFor: HEALTHY with wait: false": [
    { dags: "./dags", waitFor: "HEALTHY", wait: false },
    /^waitFor: cannot be HEALTHY with wait: false, which waits for nothing; leave wait out/,
  ],
  "waitFor: HEALTHY without a source": [
    { waitFor: "HEALTHY" },
    /^waitFor: has no effect without dags or bundle or image or rollbackTo;/,
  ],
  "waitFor with another value": [
    { dags: "./dags", waitFor: "healthy" },
    /^waitFor: must be one of DEPLOYED, HEALTHY/,
  ],
  "dags with a link to another place of the machine": [
    { dags: "./away" },
    /etc is a link .*Make it point inside the folder/s,
  ],
  "dags with a named pipe": [{ dags: "./piped" }, /pipe is a named pipe/],
  "dags with a socket": [{ dags: "./listened" }, /socket is a socket/],
  "an image layout that is not there": [
    { ...image, image: "oci:nowhere" },
    / cannot be read: it is not a folder in OCI image layout/,
  ],
  "an image for another platform": [
    { ...image, image: "oci:layout:arm" },
    /is for linux\/arm64, but Astro runs linux\/amd64: build it with --platform/,
  ],
  "a tag that is not there": [
    { ...image, image: "oci:layout:v3" },
    /it holds no image with that tag \(its tags are arm, plain\)/,
  ],
  "an image not built on Astro Runtime": [
    { ...image, image: "oci:layout:plain" },
    /is not built on Astro Runtime .*Dockerfile FROM an Astro Runtime image/,
  ],
  "an archive of an image that cannot be read here": [
    { ...image, image: "docker-archive:saved.tar.zst" },
    /it is compressed with zstd: decompress it \(zstd -d\), or compress it with gzip instead/,
  ],
  "an image in a notation that is not known": [
    { ...image, image: "acme/etl:1" },
    /image.*oci:FOLDER\[:TAG\]/s,
  ],
  "an image with a type that ships none": [
    { dags: "./dags", image: "oci:layout:plain" },
    /image.*IMAGE_ONLY/s,
  ],
  "an incomplete git": [
    { git: { provider: "GITHUB", commitSha: "c0ffee", account: "acme", repo: "etl" } },
    /git\.branch: is missing: it is required with the provider GITHUB in API version v1beta1/,
  ],
};

for (const kind of ["dynamic", "plugin"] as const) {
  describe(`bad input, in the host ${kind}`, () => {
    let emulator: Emulator;
    let host: ProviderHost;
    let socket: Server;
    let declared: Properties;

    before(async () => {
      emulator = await startEmulator();
      host = await ProviderHost.start({
        host: kind,
        files: {
          "program.js": "",
          "dags/a.py": "a = 1\n",
          "empty/.git/config": "",
          "linked/in.py": "",
          "away/a.py": "",
          "piped/a.py": "",
          "listened/a.py": "",
          "changing/a.py": "",
          "shop/dbt_project.yml": "name: shop\n",
          "shop/models/a.sql": "select 1\n",
          "broken/dbt_project.yml": "name: [shop\n",
          "nameless/dbt_project.yml": "version: 2\n",
        },
        env: emulator.env,
      });
      symlinkSync("../dags/a.py", host.path("linked/out.py"));
      symlinkSync("/etc", host.path("away/etc"));
      execFileSync("mkfifo", [host.path("piped/pipe")]);
      socket = createServer().listen(host.path("listened/socket"));
      await once(socket, "listening");
      await writeLayout(host.path("layout"), {
        arm: { platforms: ["linux/arm64"] },
        plain: { labels: {} },
      });
      writeFileSync(host.path("saved.tar.zst"), Buffer.from("28b52ffd04580000", "hex"));
      const [deployment] = emulator.deployments;
      declared = {
        ...(kind === "dynamic" && { __provider: serializedStub() }),
        deploymentId: deployment?.id ?? "",
        type: "DAG_ONLY",
      };
    });
    after(async () => {
      socket.close();
      await host.stop();
      await emulator.close();
    });

    const isRefused = async (change: Properties, message: RegExp) => {
      const given = Object.entries({ ...declared, ...change });
      const news = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      const { failures } = await host.check({}, news);
      assert.match(failures.map(({ reason }) => reason).join("\n"), message);
      assert.deepEqual(emulator.requests, []);
    };

    for (const [name, [change, message]] of Object.entries(refused)) {
      it(`refuses ${name}`, async () => {
        await isRefused(change, message);
      });
    }

    it("refuses a file that changes all the while", async () => {
      const log = host.path("changing/log");
      // So large that it is written to while it is read, however busy the machine.
      writeFileSync(log, Buffer.alloc(64 * 1024 * 1024));
      let isWriting = true;
      const write = () => {
        if (!isWriting) return;
        appendFileSync(log, "x");
        setImmediate(write);
      };
      write();
      try {
        await isRefused({ dags: "./changing" }, /log changed while it was read/);
      } finally {
        isWriting = false;
      }
    });
  });
}
