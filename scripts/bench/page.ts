/**
 * Writes docs/benchmarks.md.
 *
 * @module
 */

import { compared, figure, multiple, standingOf } from "./format.ts";
import type { Machine } from "./machine.ts";
import { floorsOf, type Reason, reasonFor, reasonsFor } from "./reasons.ts";
import type { Row } from "./rows.ts";
import { keyOf, type Target, TARGETS, type Verdict } from "./targets.ts";

/** What the page tells. */
export interface PageContent {
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
  readonly machine: Machine;
  /** The versions of the other clients. */
  readonly packages: Readonly<Record<string, string>>;
}

/** The page as Markdown. */
export function page(content: PageContent): string {
  const { machine, packages } = content;
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `# Benchmarks

Written by \`deno task bench\`; do not edit. \`deno task bench --quick\` prints figures of your own
machine in less than a minute.

![Time of one call, per client and runtime](benchmarks.svg)

## Machine and method

${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; load
${machine.load.toFixed(1)} at the end${
    busy(machine)
  }. It is a virtual machine whose speed changes from minute to
minute: what figures of one row differ by means something, microseconds of different rows or days
do not.

- Files come from ${machine.server}, delays and refusals from a server of our own; each is a
  process of its own, and all of it goes over the loopback interface.
- The contenders of a scenario take turns of 3 ms in one process, each round in another order;
  the slow ones, which would disturb the others, come after them. Before, each is called for 1.2 s,
  3000 times at most: what has just started is slower.
  Figures are medians, with the quartiles in brackets${
    repeated(content.verdicts)
  }. What is called "again" is a second row of
  the same code: what the two differ by is noise.
- "CPU" is the time that all threads of the process spent on a core, a call; waiting is not in it.
  Multiples and differences are those to the first row of the scenario. A multiple says little by
  itself: the same microseconds of a client are a larger one where fetch is fast.
- The bare worker is the smallest program that fetches on a worker while its own thread is
  blocked (\`scripts/bench/floors.ts\`): no headers, limits, errors or streams. The two wake-ups
  are that without the fetch.
- First calls, imports and memory are measured in a fresh process each; an import is the time of a
  process that does nothing else. The baseline of a stream is the most that the same process used
  for 64 MiB; heap per call is what cannot be collected while 1,000 wait for their server. Python's
  clients run in a process of their own, on the same server, in the same minutes.
- Other clients: ${versions.join(", ")}, each as its own documentation calls it.

## Targets

${targets(content.verdicts)}

${explanations(content)}

## Figures

${figures(content.rows)}
`;
}

/** The servers and a contender keep both cores of a small machine busy, and no more. */
function busy({ load, cores }: Machine): string {
  return load > cores * 1.5 ? ": **other work ran beside it, so the figures are rough**" : "";
}

/** A table of what runtimes were measured in, and one of what belongs to none. */
function targets(verdicts: readonly Verdict[]): string {
  const reasons = reasonsFor(verdicts);
  const tables = [true, false].flatMap((measured) => {
    const own = verdicts.filter(({ runtime }) => (runtime !== "") === measured);
    return own.length > 0 ? [targetTable(own, reasons)] : [];
  });
  return tables.join("\n\n");
}

function targetTable(verdicts: readonly Verdict[], reasons: readonly Reason[]): string {
  const runtimes = [...new Set(verdicts.map(({ runtime }) => runtime))];
  const lines = [
    `| Work | Compared with | ${runtimes.map((name) => name || "Any").join(" | ")} |`,
    `| --- | --- |${" --- |".repeat(runtimes.length)}`,
  ];
  const order = TARGETS.map(keyOf);
  const keys = new Map<string, Target>(
    verdicts.map((verdict): [string, Target] => [keyOf(verdict), verdict])
      .toSorted(([one], [two]) => order.indexOf(one) - order.indexOf(two)),
  );
  for (const [key, target] of keys) {
    const cells = runtimes.map((runtime) => {
      const verdict = verdicts.find((other) => keyOf(other) === key && other.runtime === runtime);
      return verdict ? judged(verdict, reasons) : "–";
    });
    const work = `${target.scenario}, \`${target.name}\``;
    lines.push(`| ${work} | ${compared(target) || "–"} | ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

/** What came of a target, and what was wanted. */
function judged(verdict: Verdict, reasons: readonly Reason[]): string {
  const { met, held, runs, most } = verdict;
  const rounded = multiple(verdict.measured, verdict);
  const limit = `(≤ ${multiple(most, verdict)})`;
  // One that is missed by less than what is shown.
  const measured = !met && limit === `(≤ ${rounded})` ? `just over ${rounded}` : rounded;
  const times = runs > 1 ? `, ${held} of ${runs}` : "";
  if (met) return `${measured} ${limit}${times}`;
  const reason = reasonFor(verdict);
  const place = reason ? `[${reasons.indexOf(reason) + 1}]` : "[not explained]";
  return `**${measured}** ${limit} missed${times} ${place}`;
}

/** What a reader has to know of figures that come from several runs. */
function repeated(verdicts: readonly Verdict[]): string {
  const runs = Math.max(...verdicts.map(({ runs }) => runs));
  if (!(runs > 1)) return "";
  return `; of what has
  a target, medians of ${runs} runs, and "2 of 3" tells in how many of them the target held: two
  of three are wanted`;
}

/** A numbered list: why targets are missed, and what the floor came to in the same run. */
function explanations({ verdicts, rows }: PageContent): string {
  return reasonsFor(verdicts).map((reason, place) => {
    const floors = floorsOf(reason, verdicts, rows);
    const measured = floors.length > 0
      ? ` Measured floor, \`${reason.floor}\`: ${floors.join(", ")}.`
      : "";
    const text = reason.text.replaceAll(/\s+/g, " ");
    return `${place + 1}. **${reason.scenario}**: ${text}${measured}`;
  }).join("\n");
}

function figures(rows: readonly Row[]): string {
  const sections: string[] = [];
  for (const scenario of new Set(rows.map((row) => row.scenario))) {
    const own = rows.filter((row) => row.scenario === scenario);
    const runtimes = [...new Set(own.map((row) => row.runtime))];
    const heading = runtimes.map((runtime) => runtime || "any").join(" | ");
    const lines = [
      `### ${scenario[0]?.toUpperCase()}${scenario.slice(1)}`,
      "",
      `| | ${heading} |`,
      `| --- |${" --- |".repeat(runtimes.length)}`,
    ];
    for (const name of new Set(own.map((row) => row.name))) {
      const cells = runtimes.map((runtime) =>
        cell(own.find((row) => row.runtime === runtime && row.name === name), own)
      );
      lines.push(`| ${name} | ${cells.join(" | ")} |`);
    }
    sections.push(lines.join("\n"));
  }
  return sections.join("\n\n");
}

function cell(row: Row | undefined, rows: readonly Row[]): string {
  if (!row) return "";
  if (!row.value) return "does not work here";
  const { value: { q1, median, q3 }, cpu, unit } = row;
  const whole = figure(median, unit);
  const spread = q1 === q3 ? "" : ` (${figure(q1, unit)} – ${figure(q3, unit)})`;
  const { ratio = "", over = "", cpuOver = "" } = standingOf(row, rows) ?? {};
  const ofCpu = cpu ? `CPU ${figure(cpu.median, "us")} ${cpuOver}` : "";
  const lines = [whole + spread, `${ratio} ${over}`, ofCpu].map((line) => line.trim());
  return lines.filter((line) => line !== "").join("<br>");
}
