/**
 * The figures of a run, and what is run for which of them.
 *
 * @module
 */

import { TARGETS, targetsIn } from "./targets.ts";
import { type Spread, spreadOf } from "./turns.ts";

/** One figure. */
export interface Row {
  /** Name and version of the runtime; empty for what needs none. */
  readonly runtime: string;
  readonly scenario: string;
  readonly name: string;
  readonly unit: "us" | "ms" | "bytes";
  readonly value?: Spread;
  /** Microseconds of CPU a call. */
  readonly cpu?: Spread;
  readonly error?: string;
}

/** How much to measure. */
export interface Depth {
  readonly quick: boolean;
  /** A part of the names of the scenarios to run. */
  readonly only: string;
  /** How many runs there are; of what has a target, each of several measures a part. */
  readonly runs: number;
  /** Which of them this is, from 0: only the first measures what has no target. */
  readonly run: number;
}

/** Whether this run measures a scenario in a runtime. */
export function measures(scenario: string, runtime: string, { only, run }: Depth): boolean {
  return scenario.includes(only) && (run === 0 || hasTarget(scenario, runtime));
}

function hasTarget(scenario: string, runtime: string): boolean {
  return targetsIn(runtime, TARGETS).some((target) => target.scenario === scenario);
}

/** A run's part of what is measured in all of them. */
export function partOf(count: number, scenario: string, runtime: string, depth: Depth): number {
  return depth.runs > 1 && hasTarget(scenario, runtime) ? Math.ceil(count / 2) : count;
}

/** One row for what several runs have measured: the medians of their figures. */
export function combine(runs: readonly (readonly Row[])[]): Row[] {
  const keyOf = ({ runtime, scenario, name }: Row) => [runtime, scenario, name].join("\n");
  return [...Map.groupBy(runs.flat(), keyOf).values()].map((rows) => {
    const { value: _, cpu: __, ...about } = rows.find((row) => row.value) ?? rows[0] as Row;
    const value = medians(rows.flatMap((row) => row.value ?? []));
    const cpu = medians(rows.flatMap((row) => row.cpu ?? []));
    return { ...about, ...value && { value }, ...cpu && { cpu } };
  });
}

function medians(spreads: readonly Spread[]): Spread | undefined {
  if (spreads.length === 0) return undefined;
  const median = (part: keyof Spread) => spreadOf(spreads.map((spread) => spread[part])).median;
  return { q1: median("q1"), median: median("median"), q3: median("q3") };
}
