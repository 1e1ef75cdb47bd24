import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { chart } from "../../scripts/bench/chart.ts";
import { difference, figure, multiple, standingOf, wanted } from "../../scripts/bench/format.ts";
import { page } from "../../scripts/bench/page.ts";
import { reasonFor } from "../../scripts/bench/reasons.ts";
import { combine, measures, type Row } from "../../scripts/bench/rows.ts";
import { judge, judgeRuns, type Target, TARGETS, targetsIn } from "../../scripts/bench/targets.ts";
import { spreadOf, timeInTurns } from "../../scripts/bench/turns.ts";

const OPTIONS = { turnMs: 1, warmMs: 0, rounds: 8, limitMs: 10_000 };
const MACHINE = {
  ...{ cpu: "CPU", cores: 2, memoryGiB: 8, system: "linux 6", server: "nginx", load: 0 },
};

function row(runtime: string, scenario: string, name: string, us: number, cpu?: number): Row {
  const spread = (median: number) => ({ q1: median, median, q3: median });
  const value = spread(us);
  return { runtime, scenario, name, unit: "us", value, ...cpu && { cpu: spread(cpu) } };
}

const ROWS: readonly Row[] = [
  row("Node 20.1", "async small JSON", "fetch", 100, 90),
  row("Node 20.1", "async small JSON", "fetch again", 101, 91),
  row("Node 20.1", "async small JSON", "await get", 50, 45),
  row("Node 20.1", "sync small JSON, others", "getSync", 700),
  row("Deno 2.9", "async small JSON", "fetch", 100, 80),
  row("Deno 2.9", "async small JSON", "await get", 109, 90),
  row("Deno 2.9", "sync small JSON", "bare worker", 200, 150),
  row("Deno 2.9", "sync small JSON", "getSync", 300, 250),
  row("Deno 2.9", "sync small JSON, others", "getSync", 310),
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
  assert(Number.isFinite(timed[0]?.us?.median) && Number.isFinite(timed[0]?.cpu?.median));
  assertEquals(timed[1]?.error, "TypeError: no");
  assertEquals([timed[1]?.us, timed[1]?.cpu], [undefined, undefined]);
});

Deno.test("judge() compares within a runtime, as it wants it, and every runtime with Python", () => {
  const verdicts = judge(ROWS);
  assertEquals(
    verdicts.map(({ runtime, name, against, measured, met }) =>
      [runtime, name, against, measured, met] as const
    ),
    [
      ["Node 20.1", "await get", "fetch", 0.5, true],
      ["Node 20.1", "getSync", "Python requests", 700 / 600, false],
      ["Deno 2.9", "await get", "fetch", 10, true],
      ["Deno 2.9", "getSync", "bare worker", 100, false],
      ["Deno 2.9", "getSync", "Python requests", 310 / 600, true],
    ],
  );
});

Deno.test("judge() says nothing where a figure is missing", () => {
  const scenario = "async small JSON";
  const failed: Row = {
    ...{ runtime: "Node 20.1", scenario, name: "await get", unit: "us", error: "TypeError" },
  };
  assertEquals(judge([row("Node 20.1", scenario, "fetch", 100), failed]), []);
});

Deno.test("targetsIn() gives each line of Node its own", () => {
  const most = (runtime: string) =>
    targetsIn(runtime, TARGETS)
      .find(({ name, against, over }) => name === "await get" && against === "fetch" && !over)
      ?.most;
  assertEquals(
    ["Node 20.20.2", "Node 22.23.3", "Node 24.21.0", "Bun 1.4.5"].map(most),
    [0.55, 0.65, 0.75, 1.25],
  );
});

Deno.test("measures() repeats what has a target in that runtime", () => {
  const depth = (run: number) => ({ quick: false, only: "", runs: 3, run });
  assert(measures("one retry", "Deno 2.9", depth(0)));
  assert(!measures("one retry", "Deno 2.9", depth(1)));
  assert(measures("1 GiB by lines", "Deno 2.9", depth(1)));
  assert(!measures("1 GiB by lines", "Node 20.1", depth(1)));
});

Deno.test("figure(), difference() and multiple() choose a unit", () => {
  const ratio: Target = { scenario: "", name: "", against: "fetch", most: 1.1 };
  assertEquals(figure(99.6, "us"), "100 µs");
  assertEquals(figure(12_345, "us"), "12.3 ms");
  assertEquals(figure(15_000, "bytes"), "15.0 kB");
  assertEquals(figure(32 * 2 ** 20, "bytes"), "32.0 MiB");
  assertEquals(difference(-12, "us"), "−12 µs");
  assertEquals(multiple(0.0071, ratio), "0.0071×");
  assertEquals(multiple(14.4, { ...ratio, over: "cpu" }), "+14 µs CPU");
  assertEquals(multiple(4_000, { ...ratio, over: "value" }), "+4.0 kB");
  assertEquals(wanted(ratio), "≤ 1.10× of fetch");
  assertEquals(wanted({ ...ratio, over: "cpu", most: 15 }), "≤ +15 µs CPU over fetch");
});

