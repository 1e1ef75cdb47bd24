/**
 * An HTTP cache (RFC 9111), or a plain one with a time to live, for both call styles.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { cache } from "jsr:@ax/client/plugins/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users")
 *   .reply(200, ["Ada"], { "cache-control": "max-age=60" });
 *
 * const api = create({ baseURL: "https://api.example.com", transport }).plugin(cache());
 * await api.get("/users");
 * assertEquals(api.getSync("/users").data, ["Ada"]);
 * assertEquals(transport.requests.length, 1);
 * ```
 *
 * @module
 */
import {
  type AxResponse,
  type Client,
  isAxError,
  type Next,
  type Operation,
  type Plugin,
  type ResolvedConfig,
  type TimeoutError,
} from "../public.ts";
import { Access } from "./cache_access.ts";
import type { CacheEntry, CacheStore } from "./cache_entry.ts";
import { type AttemptState, exchange, type FromCache, keep } from "./cache_exchange.ts";
import {
  type CacheCallOptions,
  type CacheFailure,
  type CacheOptions,
  callOptions,
  checkOptions,
} from "./cache_options.ts";
import { type CacheMode, type CacheRules, httpRules, ttlRules } from "./cache_rules.ts";
import { memoryStore } from "./stores/memory.ts";

export type { CacheCallOptions, CacheEntry, CacheFailure, CacheMode, CacheOptions };
export type { CacheStore, FromCache };
export { memoryStore, type MemoryStoreOptions } from "./stores/memory.ts";
export { fileStore, type FileStoreOptions } from "./stores/file.ts";
export { denoKvStore, type DenoKvStoreOptions, type KvDatabase } from "./stores/deno_kv.ts";

/** Where the hops of an attempt find its number, in `context`. */
const ATTEMPT = "cache.attempt";

type Steps<T> = Generator<Operation, T, unknown>;

/**
 * Caches responses to GET and HEAD: by the rules of RFC 9111, or with `ttl` for a fixed time. The
 * response tells by `fromCache`: `"hit"`, `"revalidated"` (the server said that it is still good),
 * `"stale"`, or `undefined` for a response of the server.
 *
 * A response belongs to its method, full URL, the fields that `vary` names, and all credentials of
 * the request. Unsafe methods make what is stored under their URL outdated. Streams are answered
 * from the cache, but not stored. After a stale response by `stale-while-revalidate` the call is
 * made again in the background, with your interceptors; it runs when the thread is not blocked.
 *
 * @param options Where and how responses are kept.
 * @returns The plugin, named `"cache"`.
 * @throws {TypeError} If an option is unknown, contradicts another, or the store is none.
 * @throws {RangeError} If `ttl`, `maxSize` or `storeTimeout` is not a number above 0.
 *
 * @example A time to live, and a call that wants a new response
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { cache } from "jsr:@ax/client/plugins/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/rates").reply(200, { usd: 1.1 });
 *
 * const api = create({ baseURL: "https://api.example.com", transport });
 * api.plugin(cache({ ttl: 60_000, maxSize: 100 }));
 *
 * await api.get("/rates");
 * api.getSync("/rates");
 * assertEquals(transport.requests.length, 1);
 * api.getSync("/rates", { context: { cache: { mode: "reload" } } });
 * assertEquals(transport.requests.length, 2);
 * ```
 */
export function cache(options: CacheOptions = {}): Plugin {
  checkOptions(options);
  return new CachePlugin(options);
}

class CachePlugin implements Plugin {
  readonly name = "cache";
  /** Seen, as what may be `async` in it is found in the worker of sync calls by its place here. */
  readonly store: CacheStore;
  readonly onError: CacheOptions["onError"];
  readonly #options: CacheOptions;
  readonly #rules: CacheRules;
  readonly #running = new Map<number, AttemptState>();
  /** The resources that are asked for in the background. */
  readonly #refreshing = new Set<string>();
  #last = 0;

  constructor(options: CacheOptions) {
    const { ttl, shared = false, maxSize } = options;
    this.#options = options;
    this.store = options.store ?? memoryStore({ maxSize });
    this.onError = options.onError;
    this.#rules = ttl === undefined ? httpRules(shared) : ttlRules(ttl);
  }

  attach(client: Client): void {
    client.use((request: ResolvedConfig, next: Next) => this.#attempt(client, request, next), {
      per: "attempt",
    });
    client.use((request: ResolvedConfig, next: Next) => {
      const state = this.#running.get(Number(request.context[ATTEMPT]));
      return state ? exchange(state, request, next) : next(request);
    }, { per: "hop" });
  }

  /** The body is read in here; the hops inside have chosen what becomes of it. */
  *#attempt(client: Client, request: ResolvedConfig, next: Next): Steps<AxResponse> {
    const id = ++this.#last;
    const state = this.#stateOf(request);
    request.context = { ...request.context, [ATTEMPT]: id };
    this.#running.set(id, state);
    try {
      return yield* finish(state, yield* answered(state, request, next));
    } catch (error) {
      const response = refusedResponse(error);
      if (response) yield* finish(state, response);
      throw error;
    } finally {
      this.#running.delete(id);
      if (state.refresh !== undefined) this.#refresh(client, request, state.refresh);
    }
  }

  #stateOf(request: ResolvedConfig): AttemptState {
    const { ttl } = this.#options;
    const { mode = "default", ttl: own } = callOptions(request.context["cache"], ttl);
    return {
      mode,
      rules: own === undefined ? this.#rules : ttlRules(own),
      access: new Access(this.store, this.#options, request),
      secrets: request.redact,
      running: this.#running,
      asking: undefined,
      pending: undefined,
      served: undefined,
      refresh: undefined,
      fallback: "none",
    };
  }

  /** Makes a call again that a stale response has answered, apart from it. */
  #refresh(client: Client, request: ResolvedConfig, resource: string): void {
    if (this.#refreshing.has(resource)) return;
    this.#refreshing.add(resource);
    // A failure is as if nobody had asked: the next call tries again.
    const done = (): unknown => this.#refreshing.delete(resource);
    const context = { ...request.context, cache: { mode: "no-cache" } };
    client.request({ ...request, context, signal: undefined, cancelToken: undefined })
      .then(done, done);
  }
}

/** The response of the rest of the chain, or a stale one in place of an error (RFC 5861, 4). */
function* answered(state: AttemptState, request: ResolvedConfig, next: Next): Steps<AxResponse> {
  try {
    return yield* next(request);
  } catch (error) {
    if (state.fallback !== "there" || !isOutage(error)) throw error;
    state.fallback = "used";
    state.pending = undefined;
    return yield* next(request);
  }
}

function isOutage(error: unknown): boolean {
  if (!isAxError(error)) return false;
  return error.code === "AX_NETWORK" ||
    error.code === "AX_TIMEOUT" && (error as TimeoutError).phase === "attempt";
}

function* finish(state: AttemptState, response: AxResponse): Steps<AxResponse> {
  const body = bodyOf(response);
  if (body) yield* keep(state, body);
  return state.served ? Object.assign(response, { fromCache: state.served }) : response;
}

/** The response that was refused for its status, if its body is whole. */
function refusedResponse(error: unknown): AxResponse | undefined {
  const whole = isAxError(error) && error.code === "AX_STATUS" && error.cause === undefined;
  return whole ? error.response : undefined;
}

/** A streamed response has no body here, and says so by a `TypeError`. */
function bodyOf(response: AxResponse): Uint8Array<ArrayBuffer> | undefined {
  try {
    return response.bytes();
  } catch {
    return undefined;
  }
}
