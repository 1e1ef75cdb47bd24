import {
  call,
  concurrent,
  type Flow,
  mask,
  type Operation,
  type ResolvedConfig,
  sleep,
  TimeoutError,
} from "../public.ts";
import { type CacheEntry, type CacheStore, readEntry } from "./cache_entry.ts";
import type { CacheFailure, CacheOptions } from "./cache_options.ts";
import type { Read, StoreAccess } from "./cache_storage.ts";

type Steps<T> = Generator<Operation, T, unknown>;
type Methods = Record<string, (...args: unknown[]) => unknown>;
type Outcome = { readonly value: unknown } | { readonly error: unknown };

const STORE_TIMEOUT = 1000;

/** The store as one attempt uses it: its failures are told, and then it is left alone. */
export class Access implements StoreAccess {
  readonly #store: CacheStore;
  readonly #options: CacheOptions;
  readonly #request: ResolvedConfig;
  #failed = false;

  constructor(store: CacheStore, options: CacheOptions, request: ResolvedConfig) {
    this.#store = store;
    this.#options = options;
    this.#request = request;
  }

  *get(key: string): Steps<Read | undefined> {
    const entry = yield* this.#ask("get", key);
    if (entry === undefined || entry === null) return undefined;
    try {
      return readEntry(entry);
    } catch (error) {
      yield* this.#tell(error, "get");
      yield* this.#ask("delete", key);
      return undefined;
    }
  }

  *set(key: string, entry: CacheEntry): Steps<void> {
    yield* this.#ask("set", key, entry);
  }

  *delete(key: string): Steps<void> {
    yield* this.#ask("delete", key);
  }

  *#ask(operation: CacheFailure["operation"], ...args: unknown[]): Steps<unknown> {
    if (this.#failed) return undefined;
    const method = [this.#store as unknown as Methods, operation] as const;
    const asked = call(method, ...args);
    const outcome = this.#store.sync
      ? yield* ended(asked)
      : yield* within(this.#limit(), operation, ended(asked));
    if ("value" in outcome) return outcome.value;
    this.#failed = true;
    yield* this.#tell(outcome.error, operation);
    return undefined;
  }

  #limit(): number {
    const { timeout } = this.#request;
    const own = this.#options.storeTimeout ?? STORE_TIMEOUT;
    return timeout === false ? own : Math.min(own, timeout);
  }

  *#tell(error: unknown, operation: CacheFailure["operation"]): Steps<void> {
    const { onError } = this.#options;
    const url = mask(String(this.#request.url), this.#request.redact);
    if (onError) yield* call(onError, error, { operation, url });
  }
}

/** How a flow ended. */
function* ended(flow: Flow<unknown>): Steps<Outcome> {
  try {
    return { value: yield* flow };
  } catch (error) {
    return { error };
  }
}

/** How a flow ended, or that it took too long. */
function* within(ms: number, operation: string, flow: Flow<Outcome>): Steps<Outcome> {
  let outcome: Outcome | undefined;
  const first = new Error("One of the two has ended");
  function* work(): Steps<never> {
    const value = yield* flow;
    outcome ??= value;
    throw first;
  }
  function* limit(): Steps<never> {
    yield* sleep(ms);
    const message = `Cannot use the cache: "${operation}" of its store took more than ${ms} ms`;
    outcome ??= { error: new TimeoutError(message, { phase: "function" }) };
    throw first;
  }
  try {
    yield* concurrent([work(), limit()]);
  } catch (error) {
    if (error !== first) throw error;
  }
  return outcome ?? { error: first };
}
