/*
 * What few programs need: `lazy.ts` loads it. With it come the client and its packages, which take
 * longer to load than all the rest.
 */
export { readCheckout } from "../git/checkout";
export { findDeployment } from "../lookups/findDeployment";
export { findDeploy, findDeploys, findNewestDeploy } from "../lookups/findDeploys";
export { lookUp } from "../lookups/lookUp";
export { programSettings } from "./settings";
