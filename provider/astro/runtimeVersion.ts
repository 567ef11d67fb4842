/**
 * A version of Astro Runtime: `12.1.0` up to Airflow 2, and `3.0-1` since Airflow 3, with Airflow's
 * own version as the first two numbers.
 */
export interface RuntimeVersion {
  airflowMajor: number;
  numbers: readonly number[];
}

/** @returns undefined if the text is not a version. */
export function parseRuntimeVersion(text: string): RuntimeVersion | undefined {
  const [, since3, until2] = /^v?(?:(\d+\.\d+-\d+)|(\d+\.\d+\.\d+))(?:[.+-].*)?$/.exec(text) ?? [];
  const numbers = (since3 ?? until2)?.split(/[.-]/).map(Number);
  if (!numbers) return undefined;
  return { airflowMajor: since3 === undefined ? 2 : (numbers[0] ?? 0), numbers };
}

/** @returns a negative number if `a` is older, a positive one if newer, 0 if equal. */
export function compareRuntimeVersions(a: RuntimeVersion, b: RuntimeVersion): number {
  const keysOf = (version: RuntimeVersion) => [version.airflowMajor, ...version.numbers];
  const others = keysOf(b);
  return (
    keysOf(a)
      .map((number, place) => number - (others[place] ?? 0))
      .find(Boolean) ?? 0
  );
}
