import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { environmentVariable } from "../../system/process";
import { registerSecret } from "../../http/redact";
import type { PushOptions } from "./tool";

/** The logins of Docker's configuration file. */
interface Logins {
  auths?: Record<string, unknown>;
  /** The program that returns the login, for each registry's host. */
  credHelpers?: Record<string, string>;
}

/** Writes a Docker configuration file with the login of the destination, and others. */
export async function writeLogins({ folder, login }: PushOptions, others: Logins): Promise<string> {
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  registerSecret(auth);
  const file = join(folder, "config.json");
  const auths = { ...others.auths, [login.host]: { auth } };
  await writeFile(file, JSON.stringify({ ...others, auths }), { mode: 0o600 });
  return file;
}

/** The user's own login for the registry of a source. */
export async function userLogins(source: string): Promise<Logins> {
  const { auths, credHelpers, credsStore } = await userConfig();
  const host = registryOf(source);
  // A credential store would also be used for the destination, so only its helper is kept.
  const helper = credHelpers?.[host] ?? credsStore;
  return {
    ...(auths && { auths }),
    ...(helper !== undefined && { credHelpers: { [host]: helper } }),
  };
}

/** Docker's key for the login of Docker Hub. */
const dockerHub = "https://index.docker.io/v1/";

function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  return isHost && !/^(index\.)?docker\.io$/.test(first) ? first : dockerHub;
}

/** The first file of logins that exists, in crane's order. */
async function userConfig(): Promise<Logins & { credsStore?: string }> {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR } = process.env;
  const files = [
    join(environmentVariable("DOCKER_CONFIG") ?? join(homedir(), ".docker"), "config.json"),
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, "containers", "auth.json"),
  ];
  for (const file of files) {
    const text = file && (await readFile(file, "utf8").catch(() => undefined));
    if (text) return JSON.parse(text) as Logins;
  }
  return {};
}
