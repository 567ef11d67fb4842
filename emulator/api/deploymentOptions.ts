import { json } from "../http";
import { airflowVersionOf, releases } from "../runtimes";
import type { Handler } from "./call";

/** A release as the service lists it. What is not known of one follows from its name. */
function runtimeRelease(version: string): Record<string, unknown> {
  const [, day] = releases[version] ?? [];
  return {
    version,
    airflowVersion: airflowVersionOf(version),
    channel: "stable",
    releaseDate: `${day ?? "2025-11-03"}T00:00:00Z`,
    airflowDatabaseMigration: false,
    stellarDatabaseMigration: false,
  };
}

/** What a Deployment can be made of: the versions of Runtime are its own, the rest is an example. */
export const getDeploymentOptions: Handler = (call) => {
  const { state, query } = call;
  const id = query.get("deploymentId");
  const deployment = id === null ? undefined : call.deploymentOf(id);
  const own = deployment ? [deployment.astroRuntimeVersion] : [];
  const offered = state.settings.runtimeReleases ?? Object.keys(releases);
  const versions = new Set([...offered, ...own]);
  return json(200, {
    executors: ["CELERY", "KUBERNETES", "ASTRO"],
    resourceQuotas: {
      defaultPodSize: { cpu: range("0.25", "0.1", "6"), memory: range("0.5Gi", "0.1Gi", "12Gi") },
      resourceQuota: { cpu: range("10", "1", "1600"), memory: range("20Gi", "2Gi", "3200Gi") },
    },
    runtimeReleases: [...versions].map(runtimeRelease),
    schedulerMachines: [{ name: "SMALL", spec: { cpu: "1", memory: "2Gi" } }],
    workerMachines: [
      {
        name: "A5",
        concurrency: range(5, 1, 15),
        spec: { cpu: "1", memory: "2Gi", ephemeralStorage: "10Gi", concurrency: 5 },
      },
    ],
    workerQueues: {
      maxWorkers: range(10, 1, 200),
      minWorkers: range(0, 0, 200),
      workerConcurrency: range(5, 1, 64),
    },
  });
};

function range<T>(byDefault: T, floor: T, ceiling: T) {
  return { ceiling, default: byDefault, floor };
}
