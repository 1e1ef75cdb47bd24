/**
 * Why targets are missed: what stands beside their figures on the page. Figures are not written
 * down here but taken from the run, so that they never speak of another one.
 *
 * @module
 */

import type { Row } from "./rows.ts";
import { multiple, type Target, type Verdict } from "./targets.ts";

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
    against: ["fetch"],
    floor: "fetch, same options",
    text: `A call with a limit in time has to give fetch a signal, and one that keeps credentials
      on their origin follows redirects itself: the floor is a fetch with just that, and it is no
      fetch without options. What the client adds to it is the pipeline: merging and checking
      options, building the URL, a generator for each stage. In a loop by itself that takes some 7 µs
      in Deno and 15 in Node; between two fetches, with the caches full of theirs, it takes several
      times as long, so what counts is how much code a call runs through. Tried and kept: no stage
      runs that has nothing to do (7 generators less), options that fetch need not have are left
      out, headers are copied when somebody asks for them, the pairs of a client's headers and its
      base URL are made once, one async function sends and reads. Tried and left: a signal that
      several requests share, as fetch leaves listeners on it.`,
  },
  {
    scenario: "async small JSON",
    floor: "fetch, same options",
    text: `ofetch, wretch and xior hand over a fetch without a limit in time, ky one with a limit
      and no bound on the size of the body. Where the floor itself is above the target, nothing
      that has these limits can meet it.`,
  },
  {
    scenario: "sync small JSON",
    floor: "bare worker again",
    text: `The bare worker sends an address and gets bytes. A call also sends method, headers and
      limits, gets status, headers and URL back, and runs the same pipeline as an awaited one, on
      both threads with half-empty caches: what an awaited call costs above fetch is paid here too.
      Tried and kept: small answers cross in shared memory in one piece, with one wake-up each way;
      the worker explains no errors and keeps no classes for them. Tried and left, as nothing was
      gained beyond the noise: a head of the answer without JSON, commands that name the URL alone,
      and commands by \`Atomics.waitAsync\` instead of a port (2 to 4 % of the bare worker in Deno,
      nothing in Node). Spinning for up to 1 ms, only where it was seen to pay, never paid here: a wait took
      three times as long, as server and worker need both cores.`,
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
      above, where ours is compared with its floor. Python's clients do the same work on one
      thread, without the two wake-ups.`,
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
      that was blocked until they came. Tried and kept: commands share a message, and the answers
      of one turn of the worker's loop one wake-up; \`await get\` of the same run tells how much of that is
      the pipeline and how much the bridge.`,
  },
  {
    scenario: "body of 64 MiB",
    text: `The body is fetched on the worker and handed over as a buffer, without a copy. What is
      left is the time until the other thread runs again, which varies with the machine.`,
  },
  {
    scenario: "first sync call of a process",
    text: `The worker compiles many times the source of the bare one: streams, limits, redirects,
      progress. \`warmSync()\` at the start of a program hides all of it.`,
  },
  {
    scenario: "memory over the baseline, 1 GiB streamed",
    text: `At most 512 KiB wait between the threads, whatever the size of the body. The rest are
      chunks that were read and that the runtime has not collected yet; \`stream, fetch\` tells how
      many of them fetch itself leaves.`,
  },
  {
    scenario: "size, minified and compressed",
    text:
      `Both call styles are in it, streams, pages, uploads, cancelling, and user functions of any
      colour: the pipeline, which both styles run, and the source of the workers (some 11 kB),
      without which there is no \`getSync\`; texts of errors are some 5 kB. Tried and kept: it was
      68.6 kB before the I/O worker was made to send facts instead of errors, and what both ends of
      a user function share was carried once. Tried and left: compressing the source of the worker,
      as base64 gives back what it wins. Who imports only errors, backoff or tokens gets only those.
      CI fails where it grows (\`scripts/check_size.ts\`).`,
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

/** What the floors of the same run come to, as multiples of what the targets are compared with. */
export function floorsOf(
  reason: Reason,
  verdicts: readonly Verdict[],
  rows: readonly Row[],
): string[] {
  const { floor } = reason;
  if (floor === undefined) return [];
  return verdicts.flatMap((verdict) => {
    const { runtime, scenario, against, met } = verdict;
    if (met || against === undefined || reasonFor(verdict) !== reason) return [];
    const find = (name: string) =>
      rows.find((row) => row.runtime === runtime && row.scenario === scenario && row.name === name)
        ?.value?.median;
    const [least, base] = [find(floor), find(against)];
    if (least === undefined || base === undefined) return [];
    return [`${multiple(least / base, verdict satisfies Target)} of ${against} in ${runtime}`];
  });
}
