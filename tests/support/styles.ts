/**
 * One behaviour, both styles: a test body written once against a {@linkcode StyleKit} runs with
 * the awaited verbs and again with their `Sync` twins.
 */

import { assertEquals } from "@std/assert";
import { run, runSync } from "../../mod.ts";
import type {
  Awaiting,
  AxResponse,
  Blocking,
  Flow,
  PaginateConfig,
  RequestConfig,
  StreamResponse,
  SyncStreamResponse,
} from "../../mod.ts";
import "./worker_file.ts";

/** How a test body calls the client. */
export type Style = "async" | "sync";

/** The verbs; each has a twin that ends in `Sync`. */
export type Verb = "get" | "head" | "options" | "delete" | "post" | "put" | "patch";

/** One verb and its twin: a client, or any object that has both. */
export type VerbPair<V extends string> =
  & { [K in V]: (url: string, config?: RequestConfig) => Promise<AxResponse<unknown>> }
  & { [K in `${V}Sync`]: (url: string, config?: RequestConfig) => AxResponse<unknown> };

/** What `kit.request` needs of a client. */
export interface RequestPair {
  request(config: RequestConfig): Promise<AxResponse<unknown>>;
  requestSync(config: RequestConfig): AxResponse<unknown>;
}

/** What `kit.stream` needs of a client. */
export interface StreamPair {
  stream(url: string, config?: RequestConfig): Promise<StreamResponse>;
  streamSync(url: string, config?: RequestConfig): SyncStreamResponse;
}

/** What `kit.pages` needs of a client. */
export interface PagePair {
  paginate(url: string, config?: PaginateConfig): AsyncIterable<unknown>;
  paginateSync(url: string, config?: PaginateConfig): Iterable<unknown>;
}

/** A `dual` operation; a stream that it returns has a form of its own in each style. */
export interface DualFunction<A extends unknown[], T, U = T> {
  (...args: A): Promise<T>;
  sync(...args: A): U;
}

/** Names of async methods whose `Sync` twin is there too. */
export type PairedName<C> =
  & { [K in keyof C]: K extends string ? `${K}Sync` extends keyof C ? K : never : never }[keyof C]
  & string;

type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

type VerbMethods = {
  /** Calls the verb, or its twin. */
  [V in Verb]: <T = unknown>(
    api: VerbPair<V>,
    url: string,
    config?: RequestConfig,
  ) => Promise<AxResponse<T>>;
};

/** What a test body of {@linkcode bothStyles} gets. */
export interface StyleKit extends VerbMethods {
  readonly style: Style;
  /** Differs in each test and style: for `?key=` at the test servers. */
  readonly key: string;
  /** Any method with a `Sync` twin: `call(github, "getUser", "octocat")`; last overload counts. */
  call<C extends object, M extends PairedName<C>>(
    api: C,
    method: M,
    ...args: Arguments<C[M]>
  ): Promise<Result<C[M]>>;
  request<T = unknown>(api: RequestPair, config: RequestConfig): Promise<AxResponse<T>>;
  /** A streamed request; `for await` and `await` read it in both styles. */
  stream(
    api: StreamPair,
    url: string,
    config?: RequestConfig,
  ): Promise<StreamResponse | SyncStreamResponse>;
  /** All items of `paginate`. */
  pages<T = unknown>(api: PagePair, url: string, config?: PaginateConfig): Promise<T[]>;
  /** A `dual` operation. */
  dual<A extends unknown[], T, U>(
    operation: DualFunction<A, T, U>,
    ...args: A
  ): Promise<T | U>;
  /** `run(flow)`, or `runSync(flow)`. */
  run<T>(flow: Flow<T>): Promise<Awaiting<T> | Blocking<T>>;
  /** Anything else that has two forms. */
  either<T, U = T>(awaited: () => Promise<T>, blocking: () => U): Promise<T | U>;
  /** Asserts that the call fails with this class, and returns the error. */
  fails<E extends Error>(
    call: Promise<unknown> | (() => unknown),
    ErrorClass: abstract new (...args: never[]) => E,
  ): Promise<E>;
}

/** How a call ended, as in `Promise.allSettled`. */
export type Outcome<T> = PromiseSettledResult<T>;

let lastKey = 0;

