/**
 * Why targets are missed: what stands beside their figures on the page. Figures are not written
 * down here but taken from the run, so that they never speak of another one.
 *
 * @module
 */

import { multiple } from "./format.ts";
import type { Row } from "./rows.ts";
import { measuredOf, SIZE, type Verdict } from "./targets.ts";

/** What is to be said of some targets, where they are missed. */
export interface Reason {
  readonly scenario: string;
  /** The figures that are compared with; all of the scenario's without. */
  readonly against?: readonly string[];
  /** The beginnings of the names of the runtimes; all of them without. */
  readonly runtimes?: readonly string[];
  /** The name, in the same scenario, of the least that anybody could reach. */
  readonly floor?: string;
  /** Why, and what was tried. */
  readonly text: string;
}

/** All of them; for each missed target the first that fits. */
export const REASONS: readonly Reason[] = [
  {
    scenario: "async small JSON",
    against: ["undici.request", "node:http keep-alive"],
    text: `Both hand over the socket's answer: no redirects, no limits in time or size, no decoding
      of contents, no errors of a class.`,
  },
  {
    scenario: "async small JSON",
    runtimes: ["Node"],
    floor: "undici.request",
    text: `A call goes to the dispatcher that Node's own fetch is built on, without that fetch: the
      floor is the same stack with nothing around it. What is above it is the pipeline, and what a
      fetch does as well: its headers, content codings, bounds and errors.`,
  },
  {
    scenario: "async small JSON",
    floor: "fetch, same options",
    text: `A call with a limit in time has to give fetch a signal, and one that keeps credentials on
      their origin follows redirects itself: the floor is a fetch with just that. What the client
      adds to it is the pipeline. In a loop by itself that takes a few microseconds; between others,
      with the caches full of their code, several times as long, so what counts is how much code a
      call runs through. ofetch, wretch and xior have no limit in time, ky no bound on the size.
      Tried and left, as nothing was gained: a signal that several requests share, no signal at all,
      \`Headers\` instead of pairs, timer wheels.`,
  },
  {
    scenario: "sync small JSON",
    floor: "bare worker again",
    text: `The bare worker sends an address and gets bytes. A call also sends method, headers and
      limits, gets status, headers and URL back, and runs the same pipeline as an awaited one, on
      threads that have slept in between. Tried and left, as nothing was gained: spinning before a
      wait (server and worker need both cores), commands by \`Atomics.waitAsync\` instead of a port
      in Node, a protocol for batches, pinned threads.`,
  },
  {
    scenario: "sync small JSON, others",
    against: ["synckit + fetch"],
    text: `synckit's worker answers with the parsed JSON alone: no status, headers, limits, streams
      or errors of a class. The bare worker of the scenario above is the floor of both.`,
  },
  {
    scenario: "sync small JSON, others",
    text: `Each contender that has a worker keeps it while the others have their turns, so five of
      them share the caches of the cores: all figures here are higher than those of the scenario
      above. Python's clients do the same work on one thread, without the two wake-ups.`,
  },
  {
    scenario: "sync, 10 ms on the server",
    floor: "bare worker",
    text: `While the server waits, both threads sleep, and the calling one is woken last: by the
      worker, which was woken by the socket. The bare worker pays for the same.`,
  },
  {
    scenario: "100 × 20 ms at once",
    floor: "bare worker, all at once",
    text: `The floor crosses twice for all of it. \`allSync\` crosses for each request, since each
      may be retried, redirected or cancelled by itself, and then decodes 100 bodies on a thread
      that was blocked until they came. \`await get\` of the same run tells how much of that is the
      pipeline and how much the bridge.`,
  },
  {
    scenario: "1,000 at once",
    floor: "fetch again",
    text: `A thousand calls compete for two cores with their server; what each adds is the pipeline,
      and what the collector has to do for it.`,
  },
  {
    scenario: "heap per call, 1,000 at once",
    text: `What a call holds while it is under way: its message, its flow and its limits.`,
  },
  {
    scenario: "body of 64 MiB",
    text: `The body is fetched on the worker and handed over as a buffer, without a copy. What is
      left is the time until the other thread runs again, which varies with the machine.`,
  },
  {
    scenario: "first call of a process",
    text: `The worker compiles many times the source of the bare one: streams, limits, redirects,
      progress. \`warmSync()\` at the start of a program hides all of it.`,
  },
  {
    scenario: "process that only imports",
    text: `Importing makes no web API object, no client and no thread; what is left is reading and
      compiling the modules.`,
  },
  {
    scenario: "memory over the baseline, 1 GiB by lines",
    floor: "lines, fetch",
    text: `At most 512 KiB wait between the threads, whatever the size of the body, and one buffer
      carries all chunks. The rest are lines that the runtime has not collected yet.`,
  },
  {
    scenario: "1 GiB by lines",
    text: `The hand-written loop has no limit in time or size, and decodes nothing but UTF-8.`,
  },
  {
    scenario: SIZE,
    text:
      `Both call styles are in it, streams, pages, uploads, cancelling, and user functions of any
      colour, and the source of the workers as a string, without which there is no \`getSync\`.
      \`deno task size --all\` tells which module has how much; CI fails where one grows.`,
  },
];

/** The reason for a missed target. */
export function reasonFor(
  verdict: Pick<Verdict, "scenario" | "against" | "runtime">,
  reasons: readonly Reason[] = REASONS,
): Reason | undefined {
  const { scenario, against = "", runtime } = verdict;
  return reasons.find((reason) =>
    reason.scenario === scenario &&
    (!reason.against || reason.against.includes(against)) &&
    (!reason.runtimes || reason.runtimes.some((name) => runtime.startsWith(name)))
  );
}

/** The reasons for what was missed, in order; their numbers stand beside the figures. */
export function reasonsFor(verdicts: readonly Verdict[]): Reason[] {
  const missed = verdicts.filter(({ met }) => !met);
  return [...new Set(missed.flatMap((verdict) => reasonFor(verdict) ?? []))];
}

/** What the floors of the same run come to, compared as the missed targets are. */
export function floorsOf(
  reason: Reason,
  verdicts: readonly Verdict[],
  rows: readonly Row[],
): string[] {
  const { floor } = reason;
  if (floor === undefined) return [];
  const floors = verdicts.flatMap((verdict) => {
    const { runtime, against, met } = verdict;
    if (met || reasonFor(verdict) !== reason) return [];
    const measured = measuredOf({ ...verdict, name: floor }, runtime, rows);
    if (measured === undefined) return [];
    const compared = against === undefined
      ? ""
      : verdict.over
      ? ` over ${against}`
      : ` of ${against}`;
    return [`${multiple(measured, verdict)}${compared} in ${runtime}`];
  });
  return [...new Set(floors)];
}
