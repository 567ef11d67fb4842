/** A file or link in a tar archive. */
export interface Member {
  name: string;
  /** The permission bits. */
  mode: number;
  /** Of the content that follows, in bytes. */
  size: number;
  /** In seconds since 1970, of 31 bits. */
  time: number;
  /** What a symbolic link contains. Absent for a file. */
  target?: string;
}

/** Everything in a tar archive begins at a multiple of so many bytes. */
const unit = 512;

/**
 * What precedes a member's content: the same bytes as `tar-stream` writes, whose streams take
 * longer for a small file than reading and digesting it. A name or target that a plain header has
 * no room for gets an extended one, as POSIX says (pax).
 */
export function memberHeader(member: Member): Buffer {
  const { name, size, target } = member;
  const isFile = target === undefined;
  const type = isFile ? "0" : "2";
  if (isFile || Buffer.byteLength(target) <= 100) {
    const split = splitName(name);
    if (split) return plainHeader(member, split, size, target, type);
  }
  const extended = Buffer.from(record("path", name) + (isFile ? "" : record("linkpath", target)));
  const short = { prefix: "", name: "PaxHeader" };
  const shortTarget = isFile ? undefined : short.name;
  return Buffer.concat([
    plainHeader(member, short, extended.length, shortTarget, "x"),
    extended,
    padding(extended.length),
    plainHeader(member, short, size, shortTarget, type),
  ]);
}

/** What follows a content of so many bytes. */
export function padding(size: number): Buffer {
  return zeros.subarray(0, (unit - (size % unit)) % unit);
}

/** The end of an archive. */
export const endOfArchive = Buffer.alloc(2 * unit);

const zeros = Buffer.alloc(unit);

interface SplitName {
  prefix: string;
  name: string;
}

/** A plain header has a name in ASCII in two parts: the first folders, and the rest. */
function splitName(name: string): SplitName | undefined {
  if (Buffer.byteLength(name) !== name.length) return undefined;
  let start = 0;
  while (name.length - start > 100) {
    const slash = name.indexOf("/", start);
    if (slash === -1) return undefined;
    start = slash + 1;
  }
  const prefix = name.slice(0, Math.max(0, start - 1));
  return prefix.length > 155 ? undefined : { prefix, name: name.slice(start) };
}

/** Zero: also the owner and the group, so that the archive is the same for every user. */
const zero = octal(0, 6);

function plainHeader(
  { mode, time }: Member,
  { prefix, name }: SplitName,
  size: number,
  target: string | undefined,
  type: string,
): Buffer {
  const header = Buffer.alloc(unit);
  header.write(name, 0, "latin1");
  header.write(octal(mode, 6), 100, "latin1");
  header.write(zero, 108, "latin1");
  header.write(zero, 116, "latin1");
  if (size < 8 ** 11) header.write(octal(size, 11), 124, "latin1");
  else {
    // As GNU tar does: a number that is not octal.
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  header.write(octal(time, 11), 136, "latin1");
  header.write(type, 156, "latin1");
  if (target !== undefined) header.write(target, 157);
  header.write("ustar\u000000", 257, "latin1");
  // The numbers of a device.
  header.write(zero, 329, "latin1");
  header.write(zero, 337, "latin1");
  if (prefix !== "") header.write(prefix, 345, "latin1");
  // The sum is taken with spaces in its own place.
  let sum = 8 * 0x20;
  for (let at = 0; at < unit; at++) sum += header[at] ?? 0;
  header.write(octal(sum, 6), 148, "latin1");
  return header;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")} `;
}

/** Begins with its own length, which counts its own digits. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const length = Buffer.byteLength(rest);
  let digits = String(length).length;
  if (String(length + digits).length > digits) digits++;
  return `${length + digits}${rest}`;
}
