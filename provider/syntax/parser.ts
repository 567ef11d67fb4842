import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { childEnv } from "../system/process";
import { deadlineAt } from "../system/deadline";
import type { Verdict } from "./parserProcess";
import { CodedError } from "../messages";

/** The optional package that parses Python. */
export const parserPackage = "@astral-sh/ruff-wasm-nodejs";

/** What to install of it: its versions before 1.0 differ in what they offer. */
export const parserToInstall = `${parserPackage}@0.17`;

/** An installed parser. */
export interface Parser {
  /** Its folder. */
  path: string;
  version: string;
}

/** The parser did not do its work. The message completes "the syntax was not checked, since …". */
export class ParserError extends CodedError {
  override readonly name = "ParserError";
}

/**
 * Finds the parser as a module in the folder would. It is not loaded.
 *
 * @returns undefined if it is not installed.
 */
export function findParser(folder: string): Parser | undefined {
  try {
    const manifest = createRequire(join(folder, "_")).resolve(`${parserPackage}/package.json`);
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    return { path: dirname(manifest), version };
  } catch {
    return undefined;
  }
}

/** Far more than the parser needs for what it is given at a time. */
const batchMs = 60_000;

/**
 * A process that parses: it takes hundreds of MiB, which are free again once it ends. It ends with
 * this process, too.
 */
export class ParserProcess {
  readonly #child: ChildProcess;

  constructor({ path }: Parser) {
    // Without an extension, so that it is found beside the sources and in the package.
    this.#child = fork(join(__dirname, "parserProcess"), [path], {
      env: childEnv(),
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
  }

  /**
   * What is wrong with each text; null if nothing is.
   *
   * @throws ParserError if the process fails or takes too long.
   */
  async parse(texts: readonly string[], signal: AbortSignal): Promise<Verdict[]> {
    const limit = deadlineAt(Date.now() + batchMs, signal);
    const child = this.#child;
    try {
      return await new Promise<Verdict[]>((resolve, reject) => {
        const fail = (reason: string) => {
          reject(new ParserError("syntax-not-checked", reason));
        };
        child.once("message", (verdicts: Verdict[] | string) => {
          if (typeof verdicts === "string") fail(verdicts);
          else resolve(verdicts);
        });
        child.once("error", ({ message }) => {
          fail(message);
        });
        child.once("exit", (code, by) => {
          fail(`the parser ended with ${by ?? `exit code ${code ?? "unknown"}`}`);
        });
        limit.signal.addEventListener("abort", () => {
          fail(String(limit.signal.reason));
        });
        if (limit.signal.aborted) fail(String(limit.signal.reason));
        else child.send(texts);
      });
    } finally {
      limit.release();
      child.removeAllListeners();
      // A later failure of a process that is not waited for is of no interest.
      child.on("error", () => undefined);
    }
  }

  end(): void {
    this.#child.kill();
  }
}
