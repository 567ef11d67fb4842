/* eslint-disable @typescript-eslint/no-require-imports -- a module that is loaded late, and not by import(), which only finds names with extensions */
import type * as onDemand from "./onDemand";

/** Loads what look-ups and `gitFromCheckout` need, and what a program that only declares deploys does not. */
export function loadOnDemand(): typeof onDemand {
  return require("./onDemand") as typeof onDemand;
}