/** Makes the kit of one style; tests get theirs from {@linkcode bothStyles}. */
export function createKit(style: Style): StyleKit {
  const either = async <T, U>(
    awaited: () => Promise<T>,
    blocking: () => U,
  ): Promise<T | U> => {
    if (style === "async") return await promiseOf(awaited);
    const value = blocking();
    if (isThenable(value)) throw new Error("The sync call returned a promise");
    return value;
  };
  const verb =
    <V extends Verb>(name: V) =>
    <T>(api: VerbPair<V>, url: string, config?: RequestConfig): Promise<AxResponse<T>> =>
      either(
        () => (api as VerbPair<Verb>)[name](url, config),
        () => (api as VerbPair<Verb>)[`${name}Sync` as `${Verb}Sync`](url, config),
      ) as Promise<AxResponse<T>>;
  return {
    style,
    key: `k${++lastKey}-${style}`,
    either,
    get: verb("get"),
    head: verb("head"),
    options: verb("options"),
    delete: verb("delete"),
    post: verb("post"),
    put: verb("put"),
    patch: verb("patch"),
    call: (api, method, ...args) => {
      const methods = api as Record<string, (...args: unknown[]) => unknown>;
      return either(
        () => methods[method]?.(...args) as Promise<never>,
        () => methods[`${method}Sync`]?.(...args) as never,
      );
    },
    request: <T>(api: RequestPair, config: RequestConfig) =>
      either(() => api.request(config), () => api.requestSync(config)) as Promise<AxResponse<T>>,
    stream: (api, url, config) =>
      either(() => api.stream(url, config), () => api.streamSync(url, config)),
    pages: <T>(api: PagePair, url: string, config?: PaginateConfig) =>
      either(
        () => Array.fromAsync(api.paginate(url, config)),
        () => [...api.paginateSync(url, config)],
      ) as Promise<T[]>,
    dual: (operation, ...args) => either(() => operation(...args), () => operation.sync(...args)),
    run: (flow) => either(() => run(flow) as never, () => runSync(flow) as never),
    fails: (call, ErrorClass) => failure(call, ErrorClass),
  };
}

/** Async verbs reject, they never throw: a throw fails the test with another class. */
async function promiseOf<T>(awaited: () => Promise<T>): Promise<T> {
  let promise: Promise<T>;
  try {
    promise = awaited();
  } catch (cause) {
    throw new Error("The async call threw instead of returning a promise", { cause });
  }
  if (!isThenable(promise)) throw new Error("The async call returned no promise");
  return await promise;
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

async function failure<E extends Error>(
  call: Promise<unknown> | (() => unknown),
  ErrorClass: abstract new (...args: never[]) => E,
): Promise<E> {
  let value: unknown;
  try {
    value = await (typeof call === "function" ? call() : call);
  } catch (error) {
    if (error instanceof ErrorClass) return error;
    throw new Error(`Expected ${ErrorClass.name}, but the call failed with ${error}`, {
      cause: error,
    });
  }
  throw new Error(`Expected ${ErrorClass.name}, but the call returned ${Deno.inspect(value)}`);
}

/** Registers `name [async]` and `name [sync]`, two tests with the same body. */
export function bothStyles(
  name: string,
  fn: (t: StyleKit) => Promise<void> | void,
  options: Omit<Deno.TestDefinition, "name" | "fn"> = {},
): void {
  for (const style of ["async", "sync"] as const) {
    Deno.test({ ...options, name: `${name} [${style}]`, fn: () => fn(createKit(style)) });
  }
}

/**
 * Registers one test that runs the body in both styles and compares the outcomes: values by
 * equality, errors by class, `code` and `message`, or as `compare` does.
 */
export function parity<T>(
  name: string,
  fn: (t: StyleKit) => Promise<T> | T,
  compare: (awaited: Outcome<T>, blocking: Outcome<T>) => Promise<void> | void = sameOutcome,
): void {
  Deno.test(`${name} [parity]`, async () => {
    const [awaited] = await Promise.allSettled([settle(fn, "async")]);
    const [blocking] = await Promise.allSettled([settle(fn, "sync")]);
    await compare(awaited, blocking);
  });
}

async function settle<T>(fn: (t: StyleKit) => Promise<T> | T, style: Style): Promise<T> {
  return await fn(createKit(style));
}

/** Asserts that both styles ended alike. */
export function sameOutcome(awaited: Outcome<unknown>, blocking: Outcome<unknown>): void {
  assertEquals(comparable(blocking), comparable(awaited));
}

function comparable(outcome: Outcome<unknown>): unknown {
  if (outcome.status === "fulfilled") return outcome;
  const { constructor, name, code, message } = outcome.reason as Error & { code?: string };
  return { status: outcome.status, class: constructor.name, name, code, message };
}
