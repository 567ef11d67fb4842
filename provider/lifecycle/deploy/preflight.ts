import type { ImageInfo } from "../../image/info";
import { runtimeLabel } from "../../image/info";
import { compareRuntimeVersions, parseRuntimeVersion } from "../../astro/runtimeVersion";
import type { Deployment } from "../../astro/responses";
import { readToken } from "../../astro/token";
import type { DeployInputs } from "../inputs/table";
import { type MessageCode } from "../../messages";

/** A problem, with its remedy, in one sentence without a capital. */
export interface Problem {
  text: string;
  code: MessageCode;
}

/**
 * What the service would refuse only after the deploy exists, found by one read of the Deployment
 * before anything is created: one sentence for each problem, with its remedy.
 *
 * @param offeredRuntimes - The versions of Runtime that Astro offers; none if that is not known.
 */
export function findProblems(
  deployment: Deployment,
  inputs: DeployInputs,
  token: string | undefined,
  image: ImageInfo | undefined,
  offeredRuntimes: readonly string[] = [],
): Problem[] {
  const name = `the Deployment ${deployment.name} (${deployment.id})`;
  // A rollback ships nothing, and brings back whether DAG deploys were on.
  const ships = inputs.rollbackTo === undefined;
  return [
    ...(ships ? dagDeployObstacles(deployment, inputs, name) : []),
    ...(ships ? hybridObstacles(deployment, inputs, name) : []),
    ...tokenObstacles(deployment, token, name),
    ...(deployment.status === "HIBERNATING" && !inputs.wakeUp
      ? [
          {
            code: "hibernating" as const,
            text: `${name} hibernates and takes no deploys: set wakeUp to wake it up for the deploy, or wake it up in the Astro UI.`,
          },
        ]
      : []),
    ...runtimeObstacles(deployment, image, offeredRuntimes, name),
  ];
}

function dagDeployObstacles(deployment: Deployment, inputs: DeployInputs, name: string): Problem[] {
  if (!deployment.isDagDeployEnabled) {
    // With remote execution the user ships the DAGs in another way, and the image comes alone.
    const allowed = ["IMAGE_AND_DAG"];
    if (deployment.remoteExecution?.enabled) allowed.push("IMAGE_ONLY");
    if (!allowed.includes(inputs.type)) {
      return [
        {
          code: "dag-deploys",
          text: `DAG deploys are off on ${name}, so it takes deploys of type ${allowed.join(" and ")} only: turn DAG deploys on for it, or deploy an image that holds the DAGs.`,
        },
      ];
    }
    if (inputs.dags !== undefined) {
      return [
        {
          code: "dag-deploys",
          text: `DAG deploys are off on ${name}, so the DAGs come in the image: leave dags out, or turn DAG deploys on for it.`,
        },
      ];
    }
  } else if (inputs.type === "IMAGE_AND_DAG" && inputs.dags === undefined) {
    return [
      {
        code: "dag-deploys",
        text: `DAG deploys are on for ${name}, so a deploy of type IMAGE_AND_DAG ships DAGs beside the image: name their folder in dags, or use type IMAGE_ONLY.`,
      },
    ];
  }
  return [];
}

/** By this DAG Astronomer watches a Deployment in the user's own cloud. Source: the `astro` CLI. */
const monitoringDag = "astronomer_monitoring_dag.py";

function hybridObstacles(deployment: Deployment, inputs: DeployInputs, name: string): Problem[] {
  const { dagsFiles } = inputs;
  if (deployment.type !== "HYBRID" || dagsFiles === undefined) return [];
  // Of very many files the summary has one key.
  if (monitoringDag in dagsFiles || "./" in dagsFiles) return [];
  return [
    {
      code: "monitoring-dag",
      text: `${name} is HYBRID, and Astronomer watches it by the DAG ${monitoringDag}, which the astro CLI adds and this deploy would remove: put it into the folder.`,
    },
  ];
}

function tokenObstacles(
  deployment: Deployment,
  token: string | undefined,
  name: string,
): Problem[] {
  if (!deployment.isCicdEnforced || token === undefined) return [];
  const claims = readToken(token);
  return claims === undefined || claims.isApiToken
    ? []
    : [
        {
          code: "ci-cd-only",
          text: `${name} takes deploys from CI/CD only, and the token is a user's: use an API token, or turn the enforcement of CI/CD deploys off for it.`,
        },
      ];
}

/** The oldest Runtime that can be brought from Airflow 2 to 3. Source: the `astro` CLI. */
const leastFor3 = { airflowMajor: 2, numbers: [12, 0, 0] };

/** Whether an image brings another Runtime than the Deployment has, if both are known. */
export function changesRuntime(deployment: Deployment, image: ImageInfo): boolean {
  const { from, to } = runtimesOf(deployment, image);
  return from !== undefined && to !== undefined && compareRuntimeVersions(from, to) !== 0;
}

function runtimesOf(deployment: Deployment, image: ImageInfo | undefined) {
  const present = deployment.astroRuntimeVersion ?? deployment.runtimeVersion ?? "";
  const next = image?.labels[runtimeLabel] ?? "";
  return { present, next, from: parseRuntimeVersion(present), to: parseRuntimeVersion(next) };
}

function runtimeObstacles(
  deployment: Deployment,
  image: ImageInfo | undefined,
  offeredRuntimes: readonly string[],
  name: string,
): Problem[] {
  const { present, next, from, to } = runtimesOf(deployment, image);
  if (!from || !to) return [];
  if (compareRuntimeVersions(to, from) < 0) {
    return [
      {
        code: "runtime-version",
        text: `the image is built on Astro Runtime ${next}, older than the ${present} of ${name}, which cannot go back: build it on ${present} or newer.`,
      },
    ];
  }
  if (
    from.airflowMajor === 2 &&
    to.airflowMajor === 3 &&
    compareRuntimeVersions(from, leastFor3) < 0
  ) {
    return [
      {
        code: "runtime-version",
        text: `the image brings Airflow 3, and ${name} is on Astro Runtime ${present}: deploy an image on Runtime 12.0.0 or newer first.`,
      },
    ];
  }
  const offered = offeredRuntimes
    .flatMap((text) => {
      const version = parseRuntimeVersion(text);
      return version ? [{ text, version }] : [];
    })
    .sort((a, b) => compareRuntimeVersions(a.version, b.version));
  const newest = offered.at(-1);
  // The Deployment's own is not asked about: it runs there, offered to others or not.
  if (
    !newest ||
    compareRuntimeVersions(from, to) === 0 ||
    offered.some(({ version }) => compareRuntimeVersions(version, to) === 0)
  ) {
    return [];
  }
  return [
    {
      code: "runtime-version",
      text: `the image is built on Astro Runtime ${next}, which Astro does not offer to ${name}: build it on one that it offers, such as ${newest.text}.`,
    },
  ];
}
