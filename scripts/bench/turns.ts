/**
 * Timing of contenders in turns of a few milliseconds, so that what slows the machine down for a
 * while slows all of them. Runs in every runtime.
 *
 * @module
 */

import { cpuMicroseconds } from "./node_parts.ts";

/** One way to do the work of a scenario. */
export interface Contender {
  readonly name: string;
  /** Whether it is the code of one before it, for which compilers have done their work. */
  readonly again?: boolean;
  /** Does the work once; a promise is awaited. */
  run(): unknown;
}

/** How long to measure. */
export interface TurnOptions {
  /** Milliseconds of a turn; one call is made at least. */
  readonly turnMs: number;
  /** Milliseconds, at most, that each contender has to itself before, for compilers to do their work. */
  readonly warmMs: number;
  /** How many times as much of that: those of Node's workers need more calls. */
  readonly warmth?: number;
  /** Turns of each contender. */
  readonly rounds: number;
  /** Milliseconds for the whole scenario, whatever `rounds` says. */
  readonly limitMs: number;
}

/** A median with the quartiles around it. */
export interface Spread {
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
}

/** What was measured of a contender. */
export interface Timed {
  readonly name: string;
  /** Microseconds a call; missing where it failed. */
  readonly us?: Spread;
  /** Microseconds of CPU a call, of all threads of the process. */
  readonly cpu?: Spread;
  /** How many turns it had. */
  readonly turns: number;
  /** Why it was left out. */
  readonly error?: string;
}

/** The quartiles of some numbers. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => {
    const place = part * (sorted.length - 1);
    const low = sorted[Math.floor(place)] ?? NaN;
    const high = sorted[Math.ceil(place)] ?? NaN;
    return low + (high - low) * (place - Math.floor(place));
  };
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}

interface Runner {
  readonly contender: Contender;
  /** Microseconds a call, for each turn. */
  times: number[];
  /** The same of CPU. */
  cpuTimes: number[];
  error?: string;
}

const MIN_TURNS = 5;
/** So many calls are enough for the compilers of every runtime. */
const WARM_CALLS = 3_000;

/** Times the contenders. Those that are slow come after the others, whom they would disturb. */
export async function timeInTurns(
  contenders: readonly Contender[],
  options: TurnOptions,
): Promise<Timed[]> {
  const runners = contenders.map((contender): Runner => ({ contender, times: [], cpuTimes: [] }));
  const slow = new Set<Runner>();
  for (const runner of runners) if (await warmUp(runner, options)) slow.add(runner);
  const quick = runners.filter((runner) => !slow.has(runner));
  await rounds(quick, options);
  await rounds([...slow], { ...options, limitMs: options.limitMs / (quick.length > 0 ? 2 : 1) });
  return runners.map(({ contender: { name }, times, cpuTimes, error }) => ({
    name,
    turns: times.length,
    ...error === undefined
      ? { us: spreadOf(times), cpu: spreadOf(cpuTimes) }
      : { error: error.split("\n")[0] as string },
  }));
}

/** Calls a contender until compilers have seen enough of it; whether it is a slow one. */
async function warmUp(runner: Runner, options: TurnOptions): Promise<boolean> {
  const { turnMs, warmMs, warmth = 1 } = options;
  const end = performance.now() + warmMs * warmth;
  let slow = false;
  let calls = 0;
  let warm = false;
  while (!slow && !warm && runner.error === undefined) {
    calls += await turn(runner, turnMs);
    // The first call starts a worker, which says nothing about the next ones.
    const enough = runner.times.length >= 3;
    slow = enough && Math.min(...runner.times) > 10_000 * turnMs;
    warm = enough &&
      (runner.contender.again || performance.now() > end || calls >= WARM_CALLS * warmth);
  }
  runner.times = [];
  runner.cpuTimes = [];
  return slow;
}

async function rounds(runners: readonly Runner[], options: TurnOptions): Promise<void> {
  const end = performance.now() + options.limitMs;
  for (let round = 0; round < options.rounds; round++) {
    if (round >= MIN_TURNS && performance.now() > end) return;
    for (const runner of shuffled(runners, round)) {
      if (runner.error === undefined) await turn(runner, options.turnMs);
    }
  }
}

/** Another order for each seed: who comes after whom makes a difference. */
function shuffled<T>(values: readonly T[], seed: number): T[] {
  const order = [...values];
  let state = seed * 2654435761 + 12345;
  for (let place = order.length - 1; place > 0; place--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor(state / 2 ** 32 * (place + 1));
    [order[place], order[other]] = [order[other] as T, order[place] as T];
  }
  return order;
}

/** Calls it for so long, and tells how often. */
async function turn(runner: Runner, turnMs: number): Promise<number> {
  const { contender } = runner;
  const cpuStart = cpuMicroseconds();
  const start = performance.now();
  const end = start + turnMs;
  let calls = 0;
  let now = start;
  try {
    do {
      const result = contender.run();
      if (result instanceof Promise) await result;
      calls++;
      now = performance.now();
    } while (now < end);
  } catch (error) {
    runner.error = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return calls;
  }
  runner.times.push((now - start) * 1000 / calls);
  runner.cpuTimes.push((cpuMicroseconds() - cpuStart) / calls);
  return calls;
}
