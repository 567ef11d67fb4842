import { readFileSync, readlinkSync } from "node:fs";
import { hostname, platform } from "node:os";

/**
 * Where this process's id means something: on this machine since it started and, on Linux, in this
 * container, since others have processes of the same ids.
 */
export function processPlace(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return `${platform()} ${hostname()}`;
  }
}
