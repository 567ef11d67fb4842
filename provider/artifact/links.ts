import { readlinkSync } from "node:fs";
import { isAbsolute } from "node:path";
import { joinPath } from "./names";

/** As many links as Linux follows before it calls them a circle. */
const maxHops = 40;

/**
 * Says why a link of a tree must not ship, if it must not. Every step on the way to its target,
 * also through other links, has to stay inside the root. An absolute target is refused even where
 * it is inside: it names a place on this machine, and would make the digest depend on it.
 *
 * @param base The root's path.
 * @param name The link's name, relative to the root.
 */
export function linkProblem(base: string, name: string, target: string): string | undefined {
  // The target is not told: it may say where the folder lies.
  if (isAbsolute(target))
    return "is a link to an absolute path, which names a place on this machine";
  return leaves(base, name, target) ? "is a link that leaves the folder" : undefined;
}

function leaves(base: string, name: string, target: string): boolean {
  const here = name.split("/").slice(0, -1);
  const ahead = target.split("/").reverse();
  let hops = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (here.pop() === undefined) return true;
      continue;
    }
    here.push(part);
    const next = linkTarget(joinPath(base, here.join("/")));
    if (next === undefined) continue;
    if (isAbsolute(next)) return true;
    if (++hops > maxHops) return false;
    here.pop();
    ahead.push(...next.split("/").reverse());
  }
  return false;
}

/** The target of a link; nothing for what is no link or does not exist, which leads nowhere else. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
