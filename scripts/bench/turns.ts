/**
 * Timing of contenders in turns of a few milliseconds, so that what slows the machine down for a
 * while slows all of them. Runs in every runtime.
 *
 * @module
 */

/** One way to do the work of a scenario. */
export interface Contender {
  readonly name: string;
  /** Does the work once; a promise is awaited. */
  run(): unknown;
}

/** How long to measure. */
export interface TurnOptions {
  /** Milliseconds of a turn; one call is made at least. */
  readonly turnMs: number;
  /** Milliseconds each contender has to itself before: compilers need some hundred calls. */
  readonly warmMs: number;
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
  /** How many turns it had. */
  readonly turns: number;
  /** Time divided by that of the first contender in the same round. */
  readonly ratio?: Spread;
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
  /** Microseconds a call, for each round it had a turn in. */
  readonly times: Map<number, number>;
  /** It has a turn in every so many rounds: slow ones would fill the time of the others. */
  every: number;
  error?: string;
}

const MIN_TURNS = 4;

/** Times the contenders against the first of them. */
export async function timeInTurns(
  contenders: readonly Contender[],
  options: TurnOptions,
): Promise<Timed[]> {
  const runners = contenders.map((contender): Runner => ({
    contender,
    times: new Map(),
    every: 1,
  }));
  const base = runners[0] as Runner;
  for (const runner of runners) await warmUp(runner, options);
  // What all calls take is known now: slow ones get fewer turns.
  const end = performance.now() + options.limitMs;
  for (let round = 0; round < options.rounds; round++) {
    if (performance.now() > end && base.times.size >= MIN_TURNS) break;
    for (let place = 0; place < runners.length; place++) {
      const runner = runners[(place + round) % runners.length] as Runner;
      if (runner.error !== undefined || round % runner.every !== 0) continue;
      await turn(runner, round, options.turnMs);
    }
  }
  return runners.map((runner) => resultOf(runner, base));
}

async function warmUp(runner: Runner, { turnMs, warmMs, rounds }: TurnOptions): Promise<void> {
  let call = 0;
  const end = performance.now() + warmMs;
  while (runner.error === undefined) {
    await turn(runner, -1, turnMs);
    call = (runner.times.get(-1) ?? 0) / 1000;
    // A spawned process or a large body needs no more warm-up.
    if (performance.now() > end || call > 10 * turnMs) break;
  }
  runner.times.clear();
  const share = Math.ceil(call / (4 * turnMs));
  runner.every = Math.max(1, Math.min(share, Math.floor(rounds / MIN_TURNS)));
}

async function turn(runner: Runner, round: number, turnMs: number): Promise<void> {
  const { contender } = runner;
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
    return;
  }
  runner.times.set(round, (now - start) * 1000 / calls);
}

function resultOf({ contender: { name }, times, error }: Runner, base: Runner): Timed {
  const turns = times.size;
  if (error !== undefined) return { name, turns, error: error.split("\n")[0] as string };
  const ratios: number[] = [];
  for (const [round, time] of times) {
    const other = base.times.get(round);
    if (other) ratios.push(time / other);
  }
  return { name, turns, us: spreadOf([...times.values()]), ratio: spreadOf(ratios) };
}
