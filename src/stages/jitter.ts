/**
 * How a delay `d` is spread, so that clients which failed together do not return together:
 * `none`: `d`; `full`: between 0 and `d`; `equal`: between `d / 2` and `d`; `decorrelated`: between
 * the first delay and three times the previous one, whatever `d` is, up to the strategy's maximum.
 */
export type Jitter = "none" | "full" | "equal" | "decorrelated";

/** What one delay is spread by. */
export interface Spread {
  /** The kind of jitter. */
  readonly jitter: Jitter;
  /** The first delay, the lower bound of the decorrelated kind. */
  readonly base: number;
  /** The upper bound of every kind. */
  readonly maxDelay: number;
}

const JITTERS: ReadonlySet<unknown> = new Set(["none", "full", "equal", "decorrelated"]);

/** Refuses options of another name: a typing error would leave the default without a word. */
export function checkNames(strategy: string, options: object, names: readonly string[]): void {
  const given: unknown = options;
  const odd = typeof given === "object" && given !== null
    ? Object.keys(given).find((name) => !names.includes(name))
    : `a ${typeof given}`;
  if (odd === undefined) return;
  const list = names.map((name) => `"${name}"`).join(", ");
  throw new TypeError(`Cannot create ${strategy}: unknown option "${odd}", it takes ${list}`);
}

/** Refuses an option that is negative, not finite, or no number. */
export function checkNumber(strategy: string, name: string, value: number): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(
    `Cannot create ${strategy}: "${name}" must be a finite number of at least 0, ` +
      `current value is ${String(value)}`,
  );
}

/** Refuses a jitter that is none of the four. */
export function checkJitter(strategy: string, jitter: Jitter): Jitter {
  if (JITTERS.has(jitter)) return jitter;
  throw new TypeError(
    `Cannot create ${strategy}: unknown jitter "${String(jitter)}", ` +
      'use "none", "full", "equal" or "decorrelated"',
  );
}

/** Spreads a delay in milliseconds by a random number, 0 ≤ x < 1. */
export function spreadDelay(
  delay: number,
  { jitter, base, maxDelay }: Spread,
  { random, previousDelay }: { random: number; previousDelay: number | undefined },
): number {
  const capped = Math.min(delay, maxDelay);
  if (jitter === "none") return capped;
  if (jitter === "full") return capped * random;
  if (jitter === "equal") return capped / 2 + (capped / 2) * random;
  // A wait shorter than `base` (Retry-After can cause one) does not shrink the range.
  const previous = Math.max(base, previousDelay ?? 0);
  return Math.min(maxDelay, base + (previous * 3 - base) * random);
}
