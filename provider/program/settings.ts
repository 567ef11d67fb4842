import * as pulumi from "@pulumi/pulumi";
import { createClient, type AstroClient } from "../astro/client";
import { registerSecret } from "../http/redact";
import { connection, readSettings, type Settings } from "../hosts/settings";

/** The settings as the program sees them: those that the provider will be given. */
export function programSettings(): Settings {
  return readSettings((key) => pulumi.runtime.getConfig(key), process.env);
}

/** By their settings: look-ups of one program share the connections. */
const clients = new Map<string, AstroClient>();

/**
 * The client for the program's own look-ups.
 *
 * @throws Error naming what is missing or wrong in the configuration.
 */
export function programClient(settings: Settings): AstroClient {
  if (settings.token !== undefined) registerSecret(settings.token);
  const known = connection(settings);
  const key = JSON.stringify(known);
  const client = clients.get(key) ?? createClient(known);
  clients.set(key, client);
  return client;
}
