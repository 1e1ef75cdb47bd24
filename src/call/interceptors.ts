import { adoptConfig, type ConfigChange } from "../config/merge.ts";
import type { Answer, ResolvedConfig } from "../config/options.ts";
import { type AxError, isAxError } from "../ax_error.ts";
import { InterceptorError } from "../errors.ts";
import type { Flow, Operation, UserFunction } from "../flow/flow.ts";
import { invoke } from "../flow/user_function.ts";
import { messageOf } from "../http/pairs.ts";
import type { AxResponse } from "../http/response.ts";
import type { AnyStream } from "../stream/members.ts";

/** What the handlers of interceptors get as second argument. */
export interface HandlerState {
  /** The call's resolved config; `api.request` and `flow.request` accept it. */
  readonly request: ResolvedConfig;
}

/** Changes a request before it is sent, on each attempt. */
export type RequestInterceptor = (
  request: ResolvedConfig,
  state: HandlerState,
) => Answer<ConfigChange | undefined | void>;

/** Handles the error of an earlier request interceptor. */
export type RequestErrorHandler = (
  error: AxError,
  state: HandlerState,
) => Answer<ConfigChange | undefined | void>;

/** Changes the final response of a call. */
export type ResponseInterceptor = (
  response: AxResponse,
  state: HandlerState,
) => Answer<AxResponse | AnyStream | undefined | void>;

/**
 * Handles the final error of a call: returns a response (or a stream, of a call that streams) to
 * recover, or throws.
 */
export type ResponseErrorHandler = (
  // deno-lint-ignore no-explicit-any -- what was thrown; `isAxError` narrows it
  error: any,
  state: HandlerState,
) => Answer<AxResponse | AnyStream | undefined | void>;

/** The handlers of one `use`. */
export interface Handlers {
  readonly onFulfilled?: UserFunction | null | undefined;
  readonly onRejected?: UserFunction | null | undefined;
  /** Its place among those of its chain, from 0; for errors. */
  readonly index?: number | undefined;
}

/**
 * The interceptors of one side of a client. They run in the order they were registered.
 *
 * @typeParam OnFulfilled What handles a value.
 * @typeParam OnRejected What handles an error.
 */
export interface InterceptorRegistry<OnFulfilled, OnRejected> {
  /**
   * Adds an interceptor at the end.
   *
   * @param onFulfilled Handles a value; plain, generator or `async`.
   * @param onRejected Handles the error of an earlier one; beside it, it gets `{ request }`.
   * @returns An id for `eject`.
   */
  use(onFulfilled?: OnFulfilled | null, onRejected?: OnRejected | null): number;
  /**
   * Removes an interceptor; one that is not there is ignored.
   *
   * @param id What `use` returned.
   */
  eject(id: number): void;
  /** Removes every interceptor. */
  clear(): void;
}

/** The interceptors of a client. */
export interface Interceptors {
  /** Change the request of each attempt. */
  readonly request: InterceptorRegistry<RequestInterceptor, RequestErrorHandler>;
  /** Change the final response of a call, or handle its error. */
  readonly response: InterceptorRegistry<ResponseInterceptor, ResponseErrorHandler>;
}

/** Unique in the thread: an id of a client's means nothing, or the same, to its children. */
let lastId = 0;

