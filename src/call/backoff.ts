/**
 * How a delay `d` is spread, so that clients which failed together do not return together:
 * `none`: `d`; `full`: between 0 and `d`; `equal`: between `d / 2` and `d`; `decorrelated`: between
 * the first delay and three times the previous one, whatever `d` is, up to the strategy's maximum.
 */
export type Jitter = "none" | "full" | "equal" | "decorrelated";

/** What a {@linkcode RetryStrategy} is told about the wait it decides. */
export interface RetryContext {
  /** The error of the attempt that failed. */
  readonly error: unknown;
  /** The request that will be sent again. */
  readonly request: unknown;
  /** The response of the failed attempt, where one was received. */
  readonly response?: unknown;
  /** The wait before the attempt that failed, in milliseconds; `undefined` before the first retry. */
  readonly previousDelay: number | undefined;
  /** A random number, 0 ≤ x < 1, drawn for this wait. Use it for jitter. */
  readonly random: number;
}

/**
 * Decides how long to wait before a retry. A strategy holds no state, so one instance may serve
 * many clients and calls.
 *
 * @example Usage
 * ```ts
 * import { create, type RetryStrategy } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * const impatient: RetryStrategy = { getDelay: (retry) => retry === 1 ? 0 : 250 };
 *
 * create({ maxRetries: 3, retryStrategy: impatient });
 * const context = { error: undefined, request: undefined, previousDelay: undefined, random: 0.5 };
 * assertEquals(impatient.getDelay(2, context), 250);
 * ```
 */
export interface RetryStrategy {
  /**
   * The wait before a retry.
   *
   * @param retry Which retry this is, counted from 1.
   * @param context What is known about it.
   * @returns The wait in milliseconds.
   */
  getDelay(retry: number, context: RetryContext): number;
}

/** Options of {@linkcode FixedDelay}. */
export interface FixedDelayOptions {
  /**
   * The wait in milliseconds.
   * @default {1000}
   */
  delay?: number | undefined;
  /**
   * How the wait is spread. `decorrelated` is between `delay` and three times `delay`.
   * @default {"none"}
   */
  jitter?: Jitter | undefined;
}

/** Options of the strategies whose waits grow. */
export interface BackoffOptions {
  /**
   * The wait before the first retry, in milliseconds.
   * @default {500}
   */
  base?: number | undefined;
  /**
   * The longest wait, in milliseconds.
   * @default {30_000}
   */
  maxDelay?: number | undefined;
  /**
   * How each wait is spread.
   * @default {"full"}
   */
  jitter?: Jitter | undefined;
}

/** Options of {@linkcode LinearBackoff}. */
export interface LinearBackoffOptions extends BackoffOptions {
  /**
   * How much longer each further wait is, in milliseconds.
   * @default {500}
   */
  increment?: number | undefined;
}

/** Options of {@linkcode ExponentialBackoff}. */
export interface ExponentialBackoffOptions extends BackoffOptions {
  /**
   * How many times longer each further wait is.
   * @default {2}
   */
  multiplier?: number | undefined;
}

const FIXED: { readonly delay: number; readonly jitter: Jitter } = { delay: 1000, jitter: "none" };
const GROWING: Spread = { base: 500, maxDelay: 30_000, jitter: "full" };

/**
 * Waits equally long before each retry.
 *
 * @example Usage
 * ```ts
 * import { create, FixedDelay } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://example.com/").reply(200);
 * const api = create({
 *   transport,
 *   maxRetries: 3,
 *   retryStrategy: new FixedDelay({ delay: 250 }),
 * });
 * assertEquals((await api.get("https://example.com/")).status, 200);
 * assertEquals(api.getSync("https://example.com/").status, 200);
 * ```
 */
export class FixedDelay implements RetryStrategy {
  readonly #spread: Spread;

