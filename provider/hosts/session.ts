import { homedir } from "node:os";
import { join } from "node:path";
import { createClient, type AstroClient } from "../astro/client";
import { Declarations } from "../lifecycle/inputs/declaration";
import { DeploymentLocks } from "../lifecycle/recovery/deploymentLock";
import type { Engine, Reporter, Session } from "../lifecycle/session";
import { findParser, type Parser } from "../syntax/parser";
import { Memo } from "../system/memo";
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
    client() {
      return (client ??= createClient({ ...connection(this.settings), signal }));
    },
    configure(changed) {
      this.settings = changed;
      client = undefined;
    },
    parser() {
      parser ??= { found: programFolder === undefined ? undefined : findParser(programFolder) };
      return parser.found;
    },
    declarations: new Declarations(),
    memo: new Memo(),
    locks: new DeploymentLocks(),
  };
}

/** Pulumi's own folder. An empty variable counts as not set: CI systems pass them so. */
export function pulumiHome(environment: Readonly<Record<string, string | undefined>>): string {
  const { PULUMI_HOME = "", HOME = "" } = environment;
  return PULUMI_HOME || join(HOME || homedir(), ".pulumi");
}
