import * as pulumi from "@pulumi/pulumi";
import { createClient, type AstroClient } from "./astro/client";
import { hide } from "./redact";
import { connection, readSettings, type Settings } from "./settings";

/** The settings as the program sees them: those that the provider will be given. */
export function programSettings(): Settings {
  return readSettings((key) => pulumi.runtime.getConfig(key), process.env);
}

/**
 * A client for the program's own look-ups.
 *
 * @throws Error naming what is missing or wrong in the configuration.
 */
export function programClient(settings: Settings): AstroClient {
  if (settings.token !== undefined) hide(settings.token);
  return createClient(connection(settings));
}
