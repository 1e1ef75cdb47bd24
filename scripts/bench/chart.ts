/**
 * Draws the chart of docs/benchmarks.md: a panel for each runtime, a bar for each of a few clients.
 *
 * @module
 */

import { figure } from "./format.ts";
import type { Row } from "./rows.ts";

const COLUMNS = 2;
const PANEL = 420;
const GAP = 24;
const MARGIN = 16;
const LABEL = 130;
const VALUE = 62;
const LINE = 20;
const BAR = 12;

/** A group of bars within a panel. */
interface Group {
  readonly title: string;
  readonly scenario: string;
  readonly names: readonly string[];
}

const GROUPS: readonly Group[] = [
  {
    title: "awaited",
    scenario: "async small JSON",
    names: ["await get", "fetch", "undici.request", "ofetch", "ky", "axios"],
  },
  {
    title: "thread blocked",
    scenario: "sync small JSON, others",
    names: ["getSync", "synckit + fetch", "Python requests", "Python httpx"],
  },
];

/** Our own rows stand out. */
const OWN = /^(await get|getSync)$/;

/** Colours of a light page, and of a dark one. */
const STYLE = `
.page { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e }
.bar { fill: #c2cad3 } .own { fill: #0969da } .axis { stroke: #8c959f }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 }
  .bar { fill: #4b535d } .own { fill: #4493f8 } .axis { stroke: #656c76 }
}
`.trim();

/** The chart as SVG. Each panel has a scale of its own, from nothing to its longest bar. */
export function chart(rows: readonly Row[]): string {
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))]
    .filter((runtime) => runtime !== "" && runtime !== "Python");
  const parts: string[] = [];
  let y = MARGIN + 44;
  for (let start = 0; start < runtimes.length; start += COLUMNS) {
    const drawn = runtimes.slice(start, start + COLUMNS).map((runtime, place) =>
      panel(runtime, rows, { x: MARGIN + place * (PANEL + GAP), y })
    );
    parts.push(...drawn.flatMap((panel) => panel.parts));
    y = Math.max(...drawn.map((panel) => panel.y)) + GAP;
  }
  const width = 2 * MARGIN + COLUMNS * PANEL + (COLUMNS - 1) * GAP;
  const title = "Time of one call: GET of 220 bytes of JSON";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" ` +
    `font-family="system-ui, sans-serif" font-size="13" role="img">\n` +
    `<title>${title}</title>\n<style>\n${STYLE}\n</style>\n` +
    `<rect class="page" width="${width}" height="${y}"/>\n` +
    text({ x: MARGIN, y: MARGIN + 12 }, title, 'font-size="16" font-weight="bold"') + "\n" +
    text({ x: MARGIN, y: MARGIN + 30 }, "Median, loopback. Shorter is better.", "", "faint") +
    `\n${parts.join("\n")}\n</svg>\n`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function panel(
  runtime: string,
  rows: readonly Row[],
  { x, y: top }: Point,
): { parts: string[]; y: number } {
  const groups = GROUPS.map((group) => ({ ...group, bars: barsOf(group, runtime, rows) }));
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ us }) => us)));
  const scale = (PANEL - LABEL - VALUE) / longest;
  const parts = [text({ x, y: top + 14 }, runtime, 'font-size="14" font-weight="bold"')];
  let y = top + 22;
  for (const { title, bars } of groups) {
    if (bars.length === 0) continue;
    parts.push(text({ x, y: y + 16 }, title, "", "faint"));
    y += 22;
    const axis = { x: x + LABEL, end: y + bars.length * LINE };
    for (const { name, us } of bars) {
      const own = OWN.test(name);
      const weight = own ? 'font-weight="bold"' : "";
      const middle = y + LINE / 2 + 4.5;
      const length = us * scale;
      parts.push(
        text({ x: axis.x - 8, y: middle }, name, `text-anchor="end" ${weight}`),
        `<rect class="${own ? "own" : "bar"}" x="${axis.x}" y="${y + (LINE - BAR) / 2}" ` +
          `width="${length.toFixed(1)}" height="${BAR}"/>`,
        text({ x: axis.x + length + 6, y: middle }, figure(us, "us"), weight),
      );
      y += LINE;
    }
    const from = axis.end - bars.length * LINE;
    parts.push(
      `<line class="axis" x1="${axis.x}" x2="${axis.x}" y1="${from}" y2="${axis.end}"/>`,
    );
  }
  return { parts, y };
}

interface Bar {
  readonly name: string;
  readonly us: number;
}

/** The bars of a group, the fastest first. Python's clients are beside those of each runtime. */
function barsOf(group: Group, runtime: string, rows: readonly Row[]): Bar[] {
  const bars = group.names.flatMap((name): Bar[] => {
    const us = rows.find((row) =>
      row.scenario === group.scenario && row.name === name &&
      (row.runtime === runtime || row.runtime === "Python")
    )?.value?.median;
    return us === undefined ? [] : [{ name, us }];
  });
  return bars.sort((a, b) => a.us - b.us);
}

function text(point: Point, content: string, attributes: string, kind = "text"): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const position = `x="${point.x.toFixed(1)}" y="${point.y.toFixed(1)}"`;
  return `<text class="${kind}" ${position}${attributes && ` ${attributes}`}>${escaped}</text>`;
}
