import { elapsed, endTimer, MAX_TIMER_MS, startTimer } from "./clock.ts";
import { runtimeName } from "./runtime.ts";

/**
 * Removes what stands in a list and knows where; harmless when it is gone. For what comes and goes by
 * the thousand, in no order: a `Set` leaves a table behind for every few items, each with a reference
 * to the next one, and one that has grown old keeps all that follow, and what they held, until V8
 * collects everything (Deno, 60,000 awaited calls: 8.5 instead of 2.6 µs of collection for each).
 */
export function removeEntry<E extends { index: number }>(entries: E[], entry: E): void {
  const { index } = entry;
  if (index < 0) return;
  const last = entries.pop() as E;
  if (last !== entry) {
    entries[index] = last;
    last.index = index;
  }
  entry.index = -1;
}

/** A limit in time that runs. */
export interface Deadline {
  /** Makes it never end; harmless where it has ended. */
  cancel(): void;
}

/*
 * Starting and clearing a timer costs 17 µs in Deno and 12 µs in Node, 5 % of a small request on
 * loopback. So limits long enough not to mind some 40 ms share one `Atomics.waitAsync`: it fires
 * about once per limit instead of being set and cleared per request, and keeps no process alive.
 * It may not be used where nothing else keeps the process alive.
 */
const SHARED_FROM_MS = 5_000;

interface Wait {
  readonly value: Promise<string> | string;
}

type WaitAsync = (cell: Int32Array, index: number, value: number, ms: number) => Wait;

interface Due extends Deadline {
  readonly at: number;
  readonly onEnd: () => void;
  /** Where it stands; -1 once it is over. */
  index: number;
}

const waitAsync = /* @__PURE__ */ findWaitAsync();
const dues: Due[] = [];
/** What is waited on. */
let cell: Int32Array | undefined;
let wakeAt = Infinity;
let round = 0;

function findWaitAsync(): WaitAsync | undefined {
  if (typeof SharedArrayBuffer === "undefined") return undefined;
  if (runtimeName() !== "deno" && runtimeName() !== "node") return undefined;
  return (Atomics as unknown as { readonly waitAsync?: WaitAsync }).waitAsync;
}

/** Calls a function after some milliseconds, once. */
export type StartDeadline = (ms: number, onEnd: () => void) => Deadline;

/** Calls a function after some milliseconds, once; longer limits may end up to 50 ms late. */
export function sharedDeadline(ms: number, onEnd: () => void): Deadline {
  if (ms < SHARED_FROM_MS || !(cell ??= waitCell())) return ownDeadline(ms, onEnd);
  const at = elapsed() + ms;
  // One object for each request, and no closure: most are gone within a millisecond.
  const due: Due = { at, onEnd, index: dues.length, cancel };
  dues.push(due);
  if (at < wakeAt) wakeUpAt(at);
  return due;
}

function cancel(this: Due): void {
  removeEntry(dues, this);
}

/** The same on time, by a timer of its own, which also keeps the process alive. */
export function ownDeadline(ms: number, onEnd: () => void): Deadline {
  let left = ms;
  const next = (): ReturnType<typeof setTimeout> => {
    const slice = Math.min(left, MAX_TIMER_MS);
    left -= slice;
    return startTimer(() => left > 0 ? timer = next() : onEnd(), slice);
  };
  let timer = next();
  return { cancel: () => endTimer(timer) };
}

/** None where the wait cannot be shared, or there is no shared memory left. */
function waitCell(): Int32Array | undefined {
  try {
    return waitAsync && new Int32Array(new SharedArrayBuffer(4));
  } catch {
    return undefined;
  }
}

function wakeUpAt(due: number): void {
  if (!cell || !waitAsync) return;
  // A wait cannot be withdrawn, only answered: at most one is left behind.
  if (wakeAt !== Infinity) Atomics.notify(cell, 0);
  wakeAt = due;
  const mine = ++round;
  const { value } = waitAsync(cell, 0, 0, Math.max(due - elapsed(), 1));
  Promise.resolve(value).then(() => {
    if (mine === round) endThoseDue();
  });
}

function endThoseDue(): void {
  wakeAt = Infinity;
  const now = elapsed();
  let next = Infinity;
  for (const due of [...dues]) {
    // One that has ended may have removed another.
    if (due.index < 0) continue;
    if (due.at > now) next = Math.min(next, due.at);
    else {
      due.cancel();
      due.onEnd();
    }
  }
  if (next < wakeAt) wakeUpAt(next);
}
