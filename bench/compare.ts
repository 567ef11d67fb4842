import { spawn, spawnSync } from "node:child_process";
import { median, record } from "./results";

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
  /** What the ratio shall be at most. */
  goal?: number;
  /** Before each run, and not measured. */
  prepare?: () => Promise<unknown>;
  rounds?: number;
}

/**
 * Finds the ratio of our time to the reference's. They alternate in going first, so that other load
 * on the machine affects both; a first round warms up.
 */
export async function compare(
  title: string,
  ours: () => Promise<unknown>,
  reference: Reference,
): Promise<void> {
  const { name, needs, goal } = reference;
  if (needs !== undefined && lacks(needs)) {
    console.log(`  ${title} / ${name}: skipped, since ${needs} is not installed`);
    return;
  }
  const ratios: number[] = [];
  const [ourTimes, theirTimes]: [number[], number[]] = [[], []];
  for (let round = 0; round <= (reference.rounds ?? rounds); round++) {
    const timed = async (run: () => Promise<unknown>, times: number[]) => {
      await reference.prepare?.();
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    };
    if (round % 2 === 0) await timed(ours, ourTimes);
    await timed(reference.run, theirTimes);
    if (round % 2 === 1) await timed(ours, ourTimes);
    if (round > 0) ratios.push((ourTimes.at(-1) ?? NaN) / (theirTimes.at(-1) ?? NaN));
  }
  record({
    what: title,
    reference: name,
    values: ratios,
    goal,
    seconds: [median(ourTimes.slice(1)) / 1000, median(theirTimes.slice(1)) / 1000],
  });
}

export function lacks(program: string): boolean {
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
