import assert from "node:assert/strict";
import { pulumiHome } from "../../../provider/hosts/session";
import { readSettings } from "../../../provider/hosts/settings";

function read(config: Record<string, string>, environment: Record<string, string> = {}) {
  return readSettings((key) => config[key], environment);
}

describe("the settings", () => {
  it("have the documented defaults", () => {
    assert.deepEqual(read({}), {
      baseUrl: "https://api.astronomer.io",
      apiVersion: "v1beta1",
      token: undefined,
      organizationId: undefined,
      requestTimeoutMs: 30_000,
      uploadTimeoutMs: 3_600_000,
      deployTimeoutMs: 1_800_000,
      importErrorsTimeoutMs: 180_000,
      imageTool: undefined,
      problems: [],
    });
  });

  it("prefer the stack's configuration to the environment", () => {
    const settings = read(
      { "astro:token": "from-config", "astro:apiVersion": "v1" },
      { ASTRO_API_TOKEN: "from-env", ASTRO_ORGANIZATION_ID: "org-from-env" },
    );
    assert.equal(settings.token, "from-config");
    assert.equal(settings.apiVersion, "v1");
    assert.equal(settings.organizationId, "org-from-env");
  });

  it("take an empty value for none", () => {
    assert.equal(read({ "astro:token": " " }, { ASTRO_API_TOKEN: "from-env" }).token, "from-env");
    assert.equal(read({}, { ASTRO_API_TOKEN: "" }).token, undefined);
  });

  it("take a token with or without Bearer", () => {
    assert.equal(read({ "astro:token": "Bearer abc" }).token, "abc");
  });

  const domains: Record<string, string> = {
    "astronomer-stage.io": "https://api.astronomer-stage.io",
    "cloud.astronomer.io": "https://api.astronomer.io",
    "https://cloud.astronomer-dev.io/": "https://api.astronomer-dev.io",
    localhost: "http://localhost:8888",
    "pr1234.astronomer-dev.io": "https://pr1234.api.astronomer-dev.io",
    "pr123456.astronomer-dev.io": "https://pr123456.api.astronomer-dev.io",
    "pr123.astronomer-dev.io": "https://api.pr123.astronomer-dev.io",
    "pr1234.astronomer-stage.io": "https://api.pr1234.astronomer-stage.io",
  };
  for (const [domain, address] of Object.entries(domains)) {
    it(`follow ASTRO_DOMAIN, as the astro CLI does: ${domain}`, () => {
      const { baseUrl, problems } = read({}, { ASTRO_DOMAIN: domain });
      assert.deepEqual([baseUrl, problems], [address, []]);
    });
  }

  it("have the token's organization, where nothing else names one", () => {
    const claims = { permissions: ["organizationId:of-token", "workspaceId:w"] };
    const token = `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
    assert.equal(read({}, { ASTRO_API_TOKEN: token }).organizationId, "of-token");
    const both = { ASTRO_API_TOKEN: `Bearer ${token}`, ASTRO_ORGANIZATION_ID: "of-env" };
    assert.equal(read({}, both).organizationId, "of-env");
    assert.equal(read({ "astro:organizationId": "of-stack" }, both).organizationId, "of-stack");
  });

  it("tell an ASTRO_DOMAIN that is none", () => {
    for (const domain of ["https://astronomer.io", "astronomer.io/x", "user@astronomer.io"]) {
      assert.match(read({}, { ASTRO_DOMAIN: domain }).problems.join(), /^ASTRO_DOMAIN must be/);
    }
  });

  it("take a base URL with the version's path for the base alone", () => {
    for (const path of ["/", "/v1", "/platform/v1beta1/"]) {
      assert.equal(
        read({ "astro:baseUrl": `https://astro.acme.io${path}` }).baseUrl,
        "https://astro.acme.io",
      );
    }
  });

  it("keep whole milliseconds, which timers ask for", () => {
    const { requestTimeoutMs } = read({ "astro:requestTimeoutSeconds": "1.005" });
    assert.equal(requestTimeoutMs, 1005);
  });

  it("allow plain http on loopback only", () => {
    for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"]) {
      assert.deepEqual(read({ "astro:baseUrl": `http://${host}:8888` }).problems, []);
    }
    for (const host of ["api.astronomer.io", "127.0.0.1.evil.io", "localhost.evil.io"]) {
      assert.deepEqual(read({ "astro:baseUrl": `http://${host}` }).problems, [
        "astro:baseUrl must begin with https://, since the token is sent there (http:// is for localhost only).",
      ]);
    }
  });

  const wrong: Record<string, [variable: string, value: string, problem: string]> = {
    "astro:apiVersion": ["ASTRO_API_VERSION", "v2", "must be one of v1beta1, v1."],
    "astro:baseUrl": [
      "ASTRO_BASE_URL",
      "astro",
      "must be a URL such as https://api.astronomer.io.",
    ],
    "astro:token": [
      "ASTRO_API_TOKEN",
      "abc def",
      "contains white space or another character that no token has; copy it again.",
    ],
    "astro:deployTimeoutSeconds": [
      "ASTRO_DEPLOY_TIMEOUT_SECONDS",
      "soon",
      "must be a number of seconds.",
    ],
    "astro:uploadTimeoutSeconds": [
      "ASTRO_UPLOAD_TIMEOUT_SECONDS",
      "0",
      "must be more than 0 seconds.",
    ],
    "astro:importErrorsTimeoutSeconds": [
      "ASTRO_IMPORT_ERRORS_TIMEOUT_SECONDS",
      "never",
      "must be a number of seconds.",
    ],
    "astro:requestTimeoutSeconds": [
      "ASTRO_REQUEST_TIMEOUT_SECONDS",
      "1e9",
      "must be at most 86400 seconds (a day).",
    ],
  };
  for (const [key, [variable, value, problem]] of Object.entries(wrong)) {
    it(`tell what is wrong with ${key} and where it is set, and do not throw`, () => {
      assert.deepEqual(read({ [key]: value }).problems, [`${key} ${problem}`]);
      assert.deepEqual(read({}, { [variable]: value }).problems, [`${variable} ${problem}`]);
      assert.deepEqual(read({ [key]: value }, { [variable]: "any" }).problems, [
        `${key} ${problem}`,
      ]);
    });
  }
});

describe("Pulumi's own folder", () => {
  it("is PULUMI_HOME, or below the user's home if that is not set or empty", () => {
    assert.equal(pulumiHome({ PULUMI_HOME: "/p", HOME: "/h" }), "/p");
    for (const environment of [{ HOME: "/h" }, { PULUMI_HOME: "", HOME: "/h" }]) {
      assert.equal(pulumiHome(environment), "/h/.pulumi");
    }
  });
});
