/**
 * Figures, rows and verdicts as text.
 *
 * @module
 */

import type { Row } from "./rows.ts";
import type { Target, Verdict } from "./targets.ts";

/** A figure with its unit. */
export function figure(value: number, unit: Row["unit"]): string {
  if (unit === "us") return value < 10_000 ? `${value.toFixed(0)} µs` : figure(value / 1000, "ms");
  if (unit === "ms") return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
  return value < 2 ** 20
    ? `${(value / 1000).toFixed(1)} kB`
    : `${(value / 2 ** 20).toFixed(1)} MiB`;
}

/** What a figure is over another, with its sign. */
export function difference(value: number, unit: Row["unit"]): string {
  return `${value < 0 ? "−" : "+"}${figure(Math.abs(value), unit)}`;
}

/** What a target compares: a multiple, microseconds, or bytes. */
export function multiple(value: number, { against, over }: Target): string {
  if (over === "cpu") return `${difference(value, "us")} CPU`;
  if (over === "value") return difference(value, "bytes");
  if (against === undefined) return figure(value, "bytes");
  return `${value < 0.095 ? value.toFixed(4) : value.toFixed(2)}×`;
}

/** What a target is compared with, in words. */
export function compared({ against, over }: Target): string {
  if (over === "cpu") return `CPU over ${against}`;
  if (over === "value") return `over ${against}`;
  return against ?? "";
}

/** What a target asks for, in words. */
export function wanted(target: Target): string {
  const { against, most, over } = target;
  const limit = `≤ ${multiple(most, target)}`;
  if (against === undefined) return limit;
  return `${limit} ${over ? "over" : "of"} ${against}`;
}

/** How a row stands to the first of its scenario: multiple, difference, and that of CPU time. */
export interface Standing {
  readonly ratio: string;
  readonly over: string;
  readonly cpuOver: string;
}

/** Compares a row with the first that its runtime has of the scenario. */
export function standingOf(row: Row, rows: readonly Row[]): Standing | undefined {
  const { runtime, scenario, value, cpu, unit } = row;
  const first = rows.find((other) => other.runtime === runtime && other.scenario === scenario);
  // What belongs to no runtime is of different things.
  if (runtime === "" || first === row || !first?.value || !value) return undefined;
  return {
    ratio: `${(value.median / first.value.median).toFixed(2)}×`,
    over: difference(value.median - first.value.median, unit),
    cpuOver: cpu && first.cpu ? difference(cpu.median - first.cpu.median, "us") : "",
  };
}

/** All rows and verdicts for a terminal. */
export function printable(rows: readonly Row[], verdicts: readonly Verdict[]): string {
  const lines: string[] = [];
  let heading = "";
  for (const row of rows) {
    const { runtime, scenario, name, unit, value, cpu } = row;
    if (!value) continue;
    const above = `${runtime || "any"} · ${scenario}`;
    if (above !== heading) lines.push("", heading = above);
    const { ratio = "", over = "", cpuOver = "" } = standingOf(row, rows) ?? {};
    const spread = value.q1 === value.q3
      ? ""
      : `${figure(value.q1, unit)} – ${figure(value.q3, unit)}`;
    const ofCpu = cpu
      ? `   CPU ${figure(cpu.median, "us").padStart(8)}${cpuOver.padStart(10)}`
      : "";
    lines.push(
      `  ${name.padEnd(30)}${figure(value.median, unit).padStart(10)}${spread.padStart(24)}` +
        `${ratio.padStart(8)}${over.padStart(11)}${ofCpu}`,
    );
  }
  lines.push("", "Targets");
  for (const verdict of verdicts) {
    const { runtime, scenario, name, measured, met, held, runs } = verdict;
    const times = runs > 1 ? ` in ${held} of ${runs}` : "";
    lines.push(
      `  ${met ? "met   " : "MISSED"}${times} ${multiple(measured, verdict).padStart(12)}  ` +
        `${wanted(verdict).padEnd(38)}${runtime.padEnd(14)}${scenario}, ${name}`,
    );
  }
  return lines.join("\n");
}
