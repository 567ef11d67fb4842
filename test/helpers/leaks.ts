import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import type { Stack } from "./engine";

/** What was said or written, by where that was. */
export type Texts = [place: string, text: string][];

/** Where Pulumi writes what it can be made to write, in a folder of the project. */
export const written = ".written";

/** Has Pulumi write all that it can from now on: partly by itself, partly by the returned flags. */
export function watch(stack: Stack): string[] {
  mkdirSync(stack.path(written, "temporary"), { recursive: true });
  stack.setEnv("TMPDIR", stack.path(written, "temporary"));
  stack.setEnv("PULUMI_DEBUG_GRPC", stack.path(written, "gRPC log"));
  stack.setEnv("PULUMI_DEBUG_PROMISE_LEAKS", "true");
  return [
    `--event-log=${stack.path(written, "event log")}`,
    `--tracing=file:${stack.path(written, "trace")}`,
    `--otel-traces=file://${stack.path(written, "telemetry")}`,
    "--logflow",
    "-v=9",
  ];
}

/** Every file below a folder. What is compressed is unpacked, as far as it goes. */
export function filesBelow(folder: string): Texts {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("/node_modules/"))
    .map((path) => [relative(folder, path), textOf(readFileSync(path))]);
}

function textOf(bytes: Buffer): string {
  const isGzip = bytes.length > 2 && bytes.readUInt16BE() === 0x1f8b;
  // What a killed process wrote has no end.
  return (isGzip ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes).toString(
    "latin1",
  );
}

/** Where a text has one of the secrets, as it is or as URLs have it; -1 where it has none. */
export function find(text: string, secrets: readonly string[]): number {
  return Math.max(...secrets.flatMap(formsOf).map((form) => text.indexOf(form)));
}

function formsOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret)];
  try {
    return [...forms, decodeURIComponent(secret)];
  } catch {
    return forms;
  }
}

/** Fails where one of the secrets is in one of the texts, and shows what stands before it. */
export function assertNowhere(secrets: readonly string[], texts: Texts): void {
  assert.ok(secrets.length > 0 && secrets.every((secret) => secret !== ""));
  for (const [place, text] of texts) {
    const at = find(text, secrets);
    assert.equal(at, -1, `${place} holds a secret: ${text.slice(Math.max(0, at - 300), at)}`);
  }
}
