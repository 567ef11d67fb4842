/** Some releases of Astro Runtime, with the Airflow that each holds and the day that it came out. */
export const releases: Readonly<
  Record<string, readonly [airflowVersion: string, releaseDate: string]>
> = {
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

/** The version of Airflow that a release of Astro Runtime holds. */
export function airflowVersionOf(runtime: string): string {
  const [known] = releases[runtime] ?? [];
  return known ?? `${/^\d+\.\d+(?=-)/.exec(runtime)?.[0] ?? "2.10"}.0`;
}
