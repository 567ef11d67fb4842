import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { unknownValue } from "../../lifecycle/inputs/unknownValue";

/**
 * Values as the engine sends them. Source: `sdk/go/common/resource/sig`, `resource/plugin/rpc.go`
 * in pulumi/pulumi.
 */
const signature = "4dabf18193072939515e22adb298388d";
const signatures = {
  secret: "1b47061264138c4ac30d75fd1eb44270",
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
};

/** What stands for a value that is not known yet, by the type that it will have. */
const unknowns = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  unknownValue,
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Which values are secret: all of it, or some of an object's. */
export type Secrets = boolean | { readonly [name: string]: Secrets };

/** A value, and what of it is secret. */
export interface Received<T = unknown> {
  value: T;
  secrets: Secrets;
}

type Properties = Record<string, unknown>;

/** Reads properties. The one place where secrets are unwrapped. */
export function received(struct: Struct | undefined): Received<Properties> {
  return unwrap(struct?.toJavaScript() ?? {}) as Received<Properties>;
}

/**
 * Makes properties, the same of them secret as were. The one place where secrets are wrapped. What is
 * undefined is left out, at any depth: a Struct takes none.
 */
export function sent(properties: object, secrets: Secrets): Struct {
  const present = JSON.parse(JSON.stringify(properties)) as unknown;
  return Struct.fromJavaScript(wrap(present, secrets) as Record<string, JavaScriptValue>);
}

function unwrap(value: unknown): Received {
  if (typeof value === "string" && unknowns.has(value)) {
    return { value: unknownValue, secrets: false };
  }
  if (Array.isArray(value)) {
    const items = value.map(unwrap);
    // As the engine does where it keeps secrets itself: a list is secret as a whole.
    return {
      value: items.map((item) => item.value),
      secrets: items.some(({ secrets }) => hasSecret(secrets)),
    };
  }
  if (typeof value !== "object" || value === null) return { value, secrets: false };
  const { [signature]: kind, value: inner } = value as Properties;
  if (kind === signatures.secret) return { value: unwrap(inner).value, secrets: true };
  if (kind === signatures.output) {
    const { secret } = value as { secret?: boolean };
    const known = inner === undefined ? { value: unknownValue, secrets: false } : unwrap(inner);
    return secret ? { ...known, secrets: true } : known;
  }
  const entries = Object.entries(value).map(([name, item]) => [name, unwrap(item)] as const);
  return {
    value: Object.fromEntries(entries.map(([name, item]) => [name, item.value])),
    secrets: Object.fromEntries(entries.map(([name, item]) => [name, item.secrets])),
  };
}

function wrap(value: unknown, secrets: Secrets): unknown {
  if (value === undefined || value === null || secrets === false) return value;
  if (secrets === true) return { [signature]: signatures.secret, value };
  // What was an object with a secret somewhere is something else now.
  if (typeof value !== "object" || Array.isArray(value)) {
    return wrap(value, hasSecret(secrets));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      wrap(item, Object.hasOwn(secrets, name) ? (secrets[name] ?? false) : false),
    ]),
  );
}

/** Whether anything is secret. */
export function hasSecret(secrets: Secrets): boolean {
  return typeof secrets === "boolean" ? secrets : Object.values(secrets).some(hasSecret);
}

/** What of a property is secret. */
export function secretsOf(secrets: Secrets, name: string): Secrets {
  if (typeof secrets === "boolean") return secrets;
  return Object.hasOwn(secrets, name) ? (secrets[name] ?? false) : false;
}

/** What is secret, and these properties as a whole. */
export function withSecret(secrets: Secrets, names: readonly string[]): Secrets {
  if (secrets === true) return true;
  return {
    ...(secrets === false ? {} : secrets),
    ...Object.fromEntries(names.map((name) => [name, true])),
  };
}

/** Whether a value is an asset or an archive. */
export function fileKindOf(value: object): "asset" | "archive" | undefined {
  const { [signature]: kind } = value as Properties;
  if (kind === signatures.asset) return "asset";
  return kind === signatures.archive ? "archive" : undefined;
}
