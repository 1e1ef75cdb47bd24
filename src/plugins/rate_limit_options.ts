import type { Answer, ResolvedConfig } from "../public.ts";
import type { Rate } from "./token_bucket.ts";

/**
 * Tokens that processes share. Its methods may be of any colour; an `async` one works in sync calls
 * by a twin, as any function of yours. `redisRateLimit` in `./plugins/redis` makes one.
 */
export interface RateLimitStore {
  /**
   * Takes the next token, also one that is not there yet.
   *
   * @param key Which bucket.
   * @param rate How fast tokens come.
   * @returns Milliseconds until the token is there; 0 for at once.
   */
  take(key: string, rate: Rate): Answer<number>;
  /**
   * Gives no token for a while, since the server asked for it.
   *
   * @param key Which bucket.
   * @param ms Milliseconds.
   */
  pause(key: string, ms: number): Answer<unknown>;
}

/** Options of `rateLimit`: a `limit`, a `concurrency`, or both. */
export interface RateLimitOptions {
  /**
   * How many requests are sent in each `interval`: as many at once after a rest, then one each
   * `interval / limit`.
   *
   * @default no limit
   */
  readonly limit?: number | undefined;
  /**
   * Milliseconds in which `limit` requests are sent.
   *
   * @default {1_000}
   */
  readonly interval?: number | undefined;
  /**
   * How many attempts are under way at once, from sending until the body is read; streamed: until
   * the headers.
   *
   * @default no limit
   */
  readonly concurrency?: number | undefined;
  /**
   * What shares a limit: all that the client sends, what goes to one host, or what a function gives
   * one key. It sees the request as it goes on the wire.
   *
   * @default {"client"}
   */
  readonly per?: "client" | "host" | ((request: ResolvedConfig) => string) | undefined;
  /**
   * Tokens that processes share, in place of this thread's. What the server says of its limits, and
   * `concurrency`, are kept by each thread for itself.
   *
   * @default this thread's own
   */
  readonly store?: RateLimitStore | undefined;
  /**
   * Told when the store fails, takes longer than the call's `timeout`, or cannot be asked in a sync
   * call; the call goes by this thread's own tokens then.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Options of one call, in `context.rateLimit`: `false` to pass by the limits. */
export type RateLimitCallOptions = false;

/** Refuses options that cannot be meant. */
export function checkOptions({ limit, interval, concurrency, per, store }: RateLimitOptions): void {
  if (limit === undefined && concurrency === undefined) {
    throw new TypeError('Cannot limit: give "limit", "concurrency" or both');
  }
  for (const [name, value] of Object.entries({ limit, concurrency })) {
    if (value === undefined || (Number.isInteger(value) && value >= 1)) continue;
    throw new RangeError(`Cannot limit: "${name}" must be an integer of 1 or more, got ${value}`);
  }
  if (interval !== undefined && !(interval > 0 && interval < Infinity)) {
    throw new RangeError(`Cannot limit: "interval" must be milliseconds above 0, got ${interval}`);
  }
  if (per !== undefined && per !== "client" && per !== "host" && typeof per !== "function") {
    throw new TypeError(
      `Cannot limit: "per" must be "client", "host" or a function, got ${JSON.stringify(per)}`,
    );
  }
  if (
    store !== undefined &&
    (typeof store.take !== "function" || !(typeof store.pause === "function"))
  ) {
    throw new TypeError('Cannot limit: "store" must have the methods "take" and "pause"');
  }
}
