import { checkNames } from "./option_names.ts";
import type { CacheStore } from "./cache_entry.ts";
import type { CacheMode } from "./cache_rules.ts";

/** What {@linkcode CacheOptions.onError} is told besides the error. */
export interface CacheFailure {
  /** What the store was asked to do. */
  readonly operation: "get" | "set" | "delete";
  /** The URL that it was about, masked. */
  readonly url: string;
}

/** Options of {@linkcode cache}. */
export interface CacheOptions {
  /**
   * Where responses are kept. Its methods may be plain, generators or `async`.
   *
   * @default {memoryStore()}
   */
  store?: CacheStore | undefined;
  /**
   * Whether the cache serves several users, as a proxy does: `private` responses and, unless the
   * server allows it, those to requests with `authorization` are not stored. Responses to different
   * credentials are kept apart in any case.
   *
   * @default {false}
   */
  shared?: boolean | undefined;
  /**
   * Keeps every response of success for so many milliseconds, whatever the server says about
   * caching. Not together with `shared`.
   *
   * @default what the server says
   */
  ttl?: number | undefined;
  /**
   * How many responses the store in memory keeps. Not together with `store`.
   *
   * @default {1000}
   */
  maxSize?: number | undefined;
  /**
   * How many milliseconds a method of the store may take, never more than the call's `timeout`. The
   * first one that fails or takes longer ends the use of the store for that attempt.
   *
   * @default {1000}
   */
  storeTimeout?: number | undefined;
  /** Observes failures of the store, which cost the cache and not the call. */
  onError?: ((error: unknown, failure: CacheFailure) => unknown) | undefined;
}

/** The options of one call, as `context.cache`; `false` is `{ mode: "no-store" }`. */
export interface CacheCallOptions {
  /**
   * `no-store`: neither read nor stored; `reload`: stored, not read; `no-cache`: asks the server
   * whether it is still good; `force-cache`: also what is stale; `only-if-cached`: that too, and 504
   * where there is none.
   *
   * @default {"default"}
   */
  mode?: CacheMode | undefined;
  /**
   * Milliseconds, in place of the plugin's, with `cache({ ttl })` only.
   *
   * @default the plugin's
   */
  ttl?: number | undefined;
}

const MODES: readonly unknown[] = [
  ...["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
];
const OPTIONS = ["store", "shared", "ttl", "maxSize", "storeTimeout", "onError"];
const CALL_OPTIONS = ["mode", "ttl"];
const METHODS = ["get", "set", "delete"] as const;

/** Refuses options that mean nothing. */
export function checkOptions(options: CacheOptions): void {
  checkNames(options, OPTIONS, "cache()");
  const { store, shared, maxSize, onError } = options;
  const given = { ...options };
  for (const name of ["ttl", "maxSize", "storeTimeout"] as const) checkNumber(name, given[name]);
  const missing = store && METHODS.find((name) => typeof store[name] !== "function");
  if (missing) throw new TypeError(`Cannot use "store": it has no method "${missing}"`);
  if (store && maxSize !== undefined) {
    throw new TypeError('Cannot use "maxSize" with "store": bound the store itself');
  }
  if (options.ttl !== undefined && shared !== undefined) {
    throw new TypeError('Cannot use "shared" with "ttl": it belongs to the rules of RFC 9111');
  }
  if (onError !== undefined && typeof onError !== "function") {
    throw new TypeError('Cannot use "onError": give a function');
  }
}

/** The options of a call, checked. */
export function callOptions(value: unknown, ttl: number | undefined): CacheCallOptions {
  if (value === undefined || value === null) return {};
  if (value === false) return { mode: "no-store" };
  if (typeof value !== "object") {
    throw new TypeError('Cannot use "context.cache": give false or an object');
  }
  const options = value as CacheCallOptions;
  checkNames(options, CALL_OPTIONS, "context.cache");
  checkNumber("ttl", options.ttl);
  if (options.ttl !== undefined && ttl === undefined) {
    throw new TypeError('Cannot use "ttl" in "context.cache": the plugin was made without "ttl"');
  }
  if (options.mode !== undefined && !MODES.includes(options.mode)) {
    throw new TypeError(
      `Cannot use mode "${options.mode}" in "context.cache": it is one of ${MODES.join(", ")}`,
    );
  }
  return options;
}

function checkNumber(name: string, value: unknown): void {
  if (value === undefined || typeof value === "number" && value > 0) return;
  throw new RangeError(`Cannot use "${name}": it must be a number above 0, got ${value}`);
}