  /**
   * Creates the strategy.
   *
   * @param options The wait and its jitter.
   * @throws {RangeError} If `delay` is negative or not finite.
   */
  constructor(options: FixedDelayOptions = {}) {
    const { delay, jitter } = settle("FixedDelay", options, FIXED);
    this.#spread = { base: delay, maxDelay: delay * 3, jitter };
  }

  /**
   * The wait before a retry.
   *
   * @param _retry Which retry this is; the wait does not depend on it.
   * @param context What is known about it.
   * @returns The wait in milliseconds.
   */
  getDelay(_retry: number, context: RetryContext): number {
    return spreadDelay(this.#spread.base, this.#spread, context);
  }
}

/**
 * Waits longer by the same amount before each further retry:
 * `base + increment × (retry − 1)`, at most `maxDelay`.
 *
 * @example Usage
 * ```ts
 * import { create, LinearBackoff } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://example.com/").reply(200);
 * const api = create({
 *   transport,
 *   maxRetries: 3,
 *   retryStrategy: new LinearBackoff({ base: 100, increment: 200 }),
 * });
 * assertEquals((await api.get("https://example.com/")).status, 200);
 * assertEquals(api.getSync("https://example.com/").status, 200);
 * ```
 */
export class LinearBackoff implements RetryStrategy {
  readonly #options: Spread & { readonly increment: number };

  /**
   * Creates the strategy.
   *
   * @param options The waits and their jitter.
   * @throws {RangeError} If a number is negative or not finite.
   */
  constructor(options: LinearBackoffOptions = {}) {
    this.#options = settle("LinearBackoff", options, { ...GROWING, increment: 500 });
  }

  /**
   * The wait before a retry.
   *
   * @param retry Which retry this is, counted from 1.
   * @param context What is known about it.
   * @returns The wait in milliseconds.
   */
  getDelay(retry: number, context: RetryContext): number {
    const { base, increment } = this.#options;
    return spreadDelay(base + increment * (retry - 1), this.#options, context);
  }
}

/**
 * Waits several times longer before each further retry:
 * `base × multiplier ^ (retry − 1)`, at most `maxDelay`. The default strategy of a client.
 *
 * @example Usage
 * ```ts
 * import { create, ExponentialBackoff } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://example.com/").reply(200);
 * const api = create({
 *   transport,
 *   maxRetries: 3,
 *   retryStrategy: new ExponentialBackoff({ base: 500, multiplier: 2 }),
 * });
 * assertEquals((await api.get("https://example.com/")).status, 200);
 * assertEquals(api.getSync("https://example.com/").status, 200);
 * ```
 */
export class ExponentialBackoff implements RetryStrategy {
  readonly #options: Spread & { readonly multiplier: number };

  /**
   * Creates the strategy.
   *
   * @param options The waits and their jitter.
   * @throws {RangeError} If a number is negative or not finite.
   */
  constructor(options: ExponentialBackoffOptions = {}) {
    this.#options = settle("ExponentialBackoff", options, { ...GROWING, multiplier: 2 });
  }

  /**
   * The wait before a retry.
   *
   * @param retry Which retry this is, counted from 1.
   * @param context What is known about it.
   * @returns The wait in milliseconds.
   */
  getDelay(retry: number, context: RetryContext): number {
    const { base, multiplier } = this.#options;
    // The power overflows to Infinity, and 0 × Infinity would be NaN.
    const delay = base === 0 ? 0 : base * multiplier ** (retry - 1);
    return spreadDelay(delay, this.#options, context);
  }
}

/** What one delay is spread by. */
interface Spread {
  /** The kind of jitter. */
  readonly jitter: Jitter;
  /** The first delay, the lower bound of the decorrelated kind. */
  readonly base: number;
  /** The upper bound of every kind. */
  readonly maxDelay: number;
}

const JITTERS: readonly unknown[] = ["none", "full", "equal", "decorrelated"];

/** A strategy's options over its defaults. An unknown name is refused: it may be a mistyped one. */
function settle<T extends { readonly jitter: Jitter }>(
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
function spreadDelay(
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
