import { json } from "../http";
import type { Handler } from "./call";

/** Some releases of Astro Runtime, with the Airflow that each holds and the day that it came out. */
const releases: Readonly<Record<string, readonly [airflowVersion: string, releaseDate: string]>> = {
  "11.9.0": ["2.9.3", "2024-09-04"],
  "12.0.0": ["2.10.0", "2024-08-15"],
  "12.1.0": ["2.10.1", "2024-09-06"],
  "12.10.0": ["2.10.5", "2025-06-04"],
  "13.0.0": ["2.11.0", "2025-05-21"],
  "13.1.0": ["2.11.0", "2025-07-09"],
  "3.0-1": ["3.0.0", "2025-04-22"],
  "3.0-2": ["3.0.1", "2025-05-12"],
  "3.0-3": ["3.0.1", "2025-06-02"],
  "3.0-4": ["3.0.2", "2025-06-10"],
  "3.1-1": ["3.1.0", "2025-09-25"],
  "3.1-2": ["3.1.0", "2025-10-09"],
};

/** A release as the service lists it. What is not known of one follows from its name. */
function runtimeRelease(version: string): Record<string, unknown> {
  const [airflow, day] = releases[version] ?? [];
  return {
    version,
    airflowVersion: airflow ?? `${/^\d+\.\d+(?=-)/.exec(version)?.[0] ?? "2.10"}.0`,
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
