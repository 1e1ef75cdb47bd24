/**
 * A limit on how many requests are sent in a time, and at once.
 *
 * @module
 */
import { create } from "../apart.ts";
import {
  type AxError,
  type AxResponse,
  call,
  type CancelError,
  CancelToken,
  type Client,
  createResponse,
  type Flow,
  isAxError,
  type Middleware,
  now,
  type Operation,
  type Plugin,
  type RequestConfig,
  type ResolvedConfig,
  share,
  sleep,
  type TimeoutError,
} from "../public.ts";
import { type Meter, Meters } from "./meters.ts";
import type { Places, Visitor } from "./places.ts";
import { readRateLimit } from "./rate_limit_headers.ts";
import { checkOptions, type RateLimitOptions } from "./rate_limit_options.ts";
import type { TokenBucket } from "./token_bucket.ts";
import { checkNames, kindOf } from "./option_names.ts";

export type {
  RateLimitCallOptions,
  RateLimitOptions,
  RateLimitStore,
} from "./rate_limit_options.ts";
export type { Rate } from "./token_bucket.ts";

/** How an attempt ended. */
type End = { readonly response: AxResponse } | { readonly error: unknown };

/** An attempt under way. It is also the key under which its flow can be waited for. */
class Attempt implements Visitor {
  places: Places<Attempt> | undefined;
  /** Ends its wait for a place. */
  #wait: CancelToken | undefined;

  leave(): void {
    this.places?.leave(this);
  }

  wake(): void {
    this.#wait?.cancel(WOKEN);
  }

  /**
   * Waits until the other attempt has ended or this one was woken; tells whether it could. What
   * waits only watches the other one: woken, it lets go of it, so that a cancel there is not held up.
   */
  *waitFor(other: Attempt): Generator<Operation, boolean, unknown> {
    const cancelToken = this.#wait = new CancelToken();
    try {
      return (yield* apart(() => share(other, notHere()), { cancelToken })) !== NOT_HERE;
    } catch (error) {
      // It would wait for an attempt that it is a part of.
      if (error instanceof TypeError) return false;
      if (isAxError(error) && (error as CancelError).reason === WOKEN) return true;
      throw error;
    } finally {
      this.#wait = undefined;
    }
  }
}

/** Where an attempt keeps which number it has. */
const ATTEMPT = "rateLimit.attempt";
const NOT_HERE: End = { error: "not here" };
const WOKEN = { woken: true };
const APART = "http://apart.invalid/";

/**
 * Sends no faster than a limit, and no more than so many at once: async calls wait, sync calls block.
 * Who asked first goes first. What a server says of its own limits is kept to: a `429` (and a `503`)
 * with `Retry-After`, and `RateLimit` headers in their usual forms, hold back what comes after. A
 * wait ends with `totalTimeout` and with a cancel.
 *
 * Each request on the wire takes a token, retries and redirects included. While the server asks for
 * longer than the call's `maxRetryAfter`, calls end at once as its own `429` would, and nothing is
 * sent.
 *
 * A blocked thread cannot wait for its own async calls: a sync call that finds all places taken by
 * those takes one over the bound. The same goes for a call that is made inside an attempt.
 *
 * @param options How many, in which time, of what.
 * @returns A plugin; clients that share it share its limits.
 * @throws {TypeError} If neither `limit` nor `concurrency` is given, or `per` is of the wrong kind.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { rateLimit } from "jsr:@ax/client/plugins/rate-limit";
 * import { MockTransport, VirtualClock } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "/").reply(200);
 * const clock = new VirtualClock();
 * const api = create({ baseURL: "https://api.example.com", transport, clock });
 * api.plugin(rateLimit({ limit: 2, interval: 1_000, concurrency: 4 }));
 *
 * await Promise.all([api.get("/"), api.get("/"), api.get("/")]);
 * assertEquals(clock.now(), 500);
 * api.getSync("/");
 * assertEquals(clock.now(), 1_000);
 * ```
 */
