/**
 * The targets of the package, and what has come of them.
 *
 * @module
 */

import { usesOf } from "../size_uses.ts";
import type { Row } from "./rows.ts";
import { spreadOf } from "./turns.ts";

/** What one figure is to be, at most, compared with another of the same run. */
export interface Target {
  readonly scenario: string;
  readonly name: string;
  /** The other figure; missing where `most` is a number of bytes. */
  readonly against?: string;
  /** How they are compared: as a multiple without; or what CPU time, or the figure, is over it. */
  readonly over?: "cpu" | "value";
  /** A multiple, microseconds of CPU, or bytes. */
  readonly most: number;
  /** The beginnings of the names of the runtimes; all of them without. */
  readonly runtimes?: readonly string[];
}

/** A target in one runtime. */
export interface Verdict extends Target {
  readonly runtime: string;
  /** What `most` is compared with; of several runs the median. */
  readonly measured: number;
  /** Whether it held in two of three runs. */
  readonly met: boolean;
  /** In how many runs it held. */
  readonly held: number;
  /** How many runs measured it. */
  readonly runs: number;
}

/** What the sizes of bundles are called. */
export const SIZE = "size, minified and compressed";

const OTHERS = "sync small JSON, others";
const DENO = ["Deno"];
const NODE = ["Node"];
const BUN = ["Bun"];
const RIVALS = ["ky", "axios", "got", "xior", "wretch"];
const NODE_RIVALS = [...RIVALS, "ofetch", "up-fetch", "alova", "node:http keep-alive"];

/** All of them; the figure of Python is compared with every runtime's. */
export const TARGETS: readonly Target[] = [
  ...against("async small JSON", "await get", { "fetch": 0.55 }, ["Node 20."]),
  ...against("async small JSON", "await get", { "fetch": 0.65 }, ["Node 22."]),
  ...against("async small JSON", "await get", { "fetch": 0.75 }, ["Node 24."]),
  ...against("async small JSON", "await get", { "fetch": 1.25 }, BUN),
  {
    ...{ scenario: "async small JSON", name: "await get", against: "fetch" },
    ...{ over: "cpu", most: 15, runtimes: DENO },
  },
  ...against("async small JSON", "await get", all(NODE_RIVALS, 1), NODE),
  ...against("async small JSON", "await get", { "undici.request": 1.15 }, NODE),
  ...against("async small JSON", "await get", { ...all(RIVALS, 1), "ofetch": 1.05 }, DENO),
  ...against("async small JSON", "await get", { "await get, before": 1 }),
  ...against("sync small JSON", "getSync", { "fetch": 1 }, NODE),
  {
    ...{ scenario: "sync small JSON", name: "getSync", against: "bare worker" },
    ...{ over: "cpu", most: 90, runtimes: DENO },
  },
  ...against("sync small JSON", "getSync", { "getSync, before": 1 }),
  ...against(OTHERS, "getSync", {
    "synckit + fetch": 1,
    "spawning curl": 0.1,
    "sync-fetch": 0.01,
    "Python requests": 1,
    "Python httpx": 1,
  }),
  ...against("sync, 10 ms on the server", "getSync", { "fetch": 1.02 }, NODE),
  ...against("sync, 10 ms on the server", "getSync", { "fetch": 1.04 }, DENO),
  ...against("100 × 20 ms at once", "allSync", { "fetch": 1 }, NODE),
  ...against("100 × 20 ms at once", "allSync", { "fetch": 1.2 }, DENO),
  ...against("1,000 at once", "await get", { "fetch": 0.7 }, NODE),
  ...against("1,000 at once", "await get", { "fetch": 1.2 }, DENO),
  {
    ...{ scenario: "heap per call, 1,000 at once", name: "heap, await get" },
    ...{ against: "heap, fetch", over: "value", most: 4_000, runtimes: [...NODE, ...DENO] },
  },
  ...against("body of 64 MiB", "getSync", { "fetch": 1.15 }),
  ...["lines, await get", "lines, getSync"].flatMap((name): Target[] => [
    {
      ...{ scenario: "memory over the baseline, 1 GiB by lines", name },
      ...{ most: 16 * 2 ** 20, runtimes: DENO },
    },
    { scenario: "1 GiB by lines", name, against: "lines, fetch", most: 1, runtimes: DENO },
  ]),
  ...against("process that only imports", "@ax/client", { "an empty module": 2.5 }, NODE),
  ...against("first call of a process", "first getSync", { "first bare": 1.15 }),
  ...usesOf({}).flatMap(({ name, target }): Target[] =>
    target === undefined ? [] : [{ scenario: SIZE, name, most: target }]
  ),
];

function against(
  scenario: string,
  name: string,
  others: Readonly<Record<string, number>>,
  runtimes?: readonly string[],
): Target[] {
  return Object.entries(others).map(([against, most]) => ({
    ...{ scenario, name, against, most },
    ...runtimes && { runtimes },
  }));
}

function all(names: readonly string[], most: number): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, most]));
}

/** Those that a runtime has. */
export function targetsIn(runtime: string, targets: readonly Target[]): Target[] {
  return targets.filter(({ runtimes }) =>
    !runtimes || runtimes.some((name) => runtime.startsWith(name))
  );
}

/** Compares the rows with the targets; what was not measured has no verdict. */
export function judge(rows: readonly Row[], targets: readonly Target[] = TARGETS): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const runtime of new Set(rows.map((row) => row.runtime))) {
    for (const target of targetsIn(runtime, targets)) {
      const own = rows.some((row) => row.runtime === runtime && row.name === target.name);
      const measured = own ? measuredOf(target, runtime, rows) : undefined;
      if (measured === undefined) continue;
      const met = measured <= target.most;
      verdicts.push({ ...target, runtime, measured, met, held: met ? 1 : 0, runs: 1 });
    }
  }
  return verdicts;
}

/** What a target compares comes to in a runtime. */
export function measuredOf(
  target: Target,
  runtime: string,
  rows: readonly Row[],
): number | undefined {
  const { scenario, name, against, over } = target;
  const find = (name: string): number | undefined => {
    const row = rows.find((row) =>
      row.scenario === scenario && row.name === name &&
      (row.runtime === runtime || row.runtime === "Python")
    );
    return (over === "cpu" ? row?.cpu : row?.value)?.median;
  };
  const value = find(name);
  if (value === undefined || against === undefined) return value;
  const base = find(against);
  if (base === undefined) return undefined;
  return over ? value - base : value / base;
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

/** Tells one target from another; runtimes may want different figures of it. */
export function keyOf({ scenario, name, against, over }: Target): string {
  return [scenario, name, against ?? "", over ?? ""].join("\n");
}
