import { structuredPatch } from "diff";
import { ApiError } from "../api/errors";
import { readArchive, type Member } from "../blob/archive";
import { uploadPath } from "../blob/uploadUrl";
import { membersOf } from "../deploy/processing";
import type { DeployRecord } from "../state/records";
import type { EmulatorState } from "../state/state";
import { shippedVersion } from "./overview";

/** The files of a deploy, and what is different from the deploy before it. */

/** Larger texts are nothing to look at in a page. */
const maxTextBytes = 1024 * 1024;

export interface FileShown {
  name: string;
  /** Of the file that is there now, or was. */
  size: number;
  change: "added" | "changed" | "removed" | "same";
}

/** The last deploy before this one that uploaded to the same place, and was deployed. */
function deployBefore(state: EmulatorState, deploy: DeployRecord): DeployRecord | undefined {
  return state
    .deploys(deploy.deploymentId)
    .findLast(
      (other) =>
        other.internal.sequence < deploy.internal.sequence &&
        other.status === "DEPLOYED" &&
        uploadPath(other) === uploadPath(deploy) &&
        versionOf(state, other) !== undefined,
    );
}

/** The version of its upload, unless the deploy has none. */
function versionOf(state: EmulatorState, deploy: DeployRecord): string | undefined {
  const version = shippedVersion(deploy);
  return version !== undefined && state.blobs.version(version) ? version : undefined;
}

async function membersByName(state: EmulatorState, version: string | undefined) {
  const members = version === undefined ? [] : await membersOf(state, version);
  return new Map(members.map((member) => [member.name, member]));
}

export async function filesOf(state: EmulatorState, deploy: DeployRecord) {
  const before = deployBefore(state, deploy);
  const [now, then] = await Promise.all([
    membersByName(state, versionOf(state, deploy)),
    membersByName(state, before && versionOf(state, before)),
  ]);
  const names = [...new Set([...now.keys(), ...then.keys()])].sort();
  return {
    before: before?.id,
    files: names.map((name): FileShown => {
      const [present, former] = [now.get(name), then.get(name)];
      return { name, size: (present ?? former)?.size ?? 0, change: changeOf(present, former) };
    }),
  };
}

function changeOf(present: Member | undefined, former: Member | undefined): FileShown["change"] {
  if (!present) return "removed";
  if (!former) return "added";
  const isSame = present.sha256 === former.sha256 && present.linkname === former.linkname;
  return isSame ? "same" : "changed";
}

/** A file's text, and its difference to that of the deploy before. */
export async function textOf(state: EmulatorState, deploy: DeployRecord, name: string) {
  const before = deployBefore(state, deploy);
  const [now, then] = await Promise.all([
    contentOf(state, versionOf(state, deploy), name),
    contentOf(state, before && versionOf(state, before), name),
  ]);
  if (!now && !then) throw new ApiError(404, `Deploy ${deploy.id} has no file ${name}`);
  const [text, former] = [now && asText(now), then && asText(then)];
  if (text === null || former === null) return { name, isText: false };
  const { hunks } = structuredPatch(name, name, former ?? "", text ?? "");
  return {
    name,
    isText: true,
    text,
    hunks: hunks.map(({ lines, newStart }) => ({ newStart, lines })),
  };
}

async function contentOf(state: EmulatorState, version: string | undefined, name: string) {
  if (version === undefined) return undefined;
  const into: Buffer[] = [];
  const members = await readArchive(state.blobs.read(version), { name, into });
  return members.some((member) => member.name === name) ? Buffer.concat(into) : undefined;
}

/** `null` if it is no text, or too much of it. */
function asText(content: Buffer): string | null {
  if (content.length > maxTextBytes || content.includes(0)) return null;
  return content.toString("utf8");
}