export function rateLimit(options: RateLimitOptions): Plugin {
  checkNames(options, OPTIONS, '"rateLimit"');
  checkOptions(options);
  const { limit = Infinity, interval = 1_000, concurrency, per = "client", store } = options;
  const meters = new Meters<Attempt>({ limit, interval }, concurrency, store !== undefined);
  const attempts = new Map<number, Attempt>();
  let count = 0;

  /** Asks the store, no longer than the call's `timeout`; tells whether it answered. */
  function* ask(
    request: ResolvedConfig,
    question: () => Flow<unknown>,
  ): Generator<Operation, unknown, unknown> {
    const { timeout, clock } = request;
    try {
      return yield* apart(question, { timeout, totalTimeout: timeout, clock });
    } catch (error) {
      if (isAxError(error) && isOwnEnd(error)) throw error;
      options.onError?.(error);
      return undefined;
    }
  }

  /** Waits for a token; tells whether the request may be sent. */
  function* takeToken(
    bucket: TokenBucket,
    { maxRetryAfter }: ResolvedConfig,
  ): Generator<Operation, boolean, unknown> {
    const turn = bucket.reserve(yield* now());
    let wait: number | undefined;
    try {
      for (;;) {
        const at = yield* now();
        if (bucket.pauseLeft(at) > maxRetryAfter) return false;
        wait = bucket.use(turn, at);
        if (wait === 0) return true;
        yield* sleep(wait);
      }
    } finally {
      if (wait !== 0) bucket.cancel(turn);
    }
  }

  function* takeStored(
    request: ResolvedConfig,
    key: string,
    meter: Meter<Attempt>,
  ): Generator<Operation, boolean, unknown> {
    if (!store || !meter.spare) return true;
    const wait = limit === Infinity
      ? 0
      : yield* ask(request, () => call([store, "take"], key, { limit, interval }));
    if (typeof wait !== "number" || !(wait >= 0)) return yield* takeToken(meter.spare, request);
    if (wait > 0) yield* sleep(wait);
    return true;
  }

  const perHop: Middleware = function* rateLimit(request, next) {
    if (request.context["rateLimit"] === false) return yield* next(request);
    const key = keyOf(request, per);
    const meter = meters.get(key, yield* now());
    const { bucket, places } = meter;
    const attempt = attempts.get(request.context[ATTEMPT] as number);
    if (places && attempt && !attempt.places) yield* takePlace(attempt, places);
    const free = (yield* takeStored(request, key, meter)) && (yield* takeToken(bucket, request));
    if (!free) return refusal(request, bucket.pauseLeft(yield* now()));
    const response = yield* next(request);
    const at = yield* now();
    const said = readRateLimit(response.status, response.headers, at, interval);
    if (said.left !== undefined && said.reset !== undefined) {
      bucket.allow(said.left, at + said.reset, at);
    }
    const { pause } = said;
    if (pause !== undefined && pause > 0) {
      bucket.pause(at + pause, at);
      if (store) yield* ask(request, () => call([store, "pause"], key, pause));
    }
    return response;
  };

  const perAttempt: Middleware = function* rateLimit(request, next) {
    if (request.context["rateLimit"] === false) return yield* next(request);
    const id = request.context[ATTEMPT] = ++count;
    const attempt = new Attempt();
    attempts.set(id, attempt);
    try {
      const end = yield* share(attempt, settled(attempt, next(request)));
      if ("error" in end) throw end.error;
      return end.response;
    } finally {
      attempts.delete(id);
      attempt.leave();
    }
  };

  return {
    name: "rateLimit",
    ...store && { store },
    attach(client: Client): void {
      if (concurrency !== undefined) client.use(perAttempt, { per: "attempt" });
      client.use(perHop, { per: "hop" });
    },
  };
}

/** Waits until the attempt has a place. */
function* takePlace(
  attempt: Attempt,
  places: Places<Attempt>,
): Generator<Operation, void, unknown> {
  attempt.places = places;
  if (places.enter(attempt)) return;
  // Each one watches the one before it, so that one end wakes one attempt. Which of them run on this
  // blocked thread, or in its async calls, only `share` knows.
  const elsewhere = new Set<Attempt>();
  while (!places.has(attempt)) {
    const other = places.before(attempt, elsewhere);
    if (!other) places.force(attempt);
    else if (!(yield* attempt.waitFor(other))) elsewhere.add(other);
  }
}

/** The flow of an attempt: it gives its place back before those who wait for it hear of its end. */
function* settled(attempt: Attempt, flow: Flow<AxResponse>): Generator<Operation, End, unknown> {
  try {
    return { response: yield* flow };
  } catch (error) {
    return { error };
  } finally {
    attempt.leave();
  }
}

// deno-lint-ignore require-yield -- a flow that waits for nothing
function* notHere(): Generator<Operation, End, unknown> {
  return NOT_HERE;
}

/** The response that stands for the server's while it wants to be left alone. */
function refusal({ url }: ResolvedConfig, ms: number): AxResponse {
  const seconds = String(Math.ceil(ms / 1000));
  return createResponse({ status: 429, headers: { "retry-after": seconds }, url });
}

/** Whether an error ends the call itself, and not only what was asked apart from it. */
function isOwnEnd(error: AxError): boolean {
  const ended = error.code === "AX_CANCEL" ||
    (error.code === "AX_TIMEOUT" && (error as TimeoutError).phase !== "function");
  return ended && error.request?.url !== APART;
}

function keyOf(request: ResolvedConfig, per: RateLimitOptions["per"]): string {
  if (per === "client") return "client";
  if (typeof per !== "function") return new URL(request.url).host;
  const key: unknown = per(request);
  if (typeof key === "string") return key;
  throw new TypeError(`Cannot limit a request: "per" must return a string, got ${kindOf(key)}`);
}

/** Flows with limits of their own: a client of our own gives them, of which nothing is sent. */
let clientApart: Client | undefined;

function* apart(
  flow: () => Flow<unknown>,
  limits: RequestConfig,
): Generator<Operation, unknown, unknown> {
  clientApart ??= create({}).use(function* run(request) {
    yield* (request.context["flow"] as () => Flow<void>)();
    return createResponse({ status: 204 });
  });
  let result: unknown;
  function* kept(): Generator<Operation, void, unknown> {
    result = yield* flow();
  }
  yield* clientApart.flow.get(APART, { ...limits, context: { flow: kept } });
  return result;
}

const OPTIONS: readonly string[] = ["limit", "interval", "concurrency", "per", "store", "onError"];
