import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

/** An id that looks like the service's: `c` and 24 lower-case letters and digits. */
export function newId(): string {
  const bytes = randomBytes(24);
  return "c" + Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join("");
}

/** The service names an image after the moment of its deploy: `deploy-2023-10-18T09-30-05`. */
export function imageTagOf(time: number, resolution: "minute" | "second"): string {
  const length = resolution === "minute" ? 16 : 19;
  return `deploy-${new Date(time).toISOString().slice(0, length).replaceAll(":", "-")}`;
}

/** Ticks of 100 ns since the epoch: the resolution of a blob's version id. */
export const ticksPerMs = 10_000n;

/** The moment of a version id. */
export function ticksOf(versionId: string): bigint {
  const seconds = Date.parse(`${versionId.slice(0, 19)}Z`);
  return BigInt(seconds) * ticksPerMs + BigInt(versionId.slice(20, 27));
}

/** A blob's version id, such as `2024-01-12T18:32:20.5898930Z`. */
export function versionIdOf(ticks: bigint): string {
  const seconds = new Date(Number(ticks / ticksPerMs)).toISOString().slice(0, 19);
  return `${seconds}.${(ticks % 10_000_000n).toString().padStart(7, "0")}Z`;
}
