// Writes provider/hosts/plugin/schema.json, the plugin's contract with every language, from the
// TSDoc of AstroDeploy and of the look-ups, the table of inputs and the table of settings. With
// `--check` it compares instead.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { pluginServer, goModule, repository } from "./addresses.mjs";
import { configProperties } from "./schema/config.mjs";
import { Declarations } from "./schema/declarations.mjs";
import { example } from "./schema/examples.mjs";
import { assertAllOccur, descriptionOf } from "./schema/text.mjs";
import { root } from "./setup.mjs";

export const schemaFile = join(root, "provider", "hosts", "plugin", "schema.json");

const files = [
  "provider/astroDeploy.ts",
  "provider/astro/types.ts",
  "provider/lookups/deploys.ts",
  "provider/lookups/deployments.ts",
  "provider/git/gitFromCheckout.ts",
];

/** Whoever has one can upload until it expires. */
const isSecret = (name) => name.endsWith("UploadUrl");

/** @returns the schema as an object. */
function makeSchema() {
  const require = createRequire(join(root, "package.json"));
  const { version, description, keywords, license } = require("./package.json");
  require("ts-node/register/transpile-only");
  const { inputTable } = require("./provider/lifecycle/inputs/table.ts");
  const { outputNames } = require("./provider/lifecycle/outputs.ts");
  const declarations = new Declarations(root, files, descriptionOf);

  const inputs = declarations.properties("AstroDeployArgs");
  const outputs = declarations.properties("AstroDeploy");
  // The resource's own id, which a look-up has by another name.
  assertSame("outputs", Object.keys(outputs.properties), ["deployId", ...outputNames]);
  assertSame(
    "inputs",
    Object.keys(inputs.properties),
    Object.keys(inputTable).filter((name) => !inputTable[name].computed),
  );
  for (const [name, spec] of Object.entries(inputs.properties)) {
    if (inputTable[name].describes) spec.willReplaceOnChanges = true;
  }
  for (const [name, spec] of Object.entries(outputs.properties)) {
    spec.description ??= inputs.properties[name]?.description;
    if (isSecret(name)) spec.secret = true;
  }
  const pick = ({ properties }, names) =>
    Object.fromEntries(names.map((name) => [name, properties[name]]));

  const lookUp = (name, result) => ({
    description: declarations.describe(name),
    inputs: objectOf(declarations.properties(`${name[0].toUpperCase()}${name.slice(1)}Args`)),
    outputs: objectOf(result),
  });
  const deployInfo = declarations.properties("DeployInfo");
  const functions = {
    getDeploy: lookUp("getDeploy", deployInfo),
    getDeploys: lookUp("getDeploys", {
      properties: {
        deploys: { type: "array", items: { $ref: "#/types/astro:index:DeployInfo" } },
      },
      required: ["deploys"],
    }),
    getNewestDeploy: lookUp("getNewestDeploy", { ...deployInfo, required: [] }),
    getDeployment: lookUp("getDeployment", declarations.properties("DeploymentInfo")),
    gitFromCheckout: gitFromCheckout(declarations),
  };
  functions.getDeploys.inputs.properties.limit.type = "integer";
  declarations.types.DeployInfo = {
    description: declarations.describe("DeployInfo"),
    ...objectOf(deployInfo),
  };
  const config = configProperties(root);
  assertAllOccur();

  return {
    name: "astro",
    displayName: "Astro",
    version,
    description,
    keywords: [...keywords, "category/infrastructure", "kind/native"],
    license,
    publisher: "pulumi-astro-deploy",
    ...(repository && { repository, homepage: repository }),
    ...(pluginServer && { pluginDownloadURL: pluginServer }),
    meta: { moduleFormat: "(.*)" },
    language: {
      python: {
        packageName: "pulumi_astro_deploy",
        pyproject: { enabled: true },
        respectSchemaVersion: true,
        readme: readme("Python"),
        requires: { pulumi: ">=3.165.0,<4.0.0" },
      },
      go: {
        importBasePath: goModule,
        modulePath: goModule,
        rootPackageName: "astro",
        generateResourceContainerTypes: false,
        respectSchemaVersion: true,
      },
    },
    config: { variables: config },
    provider: {
      description: "How to reach Astro. Each setting is also one of the stack's configuration.",
      inputProperties: config,
    },
    types: Object.fromEntries(
      Object.entries(declarations.types).map(([name, type]) => [`astro:index:${name}`, type]),
    ),
    resources: {
      "astro:index:Deploy": {
        description: [
          declarations.describe("AstroDeploy"),
          // Without its first sentence, which is the interface's own.
          ...declarations.describe("AstroDeployArgs").split("\n\n").slice(1),
          example,
        ].join("\n\n"),
        properties: outputs.properties,
        required: outputs.required,
        inputProperties: inputs.properties,
        requiredInputs: inputs.required,
        stateInputs: objectOf({
          properties: pick(inputs, ["organizationId", "deploymentId"]),
          required: [],
        }),
      },
    },
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, spec]) => [`astro:index:${name}`, spec]),
    ),
  };
}

function gitFromCheckout(declarations) {
  const { properties } = declarations.properties("GitFromCheckoutOptions");
  const path = {
    type: "string",
    description: "The folder that is deployed. A relative path starts at the project's folder.",
  };
  return {
    description: declarations.describe("gitFromCheckout"),
    inputs: objectOf({ properties: { path, ...properties }, required: ["path"] }),
    outputs: objectOf({
      properties: {
        git: {
          $ref: "#/types/astro:index:Git",
          description:
            "For the argument `git`. With an empty `commitSha`, and a warning, if no commit describes the folder.",
        },
      },
      required: ["git"],
    }),
  };
}

function objectOf({ properties, required }) {
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

function readme(language) {
  return `Deploys Airflow code to Astronomer's Astro from a Pulumi program in ${language}. The provider plugin needs Node.js 20 or newer on the machine.`;
}

/** @throws Error if the class and the tables do not have the same names. */
function assertSame(what, documented, known) {
  const differing = [
    ...documented.filter((name) => !known.includes(name)),
    ...known.filter((name) => !documented.includes(name)),
  ];
  if (differing.length > 0) {
    throw new Error(`The ${what} ${differing.join(", ")} are not both declared and in the table.`);
  }
}

async function schemaText() {
  const options = await resolveConfig(schemaFile);
  return format(JSON.stringify(makeSchema()), { ...options, filepath: schemaFile });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const isCheck = process.argv.includes("--check");
    const text = await schemaText();
    const isSame = existsSync(schemaFile) && readFileSync(schemaFile, "utf8") === text;
    if (!isSame && !isCheck) writeFileSync(schemaFile, text);
    else if (!isSame) {
      throw new Error("schema.json does not match the sources. Run `npm run schema`.");
    }
  } catch (error) {
    console.error(`schema: ${error.message}`);
    process.exitCode = 1;
  }
}
