export { AstroDeploy, type AstroDeployArgs, type GitArgs } from "./astroDeploy";
export type { DeployType, GitProvider } from "./astro/requests";
export type { Bundle, DeployGit, Subject } from "./astro/schemas";
