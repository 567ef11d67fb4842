import { readlinkSync } from "node:fs";
import { isAbsolute } from "node:path";
import { joinPath } from "./names";

/** As many links as Linux follows before it assumes a cycle. */
const maxHops = 40;

/**
 * Why a link of a tree must not ship; undefined if it may. Every step to its target, also through
 * other links, has to stay inside the root. An absolute target is rejected even if it is inside,
 * since the digest would then depend on this machine.
 *
 * @param base - The root's path.
 * @param name - The link's name, relative to the root.
 */
export function linkProblem(base: string, name: string, target: string): string | undefined {
  // The message does not contain the target, which may contain the folder's path.
  if (isAbsolute(target)) return "is a link to an absolute path, which only this machine has";
  return leavesRoot(base, name, target) ? "is a link that leaves the folder" : undefined;
}

function leavesRoot(base: string, name: string, target: string): boolean {
  const reached = name.split("/").slice(0, -1);
  const remaining = target.split("/").reverse();
  let hops = 0;
  for (let part = remaining.pop(); part !== undefined; part = remaining.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (reached.pop() === undefined) return true;
      continue;
    }
    reached.push(part);
    const next = linkTarget(joinPath(base, reached.join("/")));
    if (next === undefined) continue;
    if (isAbsolute(next)) return true;
    if (++hops > maxHops) return false;
    reached.pop();
    remaining.push(...next.split("/").reverse());
  }
  return false;
}

/** The target of a link; undefined if the path is no link or does not exist. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
