/** A line in a plot. */
export interface Series {
  name: string;
  /** How many, and how many seconds they take. */
  points: readonly (readonly [number, number])[];
}

const [width, height, margin] = [640, 400, 60];
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/** A plot in SVG. Both axes are logarithmic, so that what grows in proportion is a line of 45°. */
export function plot(title: string, unit: string, series: readonly Series[]): string {
  const all = series.flatMap(({ points }) => points);
  const x = axis(
    all.map(([count]) => count),
    margin,
    width - margin / 2,
  );
  const y = axis(
    all.map(([, seconds]) => seconds),
    height - margin,
    margin,
  );
  const grid = [
    ...x.ticks.map(
      (tick) =>
        line(x.at(tick), margin, x.at(tick), height - margin) +
        text(x.at(tick), height - margin + 18, name(tick)),
    ),
    ...y.ticks.map(
      (tick) =>
        line(margin, y.at(tick), width - margin / 2, y.at(tick)) +
        text(margin - 8, y.at(tick) + 4, `${name(tick)} s`, "end"),
    ),
  ];
  const lines = series.map(({ name, points }, index) => {
    const colour = colours[index % colours.length] ?? "";
    const path = points.map(
      ([count, seconds]) => `${x.at(count).toFixed(1)},${y.at(seconds).toFixed(1)}`,
    );
    const dots = path.map((point) => {
      const [cx, cy] = point.split(",");
      return `<circle cx="${cx ?? ""}" cy="${cy ?? ""}" r="3.5" fill="${colour}"/>`;
    });
    const legend = text(margin + 24, margin + 16 + index * 18, name, "start");
    return `<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}<rect x="${margin + 8}" y="${margin + 7 + index * 18}" width="10" height="10" fill="${colour}"/>${legend}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(width / 2, 28, title, "middle", 15),
    text(width / 2, height - 14, unit),
    ...grid,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

/** From the power of ten below the values to the one above them. */
function axis(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    at: (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

function name(tick: number): string {
  return tick < 1 ? String(Number(tick.toPrecision(1))) : tick.toLocaleString("en");
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#dddddd"/>`;
}

function text(x: number, y: number, content: string, anchor = "middle", size = 12): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="${size}">${content}</text>`;
}
