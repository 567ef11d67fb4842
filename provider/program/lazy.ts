/* eslint-disable @typescript-eslint/no-require-imports -- a module that is loaded late, and not by import(), which only finds names with extensions */
import type * as settings from "./settings";

/**
 * What few programs need of the configuration: with it come the client and its packages, which take
 * longer to load than all the rest.
 */
export function loadSettings(): typeof settings {
  return require("./settings") as typeof settings;
}
