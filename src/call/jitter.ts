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

const JITTERS: readonly unknown[] = ["none", "full", "equal", "decorrelated"];

/** A strategy's options over its defaults. An unknown name is refused: it may be a mistyped one. */
export function settle<T extends { readonly jitter: Jitter }>(
  strategy: string,
  given: { readonly [K in keyof T]?: T[K] | undefined },
  defaults: T,
): T {
  const why = `Cannot create ${strategy}: `;
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`${why}its options are an object, got a ${typeof given}`);
  }
  const settled = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      const names = Object.keys(defaults).join('", "');
      throw new TypeError(`${why}unknown option "${name}", it takes "${names}"`);
    }
    if (value === undefined) continue;
    if (name !== "jitter" && !(typeof value === "number" && value >= 0 && value < Infinity)) {
      throw new RangeError(
        `${why}"${name}" must be a finite number of at least 0, got ${String(value)}`,
      );
    }
    if (name === "jitter" && !JITTERS.includes(value)) {
      throw new TypeError(`${why}unknown jitter "${value}", use "${JITTERS.join('", "')}"`);
    }
    Object.assign(settled, { [name]: value });
  }
  return settled;
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
