// The licences of the packages whose code is in the bundle, as each of them asks for.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param root - The folder that the paths start at.
 * @param files - The files that the bundle is made of.
 * @returns a text with the licence of each package.
 */
export function licencesOf(root, files) {
  const folders = new Set(files.map(packageFolder).filter(Boolean));
  const texts = [...folders].sort().map((folder) => licenceOf(join(root, folder)));
  return `The bundle contains code of these packages.\n\n${texts.join("\n")}`;
}

/** `node_modules/a/node_modules/@b/c/d.js` is of `node_modules/a/node_modules/@b/c`. */
function packageFolder(file) {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  return folder;
}

/** @throws Error if a package says nothing of its licence: it must not be in a bundle. */
function licenceOf(folder) {
  const { name, version, license, author } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (license === undefined && file === undefined) throw new Error(`${name} has no licence.`);
  const notice = existsSync(join(folder, "NOTICE")) ? ["NOTICE"] : [];
  const texts = [file, ...notice]
    .filter(Boolean)
    .map((entry) => readFileSync(join(folder, entry), "utf8").trim());
  const by = typeof author === "string" ? author : author?.name;
  const head = `${"=".repeat(80)}\n${name} ${version}: ${license ?? "see below"}${by ? `, by ${by}` : ""}\n`;
  return [head, ...texts].join("\n").concat("\n");
}
