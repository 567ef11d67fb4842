// Records a state that a version of this package wrote, for the tests of upgrades:
//   npm run record-state [-- NAME FOLDER]
// By default of this checkout's version. The folder of another version must be built (npm run build).
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { root, setup } from "./setup.mjs";

const require = createRequire(import.meta.url);
const [name = require("../package.json").version, folder = root] = process.argv.slice(2);

await setup();
// All servers are on this machine.
process.env.NO_PROXY = process.env.no_proxy = "127.0.0.1,localhost";
require("ts-node/register/transpile-only");
const { recordState, states } = require("../test/helpers/states.ts");
await recordState(name, resolve(folder));
console.log(`Recorded as ${name} in ${states}`);
