import * as pulumi from "@pulumi/pulumi";
import { createClient, type AstroClient } from "../astro/client";
import { registerSecret } from "../http/redact";
import { connection, readSettings, type Settings } from "../hosts/settings";
import { withCode } from "../messages";

/** The settings in the program's process, the same that the provider gets. */
export function programSettings(): Settings {
  return readSettings((key) => pulumi.runtime.getConfig(key), process.env);
}

/** By their settings: look-ups of one program share the connections. */
const clients = new Map<string, AstroClient>();

/**
 * The client for the program's own look-ups.
 *
 * @throws Error with what is missing or wrong in the configuration.
 */
export function programClient(settings: Settings): AstroClient {
  if (settings.token !== undefined) registerSecret(settings.token);
  const connectTo = connection(settings);
  const key = JSON.stringify(connectTo);
  const client =
    clients.get(key) ??
    createClient({
      ...connectTo,
      report: (message) => void pulumi.log.info(withCode(message, "version-ended")),
    });
  clients.set(key, client);
  return client;
}
