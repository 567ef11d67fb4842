import assert from "node:assert/strict";
import {
  formatImageReference,
  parseImageReference,
} from "../../../../provider/artifact/image/reference";

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
