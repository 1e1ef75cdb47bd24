/**
 * Draws the chart of docs/benchmarks.md: the time of one call, per client and runtime.
 *
 * @module
 */

import type { Row } from "./rows.ts";
import { figure } from "./targets.ts";

const WIDTH = 860;
const LABEL = 170;
const RIGHT = 90;
const BAR = 9;
const COLORS = ["#2f6db5", "#3f8f4f", "#c8772b", "#8a5cb0", "#777777"];

interface Panel {
  readonly scenario: string;
  readonly title: string;
}

const PANELS: readonly Panel[] = [
  { scenario: "async small JSON", title: "Small JSON, awaited: time of a call" },
  { scenario: "sync small JSON", title: "Small JSON, this thread blocked, and the floors" },
  { scenario: "sync small JSON, others", title: "Small JSON, this thread blocked: other clients" },
];

/** Our own rows stand out. */
const OWN = /^(await get|getSync)$/;
/** A second run of the same. */
const NOISE = / again$/;

/** The chart as SVG; lengths are logarithmic, and each panel says so. */
export function chart(rows: readonly Row[]): string {
  const timed = rows.filter(({ value, name }) => value && !NOISE.test(name));
  const runtimes = [...new Set(timed.map((row) => row.runtime))].filter((name) => name !== "");
  const color = (runtime: string): string =>
    COLORS[runtimes.indexOf(runtime) % COLORS.length] as string;
  const parts: string[] = [];
  let y = 24;
  for (const [place, runtime] of runtimes.entries()) {
    const x = 10 + place * 160;
    parts.push(`<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${color(runtime)}"/>`);
    parts.push(text(x + 18, y, runtime));
  }
  y += 30;
  for (const { scenario, title } of PANELS) {
    const drawn = panel(timed.filter((row) => row.scenario === scenario), { y, title, color });
    parts.push(...drawn.parts);
    y = drawn.y + 24;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" ` +
    `font-family="sans-serif" font-size="12" role="img">\n` +
    `<title>Time of one call, per client and runtime</title>\n` +
    `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>\n${parts.join("\n")}\n</svg>\n`;
}

function panel(
  rows: readonly Row[],
  { y: top, title, color }: { y: number; title: string; color(runtime: string): string },
): { parts: string[]; y: number } {
  const medians = rows.map((row) => row.value?.median ?? NaN);
  const low = 10 ** Math.floor(Math.log10(Math.min(...medians)));
  const high = Math.max(...medians);
  const width = WIDTH - LABEL - RIGHT;
  const scale = (us: number): number => width * Math.log(us / low) / Math.log(high / low);
  const parts = [text(10, top, `${title} (logarithmic scale)`, 'font-weight="bold"')];
  let y = top + 14;
  for (const name of byFastest(rows)) {
    const bars = rows.filter((row) => row.name === name);
    const weight = OWN.test(name) ? 'font-weight="bold"' : "";
    parts.push(text(LABEL - 8, y + bars.length * BAR / 2 + 4, name, `text-anchor="end" ${weight}`));
    for (const { runtime, value } of bars) {
      const { median = NaN } = value ?? {};
      const length = Math.max(1, scale(median)).toFixed(1);
      parts.push(
        `<rect x="${LABEL}" y="${y}" width="${length}" height="${BAR - 1}" ` +
          `fill="${color(runtime)}"/>`,
        text(LABEL + Number(length) + 5, y + BAR - 1, figure(median, "us"), 'font-size="9"'),
      );
      y += BAR;
    }
    y += 7;
  }
  return { parts, y };
}

/** The names, by their fastest runtime. */
function byFastest(rows: readonly Row[]): string[] {
  const best = new Map<string, number>();
  for (const { name, value } of rows) {
    best.set(name, Math.min(best.get(name) ?? Infinity, value?.median ?? Infinity));
  }
  return [...best].sort(([, a], [, b]) => a - b).map(([name]) => name);
}

function text(x: number, y: number, content: string, attributes = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="#222222" ${attributes}>` +
    `${escaped}</text>`;
}
