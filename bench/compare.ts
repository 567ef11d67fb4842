import { spawn, spawnSync } from "node:child_process";

/** @throws Error if the environment variable is not a positive whole number. */
export function setting(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number.`);
  return value;
}

export const rounds = setting("BENCH_ROUNDS", 3);

export interface Reference {
  name: string;
  /** A program that it requires. */
  needs?: string;
  run: () => Promise<unknown>;
}

/**
 * Prints the ratio of our time to the reference's. They alternate in going first, so that other load
 * on the machine affects both; a first round warms up.
 */
export async function compare(
  title: string,
  ours: () => Promise<unknown>,
  reference: Reference,
): Promise<void> {
  if (reference.needs !== undefined && lacks(reference.needs)) {
    console.log(`  ${title}: skipped, since ${reference.needs} is not installed`);
    return;
  }
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const times = new Map<() => Promise<unknown>, number>();
    const both = [ours, reference.run];
    for (const run of round % 2 === 0 ? both : both.reverse()) {
      const start = performance.now();
      await run();
      times.set(run, performance.now() - start);
    }
    if (round > 0) ratios.push((times.get(ours) ?? NaN) / (times.get(reference.run) ?? NaN));
  }
  print(`${title} / ${reference.name}`, ratios);
}

/** Prints the median, the minimum and the maximum of ratios. */
export function print(title: string, ratios: readonly number[]): void {
  const sorted = [...ratios].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
  const range = `(${at(sorted, 0).toFixed(2)}–${at(sorted, sorted.length - 1).toFixed(2)})`;
  console.log(`  ${title.padEnd(72)} ${median.toFixed(2)} ${sorted.length > 1 ? range : ""}`);
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? NaN;
}

function lacks(program: string): boolean {
  return spawnSync(program, ["--version"]).error !== undefined;
}

/** Runs a shell command with the arguments as `$1` and so on. */
export function shell(line: string, ...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-c", line, "sh", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${line} failed with exit code ${code ?? "unknown"}.`));
    });
  });
}