/** A registry that calls take their handlers from. */
export class InterceptorChain<OnFulfilled extends UserFunction, OnRejected extends UserFunction>
  implements InterceptorRegistry<OnFulfilled, OnRejected> {
  readonly #handlers = new Map<number, Handlers>();
  readonly #changed: (place?: string, fn?: unknown) => void;
  #count = 0;

  /**
   * @param changed Told each function and its place in the chain, and every other change.
   * @param inherited The chain that this one starts with a copy of.
   */
  constructor(
    changed: (place?: string, fn?: unknown) => void,
    inherited?: InterceptorChain<OnFulfilled, OnRejected>,
  ) {
    this.#changed = changed;
    if (!inherited) return;
    for (const [id, handlers] of inherited.#handlers) this.#handlers.set(id, handlers);
  }

  use(onFulfilled?: OnFulfilled | null, onRejected?: OnRejected | null): number {
    for (const fn of [onFulfilled, onRejected]) {
      if (fn === undefined || fn === null || typeof fn === "function") continue;
      throw new TypeError(`Cannot register an interceptor: it is a ${typeof fn}, give a function`);
    }
    const id = lastId++;
    const index = this.#count++;
    this.#changed(`${index}/fulfilled`, onFulfilled);
    this.#changed(`${index}/rejected`, onRejected);
    this.#handlers.set(id, { index, onFulfilled, onRejected });
    return id;
  }

  eject(id: number): void {
    this.#handlers.delete(id);
    this.#changed();
  }

  clear(): void {
    this.#handlers.clear();
    this.#changed();
  }

  /** Keeps the chain as it is now; returns how to have it so again. */
  save(): () => void {
    const saved = [...this.#handlers];
    return () => {
      this.#handlers.clear();
      for (const [id, handlers] of saved) this.#handlers.set(id, handlers);
    };
  }

  /** The handlers of a call that begins now: what is registered later does not change it. */
  snapshot(): readonly Handlers[] {
    return this.#handlers.size === 0 ? NONE : [...this.#handlers.values()];
  }
}

/** Those of requests. */
export type RequestChain = InterceptorChain<RequestInterceptor, RequestErrorHandler>;
/** Those of responses. */
export type ResponseChain = InterceptorChain<ResponseInterceptor, ResponseErrorHandler>;

const NONE: readonly Handlers[] = [];

/** What a call has come to so far. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** What the handlers of one side need to know of their call. */
interface Side<T> {
  readonly name: "request" | "response";
  /** The resolved config, as it is by then. */
  config(): ResolvedConfig;
  /** What an answer makes of the outcome; nothing where it leaves it. */
  adopt(answer: unknown, role: string): Outcome<T> | undefined;
}

/** Runs handlers like a promise chain over an outcome. */
function* runHandlers<T>(
  chain: readonly Handlers[],
  given: Outcome<T>,
  { name, config, adopt }: Side<T>,
): Generator<Operation, T, unknown> {
  let outcome = given;
  for (const { onFulfilled, onRejected, index } of chain) {
    const failed = "error" in outcome;
    const fn = failed ? onRejected : onFulfilled;
    if (!fn) continue;
    const role = `${name} ${failed ? "error handler" : "interceptor"}`;
    const state: HandlerState = { request: config() };
    const subject = "error" in outcome ? outcome.error : outcome.value;
    let answer: unknown;
    try {
      answer = yield* invoke(fn, [subject, state], { role, index });
    } catch (error) {
      outcome = { error: failed ? error : wrap(error, fn, role, config()) };
      continue;
    }
    outcome = adopt(answer, `${role}${named(fn)}`) ?? outcome;
  }
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

/** Runs request interceptors over the config of one attempt. */
export function interceptRequest(
  chain: readonly Handlers[],
  given: ResolvedConfig,
): Flow<ResolvedConfig> {
  let config = given;
  let { headers } = given;
  return runHandlers(chain, { value: given }, {
    name: "request",
    config() {
      // Before the handler can put something else in their place.
      ({ headers } = config);
      return config;
    },
    adopt(answer, role) {
      config = adoptConfig(config, answer as ConfigChange | undefined, headers, role);
      return { value: config };
    },
  });
}

/** What response interceptors need to know of their call. */
export interface ResponseRules {
  /** The resolved config, as it is by then. */
  config(): ResolvedConfig;
  /** The response that an answer is, if it is one. */
  adopt(answer: unknown): AxResponse | undefined;
}

/** Runs response interceptors over the final outcome of a call. */
export function* interceptResponse(
  chain: readonly Handlers[],
  call: Flow<AxResponse>,
  { config, adopt }: ResponseRules,
): Generator<Operation, AxResponse, unknown> {
  let outcome: Outcome<AxResponse>;
  try {
    outcome = { value: yield* call };
  } catch (error) {
    outcome = { error };
  }
  return yield* runHandlers(chain, outcome, {
    name: "response",
    config,
    adopt(answer, role) {
      if (answer === undefined) return undefined;
      const value = adopt(answer);
      if (value) return { value };
      throw new TypeError(
        `Cannot go on after ${role}: it returned something that is no response; change ` +
          `"response.data" and return the response, or use "createResponse"`,
      );
    },
  });
}

function named(fn: UserFunction): string {
  return fn.name ? ` "${fn.name}"` : "";
}

function wrap(error: unknown, fn: UserFunction, role: string, config: ResolvedConfig): unknown {
  if (isAxError(error)) return error;
  return new InterceptorError(`The ${role}${named(fn)} failed: ${messageOf(error)}`, {
    interceptor: fn.name || "anonymous",
    cause: error,
    request: config,
  });
}
