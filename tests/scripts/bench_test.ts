import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { chart } from "../../scripts/bench/chart.ts";
import { page } from "../../scripts/bench/page.ts";
import { reasonFor } from "../../scripts/bench/reasons.ts";
import { combine, type Row } from "../../scripts/bench/rows.ts";
import {
  figure,
  judge,
  judgeRuns,
  multiple,
  type Target,
  TARGETS,
  wanted,
} from "../../scripts/bench/targets.ts";
import { spreadOf, timeInTurns } from "../../scripts/bench/turns.ts";

const OPTIONS = { turnMs: 1, warmMs: 0, rounds: 8, limitMs: 10_000 };

function row(runtime: string, scenario: string, name: string, us: number): Row {
  return { runtime, scenario, name, unit: "us", value: { q1: us, median: us, q3: us } };
}

const ROWS: readonly Row[] = [
  row("Deno 2", "async small JSON", "fetch", 100),
  row("Deno 2", "async small JSON", "fetch again", 101),
  row("Deno 2", "async small JSON", "await get", 109),
  row("Deno 2", "sync small JSON", "getSync", 300),
  row("Deno 2", "sync small JSON", "bare worker", 200),
  row("Deno 2", "sync small JSON, others", "getSync", 310),
  row("Python", "sync small JSON, others", "Python requests", 600),
];

Deno.test("spreadOf() gives the quartiles", () => {
  assertEquals(spreadOf([5, 1, 3, 2, 4]), { q1: 2, median: 3, q3: 4 });
  assertEquals(spreadOf([1, 2]), { q1: 1.25, median: 1.5, q3: 1.75 });
});

Deno.test("timeInTurns() gives each contender a turn in each round, in changing order", async () => {
  const order: string[] = [];
  const run = (name: string) => () => void (order.at(-1) !== name && order.push(name));
  const contenders = ["a", "b"].map((name) => ({ name, run: run(name) }));
  const timed = await timeInTurns(contenders, OPTIONS);
  assertEquals(timed.map(({ turns }) => turns), [8, 8]);
  // Two that always took turns in the same order would change eighteen times.
  assert(order.length > 2 && order.length < 18, order.join(""));
});

Deno.test("timeInTurns() awaits promises, and leaves out who fails", async () => {
  let running = 0;
  const timed = await timeInTurns([
    {
      name: "slow",
      run: async () => {
        assertEquals(running++, 0);
        await Promise.resolve();
        running--;
      },
    },
    { name: "broken", run: () => Promise.reject(new TypeError("no\nstack")) },
  ], OPTIONS);
  assertEquals(timed[0]?.turns, 8);
  assertEquals(timed[1]?.error, "TypeError: no");
  assertEquals(timed[1]?.us, undefined);
});

Deno.test("judge() compares within a runtime, and every runtime with Python", () => {
  const verdicts = judge(ROWS);
  assertEquals(
    verdicts.map(({ runtime, name, against, met }) => [runtime, name, against, met]),
    [
      ["Deno 2", "await get", "fetch", true],
      ["Deno 2", "getSync", "bare worker", false],
      ["Deno 2", "getSync", "Python requests", true],
    ],
  );
});

Deno.test("judge() says nothing where a figure is missing", () => {
  const failed: Row = {
    runtime: "Deno 2",
    scenario: "async small JSON",
    name: "await get",
    unit: "us",
    error: "TypeError",
  };
  assertEquals(judge([row("Deno 2", "async small JSON", "fetch", 100), failed]), []);
});

Deno.test("figure() and multiple() choose a unit", () => {
  const ratio: Target = { scenario: "", name: "", against: "fetch", most: 1.1 };
  assertEquals(figure(99.6, "us"), "100 µs");
  assertEquals(figure(12_345, "us"), "12.3 ms");
  assertEquals(figure(15_000, "bytes"), "15.0 kB");
  assertEquals(figure(32 * 2 ** 20, "bytes"), "32.0 MiB");
  assertEquals(multiple(0.0071, ratio), "0.0071×");
  assertEquals(wanted(ratio), "≤ 1.10× of fetch");
});

Deno.test("chart() draws a bar for each figure but for the second of the same", () => {
  const svg = chart(ROWS);
  assertStringIncludes(svg, ">await get</text>");
  assert(!svg.includes("fetch again"));
  const bars = svg.match(/<rect [^>]*height="8"/g) ?? [];
  assertEquals(bars.length, 6);
  assert(!svg.includes("NaN"));
});

Deno.test("page() has a line for each target, and says which are missed", () => {
  const machine = {
    cpu: "CPU",
    cores: 2,
    memoryGiB: 8,
    system: "linux 6",
    server: "nginx",
    load: 0,
  };
  const text = page({ rows: ROWS, verdicts: judge(ROWS), machine, packages: { ky: "1.0.0" } });
  assertStringIncludes(text, "| async small JSON, `await get` | ≤ 1.10× of fetch | 1.09× |");
  assertStringIncludes(text, "| ≤ 1.10× of bare worker | **1.50×** missed [1] |");
  assertStringIncludes(text, "\n1. **sync small JSON**: ");
  assertStringIncludes(text, "| Python requests |");
  assertStringIncludes(text, "ky 1.0.0");
});

Deno.test("page() tells the floor of the same run beside what is missed", () => {
  const rows = [
    row("Deno 2", "async small JSON", "fetch", 100),
    row("Deno 2", "async small JSON", "fetch, same options", 120),
    row("Deno 2", "async small JSON", "await get", 130),
  ];
  const machine = { cpu: "", cores: 2, memoryGiB: 8, system: "", server: "", load: 0 };
  const text = page({ rows, verdicts: judge(rows), machine, packages: {} });
  assertStringIncludes(text, "**1.30×** missed [1]");
  assertStringIncludes(text, "`fetch, same options`: 1.20× of fetch in Deno 2.");
});

Deno.test("reasonFor() has something to say of each target", () => {
  const silent = TARGETS.filter((target) =>
    // Behind these we have never been.
    !["axios", "got"].includes(target.against ?? "") && !reasonFor({ ...target, runtime: "Deno 2" })
  );
  assertEquals(silent, []);
});

Deno.test("judgeRuns() wants two of three runs", () => {
  const run = (us: number) => [
    row("Deno 2", "async small JSON", "fetch", 100),
    row("Deno 2", "async small JSON", "await get", us),
  ];
  const verdict = (...runs: number[]) => {
    const [{ measured, met, held, runs: count } = assertNever()] = judgeRuns(runs.map(run));
    return [measured, met, held, count];
  };
  assertEquals(verdict(105), [1.05, true, 1, 1]);
  assertEquals(verdict(105, 130, 108), [1.08, true, 2, 3]);
  assertEquals(verdict(105, 130, 120), [1.2, false, 1, 3]);
});

function assertNever(): never {
  throw new Error("There is no verdict");
}

Deno.test("combine() gives medians of runs, and keeps what one of them alone measured", () => {
  const failed: Row = { runtime: "Deno 2", scenario: "s", name: "n", unit: "us", error: "broken" };
  const rows = combine([
    [row("Deno 2", "s", "n", 100), row("Deno 2", "s", "once", 7), { ...failed, name: "never" }],
    [row("Deno 2", "s", "n", 140)],
    [failed, { ...failed, name: "never" }],
  ]);
  assertEquals(rows.map(({ name, value, error }) => [name, value?.median, error]), [
    ["n", 120, undefined],
    ["once", 7, undefined],
    ["never", undefined, "broken"],
  ]);
});
