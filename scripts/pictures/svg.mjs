// A terminal's lines as an SVG that follows the reader's light or dark theme.

const [width, height, margin] = [8.4, 19, 16];

/** The colours of a terminal, in the order of its palette: for light and for dark. Bright ones are the same. */
const palette = [
  ["#24292f", "#8b949e"],
  ["#b3261e", "#ff7b72"],
  ["#116329", "#56d364"],
  ["#7a4d00", "#e3b341"],
  ["#0550ae", "#79c0ff"],
  ["#8250df", "#d2a8ff"],
  ["#1b6a76", "#56d4dd"],
  ["#57606a", "#b1bac4"],
];

const escape = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function rules(theme) {
  const own = theme === 0 ? ["#ffffff", "#d0d7de", "#24292f"] : ["#0d1117", "#30363d", "#e6edf3"];
  return [
    `.back{fill:${own[0]};stroke:${own[1]}}text{fill:${own[2]}}`,
    ...[...palette, ...palette].map((colors, index) => `.c${index}{fill:${colors[theme]}}`),
  ].join("");
}

function span({ text, color, bold, dim, underline }) {
  const classes = [
    color !== undefined && `c${color}`,
    bold && "b",
    dim && "d",
    underline && "u",
  ].filter(Boolean);
  return classes.length === 0
    ? escape(text)
    : `<tspan class="${classes.join(" ")}">${escape(text)}</tspan>`;
}

/** @param title - What the picture shows, for those who cannot see it. */
export function svgOf(lines, columns, title) {
  const size = [columns * width + 2 * margin, lines.length * height + 2 * margin].map(Math.round);
  const texts = lines.map((runs, row) => {
    const y = margin + (row + 0.75) * height;
    return runs.length === 0
      ? ""
      : `<text x="${margin}" y="${y}">${runs.map(span).join("")}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size.join(" ")}" role="img">
<title>${escape(title)}</title>
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;white-space:pre}.b{font-weight:600}.d{opacity:.7}.u{text-decoration:underline}${rules(0)}@media (prefers-color-scheme:dark){${rules(1)}}</style>
<rect class="back" x=".5" y=".5" width="${size[0] - 1}" height="${size[1] - 1}" rx="8"/>
${texts.filter(Boolean).join("\n")}
</svg>
`;
}
