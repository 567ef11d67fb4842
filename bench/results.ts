import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { plot, type Series } from "./plot";

/** One line of the table. */
export interface Row {
  what: string;
  /** What it is a ratio to, or its unit. */
  reference: string;
  values: readonly number[];
  goal?: number | undefined;
  /** Ours and the reference's, if it is a ratio of times. */
  seconds?: readonly [number, number];
}

/** How something grows. */
export interface Growth {
  /** The name of the picture. */
  file: string;
  title: string;
  /** What there is more of from point to point. */
  unit: string;
  series: readonly Series[];
  /** What a reader has to know about it. */
  note: string;
}

const rows: Row[] = [];
const growths: Growth[] = [];

export function record(row: Row): void {
  rows.push(row);
  console.log(`  ${[row.what, `/ ${row.reference}`, ...cells(row)].join("  ")}`);
}

export function recordGrowth(growth: Growth): void {
  growths.push(growth);
  for (const line of growthLines(growth)) console.log(`  ${line}`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

function cells({ values, goal, seconds }: Row): string[] {
  const spread =
    values.length > 1 ? `${show(Math.min(...values))}–${show(Math.max(...values))}` : "";
  return [
    show(median(values)),
    spread,
    goal === undefined ? "" : `≤ ${goal}`,
    seconds ? seconds.map((each) => `${show(each)} s`).join(" / ") : "",
  ];
}

function show(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value < 0.1) return String(Number(value.toPrecision(2)));
  // The sizes of archives differ little.
  return value.toFixed(Math.abs(value - 1) < 0.01 ? 4 : 2);
}

/** How much longer ten times as many take, from point to point. */
function growthLines({ title, unit, series }: Growth): string[] {
  return series.map(({ name, points }) => {
    const steps = points.slice(1).map(([count, seconds], index) => {
      const [before = NaN, secondsBefore = NaN] = points[index] ?? [];
      const factor = (seconds / secondsBefore) ** (1 / Math.log10(count / before));
      return `× ${factor.toFixed(1)}`;
    });
    const times = points.map(([count, seconds]) => `${count}: ${show(seconds)} s`).join(", ");
    return `${title}, ${name}: ${times}; each ten times as many ${unit} take ${steps.join(", ")}`;
  });
}

/** Writes the table and the plots. */
export function writeResults(folder: string): void {
  const table = [
    "| What | Compared with | Median | Lowest–highest | Goal | Ours / theirs |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${[row.what, row.reference, ...cells(row)].join(" | ")} |`),
  ];
  const plots = growths.flatMap((growth) => {
    writeFileSync(join(folder, growth.file), plot(growth.title, growth.unit, growth.series));
    const lines = growthLines(growth).map((line) => `- ${line.replaceAll("|", "/")}`);
    return ["", `![${growth.title}](${growth.file})`, "", ...lines, "", growth.note];
  });
  const text = [
    "# Results of `npm run bench`",
    "",
    `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB. ${versions().join(", ")}.`,
    "",
    "Medians of ratios in turns; below 1 is less than the reference. A line without a reference is a number of its unit.",
    "",
    ...table,
    "",
    "## Growth",
    ...plots,
    "",
  ];
  writeFileSync(join(folder, "RESULTS.md"), text.join("\n"));
}

function versions(): string[] {
  const firstLine = (program: string, ...args: string[]) => {
    const { error, stdout } = spawnSync(program, args, { encoding: "utf8" });
    return error ? undefined : stdout.split("\n")[0]?.trim();
  };
  const version = (name: string) => {
    const file = join(__dirname, "..", "node_modules", name, "package.json");
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  };
  return [
    `Node.js ${process.versions.node}`,
    `Pulumi ${version("pulumi")}`,
    `@pulumi/pulumi ${version("@pulumi/pulumi")}`,
    ...[
      firstLine("tar", "--version"),
      firstLine("curl", "--version")?.split(" (")[0],
      firstLine("pigz", "--version"),
    ].flatMap((line) => (line === undefined || line === "" ? [] : [line])),
  ];
}