Deno.test("standingOf() compares with the first row of the scenario in that runtime", () => {
  const [first, , own] = ROWS as [Row, Row, Row];
  assertEquals(standingOf(own, ROWS), { ratio: "0.50×", over: "−50 µs", cpuOver: "−45 µs" });
  assertEquals(standingOf(first, ROWS), undefined);
});

Deno.test("chart() draws a panel for each runtime and a bar for each of a few clients", () => {
  const svg = chart(ROWS);
  assertStringIncludes(svg, ">Node 20.1</text>");
  assertStringIncludes(svg, ">await get</text>");
  assertStringIncludes(svg, "prefers-color-scheme: dark");
  assert(!svg.includes("fetch again") && !svg.includes(">Python</text>"));
  assertEquals((svg.match(/<rect class="own"/g) ?? []).length, 4);
  // The fetch of each, and Python's client beside both.
  assertEquals((svg.match(/<rect class="bar"/g) ?? []).length, 4);
  assert(!svg.includes("NaN"));
});

Deno.test("chart() has linear bars, the longest of a panel as long as that of another", () => {
  const widths = [...chart(ROWS).matchAll(/<rect class="(?:own|bar)"[^>]* width="([\d.]+)"/g)]
    .map(([, width]) => Number(width));
  const [quick, slow] = [widths[0] as number, widths[1] as number];
  // 50 and 100 µs; a tenth of a unit is rounded.
  assert(Math.abs(slow - 2 * quick) < 0.2, widths.join());
  assertEquals(widths[3], widths[7]);
});

Deno.test("page() has a line for each comparison, and says what was wanted and missed", () => {
  const packages = { ky: "1.0.0" };
  const text = page({ rows: ROWS, verdicts: judge(ROWS), machine: MACHINE, packages });
  assertStringIncludes(text, "| async small JSON, `await get` | fetch | 0.50× (≤ 0.55×) | – |");
  assertStringIncludes(
    text,
    "| CPU over bare worker | – | **+100 µs CPU** (≤ +90 µs CPU) missed [",
  );
  assertStringIncludes(text, "**sync small JSON**: ");
  assertStringIncludes(text, "50 µs<br>0.50× −50 µs<br>CPU 45 µs −45 µs");
  assertStringIncludes(text, "| Python requests |");
  assertStringIncludes(text, "ky 1.0.0");
});

Deno.test("page() tells the floor of the same run beside what is missed", () => {
  const rows = [
    row("Bun 1.4", "async small JSON", "fetch", 100),
    row("Bun 1.4", "async small JSON", "fetch, same options", 120),
    row("Bun 1.4", "async small JSON", "await get", 130),
  ];
  const text = page({ rows, verdicts: judge(rows), machine: MACHINE, packages: {} });
  assertStringIncludes(text, "**1.30×** (≤ 1.25×) missed [1]");
  assertStringIncludes(text, "`fetch, same options`: 1.20× of fetch in Bun 1.4.");
});

Deno.test("reasonFor() has something to say of each target", () => {
  const silent = TARGETS.filter((target) => !reasonFor({ ...target, runtime: "Deno 2" }));
  assertEquals(silent, []);
});

Deno.test("judgeRuns() wants two of three runs", () => {
  const run = (us: number) => [
    row("Bun 1", "async small JSON", "fetch", 100),
    row("Bun 1", "async small JSON", "await get", us),
  ];
  const verdict = (...runs: number[]) => {
    const [{ measured, met, held, runs: count } = assertNever()] = judgeRuns(runs.map(run));
    return [measured, met, held, count];
  };
  assertEquals(verdict(105), [1.05, true, 1, 1]);
  assertEquals(verdict(105, 130, 108), [1.08, true, 2, 3]);
  assertEquals(verdict(105, 130, 126), [1.26, false, 1, 3]);
});

function assertNever(): never {
  throw new Error("There is no verdict");
}

Deno.test("combine() gives medians of runs, and keeps what one of them alone measured", () => {
  const failed: Row = { runtime: "Deno 2", scenario: "s", name: "n", unit: "us", error: "broken" };
  const rows = combine([
    [row("Deno 2", "s", "n", 100), row("Deno 2", "s", "once", 7), { ...failed, name: "never" }],
    [row("Deno 2", "s", "n", 140, 50)],
    [failed, { ...failed, name: "never" }],
  ]);
  assertEquals(
    rows.map(({ name, value, cpu, error }) => [name, value?.median, cpu?.median, error]),
    [
      ["n", 120, 50, undefined],
      ["once", 7, undefined, undefined],
      ["never", undefined, undefined, "broken"],
    ],
  );
});
