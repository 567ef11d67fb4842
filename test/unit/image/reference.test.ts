import assert from "node:assert/strict";
import {
  formatImageReference,
  parseImageReference,
  withoutReference,
} from "../../../provider/image/reference";

describe("parseImageReference", () => {
  const accepted: Record<string, ReturnType<typeof parseImageReference>> = {
    "oci:./build/image": { transport: "oci", path: "./build/image" },
    "oci:./build/image:latest": { transport: "oci", path: "./build/image", tag: "latest" },
    "oci:C:\\build\\image:1.0": { transport: "oci", path: "C:\\build\\image", tag: "1.0" },
    "oci-archive:image.tar": { transport: "oci-archive", path: "image.tar" },
    "oci-archive:image.tar:v2": { transport: "oci-archive", path: "image.tar", tag: "v2" },
    "docker-archive:image.tar": { transport: "docker-archive", path: "image.tar" },
    "docker-archive:image.tar:acme/etl:1": {
      transport: "docker-archive",
      path: "image.tar",
      tag: "acme/etl:1",
    },
    "docker-daemon:acme/etl:1": { transport: "docker-daemon", name: "acme/etl:1" },
    "docker://ghcr.io/acme/etl:1": { transport: "docker", name: "ghcr.io/acme/etl:1" },
    "docker://127.0.0.1:5000/etl@sha256:0f": {
      transport: "docker",
      name: "127.0.0.1:5000/etl@sha256:0f",
    },
  };
  for (const [text, reference] of Object.entries(accepted)) {
    it(`understands ${text}`, () => {
      assert.deepEqual(parseImageReference(text), reference);
      assert.ok(reference);
      assert.equal(formatImageReference(reference), text);
    });
  }

  const digest = `sha256:${"0f".repeat(32)}`;
  for (const [text, name] of Object.entries({
    "docker://ghcr.io/acme/etl:1": "ghcr.io/acme/etl",
    "docker://127.0.0.1:5000/etl:1.2-b_c": "127.0.0.1:5000/etl",
    "docker://etl:latest": "etl",
    "docker-daemon:acme/etl:1": "acme/etl",
  })) {
    it(`leaves out the tag beside a digest, which decides: ${text}@sha256:…`, () => {
      const reference = parseImageReference(`${text}@${digest}`);
      assert.ok(reference && "name" in reference);
      assert.equal(reference.name, `${name}@${digest}`);
    });
  }

  for (const text of [
    "",
    "latest",
    "acme/etl:1",
    "oci:",
    "docker-archive:",
    "docker-archive::1",
    "oci:image:",
    "docker:ghcr.io/acme/etl",
    "docker://",
    "docker:// ghcr.io/acme",
    "docker://-v",
    "docker-daemon:acme/etl",
    "docker-daemon:--help:1",
    "https://ghcr.io/acme/etl:1",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseImageReference(text), undefined);
    });
  }
});

describe("a tool's words", () => {
  const cases: [image: string, words: string, shown: string][] = [
    [
      "docker://ghcr.io/acme/etl:1",
      'Error parsing image name "docker://ghcr.io/acme/etl:1": reading manifest 1 in ghcr.io/acme/etl: denied',
      'Error parsing image name "the image": reading manifest 1 in the image: denied',
    ],
    [
      "docker://ghcr.io/acme/etl:1",
      "GET https://ghcr.io/v2/acme/etl/manifests/1: UNAUTHORIZED: authentication required",
      "GET the image: UNAUTHORIZED: authentication required",
    ],
    [
      "docker-daemon:acme/etl:1",
      "Error response from daemon: No such image: docker.io/acme/etl:1",
      "Error response from daemon: No such image: the image",
    ],
    [
      "oci:./build/image:v1",
      'initializing source oci:./build/image:v1: no descriptor found for reference "v1"',
      "initializing source the image: no descriptor found for reference the image",
    ],
    [
      "docker-archive:/tmp/a b.tar:acme/etl:1",
      "loading docker-archive:/tmp/a b.tar:acme/etl:1: unexpected EOF",
      "loading the image: unexpected EOF",
    ],
    ["docker://ghcr.io/acme/etl:1", "acme/etlx is another", "acme/etlx is another"],
  ];
  for (const [image, words, shown] of cases) {
    it(`do not name ${image}: ${words}`, () => {
      const reference = parseImageReference(image);
      assert.ok(reference);
      assert.equal(withoutReference(words, reference), shown);
    });
  }
});
