import { spawnSync } from "node:child_process";

/** Skips the test, or all of a suite where called in its `before`, and says why. */
export function skip(test: Mocha.Context, reason: string): never {
  console.log(`      skipped: ${reason}`);
  test.skip();
}

/** Skips unless the program is on the PATH. */
export function needs(test: Mocha.Context, program: string, hint: string): void {
  if (spawnSync(program, ["--version"]).error) skip(test, `${program} is not installed (${hint})`);
}
