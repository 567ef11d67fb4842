import { openSession, type HostSession } from "../../provider/hosts/session";
import { readSettings } from "../../provider/hosts/settings";

/** A session with the settings of an environment, that reports nothing and keeps no journal. */
export function sessionOf(environment: Readonly<Record<string, string>> = {}): HostSession {
  return openSession({
    settings: readSettings(() => undefined, environment),
    reporter: { progress: () => undefined, notice: () => undefined, warning: () => undefined },
    home: "/nowhere",
  });
}
