/**
 * Versions of Astro Runtime: `12.1.0` up to Airflow 2, and since Airflow 3 `3.0-1`, where the first
 * two numbers are Airflow's own.
 */
export interface RuntimeVersion {
  airflowMajor: number;
  numbers: readonly number[];
}

/** @returns undefined where the text is not a version. */
export function parseRuntimeVersion(text: string): RuntimeVersion | undefined {
  const [, since3, until2] = /^v?(?:(\d+\.\d+-\d+)|(\d+\.\d+\.\d+))(?:[.+-].*)?$/.exec(text) ?? [];
  const numbers = (since3 ?? until2)?.split(/[.-]/).map(Number);
  if (!numbers) return undefined;
  return { airflowMajor: since3 === undefined ? 2 : (numbers[0] ?? 0), numbers };
}

/** Negative where `a` is the older one, positive where it is the newer, 0 where they are equal. */
export function compareRuntimeVersions(a: RuntimeVersion, b: RuntimeVersion): number {
  const keysOf = (version: RuntimeVersion) => [version.airflowMajor, ...version.numbers];
  const others = keysOf(b);
  return (
    keysOf(a)
      .map((number, place) => number - (others[place] ?? 0))
      .find(Boolean) ?? 0
  );
}
