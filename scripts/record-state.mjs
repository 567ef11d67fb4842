// Keeps a state as a version of this package writes it, for the tests of upgrades:
//   npm run record-state [-- NAME FOLDER]
// By default the version is this checkout's. Another's folder holds it built, as `npm run build` does.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { root, setup } from "./setup.mjs";

const require = createRequire(import.meta.url);
const [name = require("../package.json").version, folder = root] = process.argv.slice(2);

await setup();
// All that is spoken to is on this machine.
process.env.NO_PROXY = process.env.no_proxy = "127.0.0.1,localhost";
require("ts-node/register/transpile-only");
const { recordState, states } = require("../test/helpers/states.ts");
await recordState(name, resolve(folder));
console.log(`Recorded as ${name} in ${states}`);
