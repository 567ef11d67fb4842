import { createRequire } from "node:module";

interface Manifest {
  version: string;
}

// By its public name, so that the same line works from the sources and from dist/.
const manifest = createRequire(__filename)("pulumi-astro-deploy/package.json") as Manifest;

/** The version of this package, as its `package.json` states it. */
export const version = manifest.version;
