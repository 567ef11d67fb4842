import type { AstroClient } from "../astro/client";
import type { Settings } from "../hosts/settings";
import type { UploadLimits } from "../blob/upload";
import type { Parser } from "../syntax/parser";
import type { Memo } from "../system/memo";
import type { Declarations } from "./inputs/declarations";
import type { Wakings } from "./deploy/wakings";
import type { DeploymentLocks } from "./recovery/deploymentLock";
import { type MessageCode } from "../messages";

/** The engine that the steps run for. */
export interface Engine {
  /** `host:port` of its services. */
  address: string;
  /**
   * Ends this process if the engine has ended: nobody asks for the rest any more, and the engine
   * that comes next would find that the Deployment changed behind its back.
   */
  exitIfEnded(): Promise<void>;
}

/** Reports to the person at the terminal. */
export interface Reporter {
  /** Transient, for whoever watches. CI systems get none, since their logs would keep it. */
  progress(message: string): void;
  /** Shown at the end as well, and in the logs of CI systems. */
  notice(message: string, code?: MessageCode): void;
  /** A notice of what is most likely a mistake. */
  warning(message: string, code: MessageCode): void;
}

/**
 * What the steps of the lifecycle share within one process. A host opens one; the steps keep nothing
 * anywhere else. A host whose calls end by themselves, or report to a place of their own, derives a
 * session for each.
 */
export interface Session {
  settings: Settings;
  /** Absent if no engine runs the steps: in tests of them. */
  engine?: Engine | undefined;
  /**
   * The client of the configured API.
   *
   * @throws Error naming what is missing or wrong in the configuration.
   */
  client(): AstroClient;
  reporter: Reporter;
  /** Ends what is under way. A deploy that was created is kept, and the next run resumes it. */
  signal: AbortSignal;
  /** Ends what several calls share, when all of them are to end. */
  sharedSignal: AbortSignal;
  /** The folder in which Pulumi keeps what is this machine's own: `~/.pulumi`. */
  home: string;
  /** What parses Python, if the program has it installed. */
  parser(): Parser | undefined;
  declarations: Declarations;
  /** What is made once a process: the digests and the packages of the sources. */
  memo: Memo;
  locks: DeploymentLocks;
  wakings: Wakings;
  /** How uploads are cut. Default as the blob service likes it. */
  uploadLimits?: Readonly<UploadLimits> | undefined;
}
