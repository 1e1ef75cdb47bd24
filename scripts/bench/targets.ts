/**
 * The targets of the package, and what has come of them.
 *
 * @module
 */

import type { Row } from "./rows.ts";
import { spreadOf } from "./turns.ts";

/** What one figure is to be, at most, as a multiple of another of the same run. */
export interface Target {
  readonly scenario: string;
  readonly name: string;
  /** The other figure; missing where `most` is a number of bytes. */
  readonly against?: string;
  readonly most: number;
}

/** A target in one runtime. */
export interface Verdict extends Target {
  readonly runtime: string;
  /** The multiple, or the bytes; of several runs the median. */
  readonly measured: number;
  /** Whether it held in two of three runs. */
  readonly met: boolean;
  /** In how many runs it held. */
  readonly held: number;
  /** How many runs measured it. */
  readonly runs: number;
}

/** All of them; the figure of Python is compared with every runtime's. */
export const TARGETS: readonly Target[] = [
  ...against("async small JSON", "await get", {
    "fetch": 1.1,
    "ky": 1,
    "axios": 1,
    "got": 1,
    "xior": 1,
    "ofetch": 1.05,
    "wretch": 1.05,
  }),
  ...against("sync small JSON", "getSync", {
    "bare worker": 1.1,
  }),
  ...against("sync small JSON, others", "getSync", {
    "synckit + fetch": 1,
    "spawning curl": 0.1,
    "sync-fetch": 0.01,
    "Python requests": 1,
    "Python httpx": 1,
  }),
  ...against("sync, 10 ms on the server", "getSync", { "fetch": 1.05 }),
  ...against("100 × 20 ms at once", "allSync", { "fetch": 1.15 }),
  ...against("body of 64 MiB", "getSync", { "fetch": 1.15 }),
  ...against("first sync call of a process", "first getSync", { "first bare": 1.25 }),
  {
    scenario: "memory over the baseline, 1 GiB streamed",
    name: "stream, await get",
    most: 32 * 2 ** 20,
  },
  {
    scenario: "memory over the baseline, 1 GiB streamed",
    name: "stream, getSync",
    most: 32 * 2 ** 20,
  },
  { scenario: "size, minified and compressed", name: 'entry "." whole', most: 15_000 },
];

function against(scenario: string, name: string, others: Record<string, number>): Target[] {
  return Object.entries(others).map(([other, most]) => ({ scenario, name, against: other, most }));
}

/** Compares the rows with the targets; what was not measured has no verdict. */
export function judge(rows: readonly Row[], targets: readonly Target[] = TARGETS): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const runtime of new Set(rows.map((row) => row.runtime))) {
    const find = (scenario: string, name: string): number | undefined =>
      rows.find((row) =>
        row.scenario === scenario && row.name === name &&
        (row.runtime === runtime || row.runtime === "Python")
      )?.value?.median;
    for (const target of targets) {
      const own = rows.some((row) => row.runtime === runtime && row.name === target.name);
      const value = find(target.scenario, target.name);
      const base = target.against === undefined ? 1 : find(target.scenario, target.against);
      if (!own || value === undefined || base === undefined) continue;
      const measured = value / base;
      const met = measured <= target.most;
      verdicts.push({ ...target, runtime, measured, met, held: met ? 1 : 0, runs: 1 });
    }
  }
  return verdicts;
}

/** What several runs say of the targets together. */
export function judgeRuns(runs: readonly (readonly Row[])[]): Verdict[] {
  const all = runs.flatMap((rows) => judge(rows));
  const groups = Map.groupBy(all, (verdict) => `${verdict.runtime}\n${keyOf(verdict)}`);
  return [...groups.values()].map((verdicts) => {
    const held = verdicts.filter(({ met }) => met).length;
    return {
      ...verdicts[0] as Verdict,
      measured: spreadOf(verdicts.map(({ measured }) => measured)).median,
      met: held * 3 >= verdicts.length * 2,
      held,
      runs: verdicts.length,
    };
  });
}

/** Tells one target from another. */
export function keyOf({ scenario, name, against = "" }: Target): string {
  return [scenario, name, against].join("\n");
}

/** A figure with its unit. */
export function figure(value: number, unit: Row["unit"]): string {
  if (unit === "us") return value < 10_000 ? `${value.toFixed(0)} µs` : figure(value / 1000, "ms");
  if (unit === "ms") return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
  return value < 2 ** 20
    ? `${(value / 1000).toFixed(1)} kB`
    : `${(value / 2 ** 20).toFixed(1)} MiB`;
}

/** A multiple, or a number of bytes where the target is one. */
export function multiple(value: number, { against }: Target): string {
  if (against === undefined) return figure(value, "bytes");
  return `${value < 0.095 ? value.toFixed(4) : value.toFixed(2)}×`;
}

/** What a target asks for, in words. */
export function wanted(target: Target): string {
  return `≤ ${multiple(target.most, target)}${target.against ? ` of ${target.against}` : ""}`;
}

/** All rows and verdicts for a terminal. */
export function printable(rows: readonly Row[], verdicts: readonly Verdict[]): string {
  const lines: string[] = [];
  let heading = "";
  for (const row of rows) {
    const { runtime, scenario, name, unit, value } = row;
    if (!value) continue;
    const above = `${runtime} · ${scenario}`;
    if (above !== heading) lines.push("", heading = above);
    const first = rows.find((other) => other.runtime === runtime && other.scenario === scenario);
    const ratio = first?.value && first !== row
      ? (value.median / first.value.median).toFixed(2)
      : "";
    const spread = `${figure(value.q1, unit)} – ${figure(value.q3, unit)}`;
    lines.push(
      `  ${name.padEnd(26)}${figure(value.median, unit).padStart(10)}${spread.padStart(24)}` +
        `${ratio.padStart(8)}`,
    );
  }
  lines.push("", "Targets");
  for (const verdict of verdicts) {
    const { runtime, scenario, name, measured, met, held, runs } = verdict;
    const times = runs > 1 ? ` in ${held} of ${runs}` : "";
    lines.push(
      `  ${met ? "met   " : "MISSED"}${times} ${multiple(measured, verdict).padStart(9)}  ` +
        `${wanted(verdict).padEnd(28)}${runtime.padEnd(14)}${scenario}, ${name}`,
    );
  }
  return lines.join("\n");
}
