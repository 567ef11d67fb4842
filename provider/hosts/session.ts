import { homedir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { AstroClient } from "../astro/client";
import { Wakings } from "../lifecycle/deploy/wakings";
import { Declarations } from "../lifecycle/inputs/declarations";
import { DeploymentLocks } from "../lifecycle/recovery/deploymentLock";
import type { Engine, Reporter, Session } from "../lifecycle/session";
import { findParser, type Parser } from "../syntax/parser";
import { Memo } from "../system/memo";
import { createClient } from "./lazy";
import { connection, type Settings } from "./settings";

interface SessionOptions {
  settings: Settings;
  reporter: Reporter;
  engine?: Engine | undefined;
  home: string;
  /** The program's folder, from which its packages are found. Default none is. */
  programFolder?: string | undefined;
  /** Default never. */
  signal?: AbortSignal | undefined;
  uploadLimits?: Session["uploadLimits"];
}

/** A session whose settings a host may change. */
export interface HostSession extends Session {
  configure(settings: Settings): void;
  /** The same session for one call, with what is the call's own. */
  forCall(call: Pick<Session, "reporter" | "signal">): Session;
}

/** Opens the session of a process. */
export function openSession({
  settings,
  signal = new AbortController().signal,
  programFolder,
  ...options
}: SessionOptions): HostSession {
  let client: AstroClient | undefined;
  let parser: { found: Parser | undefined } | undefined;
  return {
    ...options,
    settings,
    signal,
    sharedSignal: signal,
    client() {
      return (client ??= createClient({
        ...connection(this.settings),
        signal,
        report: (message) => {
          options.reporter.notice(message, "version-ended");
        },
      }));
    },
    configure(changed) {
      // A state that several releases have written configures once for each.
      if (!isDeepStrictEqual(changed, this.settings)) client = undefined;
      this.settings = changed;
    },
    parser() {
      parser ??= { found: programFolder === undefined ? undefined : findParser(programFolder) };
      return parser.found;
    },
    declarations: new Declarations(),
    memo: new Memo(),
    locks: new DeploymentLocks(),
    wakings: new Wakings(),
    forCall(call) {
      return { ...this, ...call, client: () => this.client().withSignal(call.signal) };
    },
  };
}

/** Pulumi's own folder. An empty variable counts as not set: CI systems pass them so. */
export function pulumiHome(environment: Readonly<Record<string, string | undefined>>): string {
  const { PULUMI_HOME = "", HOME = "" } = environment;
  return PULUMI_HOME || join(HOME || homedir(), ".pulumi");
}
