import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inputTable } from "../../../provider/lifecycle/inputs/table";
import type { ProviderArgs } from "../../../provider/plugin";
import { outputNames } from "../../../provider/lifecycle/outputs";

const root = join(__dirname, "..", "..", "..");

interface Property {
  description?: string;
  secret?: boolean;
  default?: unknown;
  defaultInfo?: unknown;
}

interface Schema {
  version: string;
  config: { variables: Record<string, Property> };
  resources: Record<
    string,
    { properties: Record<string, Property>; inputProperties: Record<string, Property> }
  >;
}

const schema = JSON.parse(
  readFileSync(join(root, "provider", "hosts", "plugin", "schema.json"), "utf8"),
) as Schema;

describe("the plugin's schema", () => {
  const { properties, inputProperties } = schema.resources["astro:index:Deploy"] ?? {
    properties: {},
    inputProperties: {},
  };

  it("is what the sources make", function () {
    // It reads the types of the whole package.
    this.timeout(300_000);
    const script = join(root, "scripts", "schema.mjs");
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"]);
    assert.equal(status, 0, stderr.toString());
  });

  it("has every input and output", () => {
    const inputs = Object.entries(inputTable).filter(([, facts]) => facts.computed !== true);
    assert.deepEqual(Object.keys(inputProperties).sort(), inputs.map(([name]) => name).sort());
    assert.deepEqual(Object.keys(properties).sort(), ["deployId", ...outputNames].sort());
  });

  it("has the settings that the provider takes in TypeScript", () => {
    // The compiler knows the names of the one, and the schema those of the other.
    const settings: Record<keyof ProviderArgs, true> = {
      ...{ token: true, organizationId: true, apiVersion: true, baseUrl: true, imageTool: true },
      ...{ requestTimeoutSeconds: true, uploadTimeoutSeconds: true },
      ...{ deployTimeoutSeconds: true, importErrorsTimeoutSeconds: true },
    };
    assert.deepEqual(Object.keys(schema.config.variables).sort(), Object.keys(settings).sort());
  });

  it("gives no input a value of its own: an absent one has a meaning", () => {
    const settings = Object.values(schema.config.variables);
    for (const property of [...Object.values(inputProperties), ...settings]) {
      assert.equal(property.default ?? property.defaultInfo, undefined);
    }
  });

  it("keeps the token and the upload URLs secret", () => {
    const secret = (all: Record<string, Property>) =>
      Object.keys(all).filter((name) => all[name]?.secret === true);
    assert.deepEqual(secret(schema.config.variables), ["token"]);
    assert.deepEqual(secret(properties), ["dagsUploadUrl", "bundleUploadUrl"]);
  });

  it("says nothing that only a program in TypeScript could do", () => {
    const text = JSON.stringify(schema);
    for (const word of ["AstroDeploy", "setMocks", "undefined", "{@link", "@default"]) {
      assert.ok(!text.includes(word), word);
    }
  });
});
