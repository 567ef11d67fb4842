import type { AstroClient } from "../astro/client";
import type { Engine } from "../hosts/dynamic/engine";
import type { Reporter } from "../hosts/dynamic/reporter";
import type { Settings } from "../hosts/settings";
import type { Declarations } from "./inputs/declaration";

/** What the lifecycle's steps share within one process. */
export interface Session {
  settings: Settings;
  /** None where no engine runs the steps: in tests of them. */
  engine?: Engine | undefined;
  /**
   * The client of the configured API.
   *
   * @throws Error naming what is missing or wrong in the configuration.
   */
  client(): AstroClient;
  reporter: Reporter;
  declarations: Declarations;
}
