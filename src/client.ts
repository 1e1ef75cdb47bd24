import { asyncDriver } from "./client/async_host.ts";
import { addCallSite } from "./client/call_site.ts";
import { identify, REGISTERED } from "./client/identity.ts";
import type { Middleware } from "./client/middleware.ts";
import { asyncItems, syncItems } from "./client/iterators.ts";
import { asksForStream, toAsyncStream, toSyncStream } from "./client/streaming.ts";
import type { Paginate, PaginateSync } from "./client/pages.ts";
import { runBlocking } from "./client/sync_host.ts";
import { releaseWorkers } from "./client/user_host.ts";
import {
  type Call,
  type FlowVerbs,
  type RequestVerb,
  type SyncRequestVerb,
  type SyncVerb,
  type Verb,
  verbsOf,
} from "./client/verbs.ts";
import { clientDefaults, resolveConfig } from "./config.ts";
import { SyncUnavailableError } from "./errors.ts";
import {
  concurrent,
  type ConcurrentOptions,
  type ConcurrentResult,
  type Flow,
  LazyFlow,
} from "./flow/flow.ts";
import { flowItems } from "./flow/items.ts";
import type { Link } from "./flow/middleware.ts";
import { ManualSource } from "./flow/scope.ts";
import type { AxResponse } from "./http/response.ts";
import { InterceptorChain, type InterceptorRegistry } from "./interceptors.ts";
import type {
  ClientConfig,
  RequestConfig,
  RequestErrorHandler,
  RequestInterceptor,
  ResolvedConfig,
  ResponseErrorHandler,
  ResponseInterceptor,
} from "./options.ts";
import type { PageSource } from "./page_config.ts";
import { Pages } from "./paginate.ts";
import { type CallSetup, pipeline } from "./pipeline.ts";
import type { Plugin } from "./plugin.ts";
import { type SyncSupport, syncSupport } from "./runtime/capabilities.ts";
import { threadBridge } from "./transport/worker/bridge.ts";
import {
  assertLoaded,
  assertMayBlock,
  type Identity,
  isUserWorker,
  loadingModules,
} from "./twin.ts";

/** The interceptors of a client. */
export interface Interceptors {
  /** Change the request of each attempt. */
  readonly request: InterceptorRegistry<RequestInterceptor, RequestErrorHandler>;
  /** Change the final response of a call, or handle its error. */
  readonly response: InterceptorRegistry<ResponseInterceptor, ResponseErrorHandler>;
}

interface Inherited {
  readonly parent: Client;
  readonly identity: Identity | undefined;
  readonly defaults: ResolvedConfig;
  readonly middleware: readonly Link[];
  readonly plugins: ReadonlySet<string>;
}

/**
 * One configuration and one pipeline; the call site picks the execution. `get` and the other verbs
 * do not block, those that end in `Sync` block this thread, those of `flow` are for `yield*`.
 * Made by `create`.
 */
export class Client {
  /** The interceptors of this client. */
  readonly interceptors: Interceptors;
  /** The verbs as flows. */
  readonly flow: FlowVerbs;
  /** Sends a GET request. */
  declare readonly get: Verb;
  /** Sends a GET request and blocks this thread. */
  declare readonly getSync: SyncVerb;
  /** Sends a HEAD request. */
  declare readonly head: Verb;
  /** Sends a HEAD request and blocks this thread. */
  declare readonly headSync: SyncVerb;
  /** Sends an OPTIONS request. */
  declare readonly options: Verb;
  /** Sends an OPTIONS request and blocks this thread. */
  declare readonly optionsSync: SyncVerb;
  /** Sends a DELETE request. */
  declare readonly delete: Verb;
  /** Sends a DELETE request and blocks this thread. */
  declare readonly deleteSync: SyncVerb;
  /** Sends a POST request. */
  declare readonly post: Verb;
  /** Sends a POST request and blocks this thread. */
  declare readonly postSync: SyncVerb;
  /** Sends a PUT request. */
  declare readonly put: Verb;
  /** Sends a PUT request and blocks this thread. */
  declare readonly putSync: SyncVerb;
  /** Sends a PATCH request. */
  declare readonly patch: Verb;
  /** Sends a PATCH request and blocks this thread. */
  declare readonly patchSync: SyncVerb;
  /** Sends a request of any method. */
  declare readonly request: RequestVerb;
  /** Sends a request of any method and blocks this thread. */
  declare readonly requestSync: SyncRequestVerb;
  /** Iterates over items that come in pages. */
  readonly paginate: Paginate;
  /** Iterates over items that come in pages and blocks this thread for each page. */
  readonly paginateSync: PaginateSync;

  readonly #identity: Identity | undefined;
  /** In the worker for async functions: the modules that were loading. */
  readonly #madeDuring: readonly string[] | undefined = loadingModules();
  readonly #defaults: ResolvedConfig;
  readonly #ownTransport: ClientConfig["transport"];
  readonly #onRequest: InterceptorChain<RequestInterceptor, RequestErrorHandler>;
  readonly #onResponse: InterceptorChain<ResponseInterceptor, ResponseErrorHandler>;
  readonly #middleware: Link[];
  readonly #plugins = new Map<string, Plugin>();
  readonly #pluginNames: Set<string>;
  readonly #closing = new ManualSource();
  #holdsWorker = false;

  /**
   * Makes a client; `create` does the same.
   *
   * @param config The defaults of every call.
   * @param inherited What a child starts with; `extend` gives it.
   */
  constructor(config: ClientConfig, inherited?: Inherited) {
    this.#defaults = clientDefaults(config, inherited?.defaults);
    this.#ownTransport = config.transport;
    this.#middleware = [...inherited?.middleware ?? []];
    this.#pluginNames = new Set(inherited?.plugins);
    this.#identity = config.module === undefined
      ? inherited?.identity?.child()
      : identify(config.module);
    for (const name of REGISTERED) this.#identity?.register(name, config[name]);
    const register = (side: string) => (place: string, fn: unknown) =>
      this.#identity?.register(`${side}/${place}`, fn);
    const parent = inherited?.parent;
    this.#onRequest = new InterceptorChain(register("request"), parent && parent.#onRequest);
    this.#onResponse = new InterceptorChain(register("response"), parent && parent.#onResponse);
    this.interceptors = { request: this.#onRequest, response: this.#onResponse };
    const begin: Call<Flow<unknown>> = (...call) => this.#begin(...call);
    const flow: Call<Flow<unknown>> = (...call) =>
      new LazyFlow(() => begin(...call)[Symbol.iterator]());
    const awaited: Call<Promise<unknown>> = (...call) => {
      try {
        const result = asyncDriver.run(begin(...call));
        return asksForStream(call[2] ?? call[1]) ? result.then(toAsyncStream) : result;
      } catch (error) {
        return Promise.reject(error);
      }
    };
    const blocking: Call<unknown> = (...call) => {
      try {
        return toSyncStream(this.#block(() => begin(...call)));
      } catch (error) {
        throw addCallSite(error, blocking);
      }
    };
    const pages: PageSource = {
      request: (options) => flow(undefined, undefined, options) as Flow<AxResponse>,
      resolve: (options) => resolveConfig(this.#defaults, options, {}),
    };
    this.flow = {
      ...verbsOf(flow) as Omit<FlowVerbs, "paginate">,
      paginate: (url, options = {}) => flowItems(new Pages(url, options, pages)),
    };
    this.paginate = (url, options = {}) => asyncItems(new Pages(url, options, pages));
    this.paginateSync = (url, options = {}) =>
      syncItems(new Pages(url, options, pages), (page) => this.#block(() => page));
    Object.assign(this, verbsOf(awaited), verbsOf(blocking, "Sync"));
  }

  #begin(method: string | undefined, url: unknown, config: unknown): Flow<unknown> {
    this.#assertOpen();
    assertLoaded(this.#madeDuring);
    if (method !== undefined && url === undefined) {
      throw new TypeError(`Cannot send ${method}: the URL is undefined, give a string or a URL`);
    }
    const fixed = { method, url: url as string | undefined };
    return pipeline(resolveConfig(this.#defaults, config as RequestConfig, fixed), this.#setup());
  }

  #setup(): CallSetup {
    return {
      onRequest: this.#onRequest.snapshot(),
      onResponse: this.#onResponse.snapshot(),
      middleware: this.#middleware.length === 0 ? NONE : [...this.#middleware],
      clientHeaders: this.#defaults.headers,
      closing: this.#closing,
    };
  }

  #block<T>(flow: () => Flow<T>): T {
    if (syncSupport().supported) this.#holdWorker();
    assertMayBlock();
    return runBlocking(flow());
  }

  #holdWorker(): void {
    if (this.#holdsWorker || this.#closing.cancelled) return;
    this.#holdsWorker = true;
    threadBridge().retain();
  }

  #assertOpen(): void {
    if (!this.#closing.cancelled) return;
    throw new TypeError("Cannot use this client: it was closed; create another one");
  }

  /**
   * Adds a middleware: it wraps all attempts of a call. The first one added is outermost.
   *
   * @param middleware A function of any colour: plain, generator or `async`.
   * @returns This client.
   */
  use(middleware: Middleware): this {
    if (typeof middleware !== "function") {
      throw new TypeError(
        `Cannot use a ${typeof middleware} as middleware: give a function (request, next)`,
      );
    }
    this.#identity?.register(`middleware/${this.#middleware.length}`, middleware);
    this.#middleware.push({ fn: middleware as Link["fn"], index: this.#middleware.length });
    return this;
  }

  /**
   * Attaches a plugin.
   *
   * @param plugin `{ name, attach, detach? }`.
   * @returns This client.
   * @throws {TypeError} If a plugin of that name is attached, here or in the parent.
   */
  plugin(plugin: Plugin): this {
    this.#assertOpen();
    if (typeof plugin?.attach !== "function" || typeof plugin.name !== "string" || !plugin.name) {
      throw new TypeError('Cannot attach a plugin: give an object with "name" and "attach"');
    }
    const { name } = plugin;
    this.#identity?.register(`plugin/${name}`, plugin);
    if (this.#pluginNames.has(name)) {
      throw new TypeError(`Cannot attach plugin "${name}": this client has one of that name`);
    }
    plugin.attach(this);
    this.#pluginNames.add(name);
    this.#plugins.set(name, plugin);
    return this;
  }

  /**
   * Makes a child that starts with copies of this client's config, interceptors and middleware.
   * Later changes on either side stay there.
   *
   * @param config Options over those of this client.
   * @returns The child; it closes on its own.
   */
  extend(config: ClientConfig = {}): Client {
    this.#assertOpen();
    return new Client(config, {
      parent: this,
      identity: this.#identity,
      defaults: this.#defaults,
      middleware: this.#middleware,
      plugins: this.#pluginNames,
    });
  }

  /**
   * Runs flows at once while this thread is blocked; the async style has `Promise.all`.
   *
   * @param flows Flows, or functions that make one.
   * @param options How many at once, and what happens on an error.
   * @returns The results, in the order of the flows.
   */
  allSync<
    const T extends readonly (Flow<unknown> | (() => Flow<unknown>))[],
    const O extends ConcurrentOptions = { settled: false },
  >(flows: T, options?: O): ConcurrentResult<T, O> {
    this.#assertOpen();
    return this.#block(() => concurrent(flows, options));
  }

  /**
   * Whether sync calls work on this thread.
   *
   * @returns `supported`, and where it is false the reason.
   */
  syncSupport(): SyncSupport {
    return syncSupport();
  }

  /**
   * Starts the worker of sync calls early. In browsers it must be awaited before the first one.
   *
   * @returns Resolves when the worker is ready.
   */
  async warmSync(): Promise<void> {
    this.#assertOpen();
    // A module may do it while it loads; in the worker there are no sync calls.
    if (isUserWorker()) return;
    const { supported, reason } = syncSupport();
    if (!supported) throw new SyncUnavailableError(`Cannot start a worker: ${reason}`);
    this.#holdWorker();
    await threadBridge().warm();
  }

  /**
   * Ends this client's calls and streams with a `CancelError`, detaches its plugins, and lets the
   * worker go. Later calls are a `TypeError`. A client that is never closed keeps no process alive.
   */
  close(): void {
    if (this.#closing.cancelled) return;
    this.#closing.cancel();
    const failures: unknown[] = [];
    const attempt = (release: () => void): void => {
      try {
        release();
      } catch (error) {
        failures.push(error);
      }
    };
    for (const plugin of this.#plugins.values()) attempt(() => plugin.detach?.(this));
    attempt(() => this.#ownTransport?.close?.());
    if (this.#holdsWorker) releaseWorkers();
    this.#holdsWorker = false;
    // One that cannot let go must not keep the others from it.
    if (failures.length > 0) throw failures[0];
  }

  /** `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * `close`, for `await using`.
   *
   * @returns Resolves at once.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

const NONE: readonly Link[] = [];

/**
 * Makes a client.
 *
 * @param config The defaults of every call.
 * @returns A client.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/1").reply(200, { name: "Ada" });
 *
 * const api = create({ baseURL: "https://api.example.com", transport });
 *
 * const awaited = (await api.get<{ name: string }>("/users/1")).data;
 * const blocking = api.getSync<{ name: string }>("/users/1").data;
 * assertEquals(awaited, blocking);
 * ```
 */
export function create(config: ClientConfig = {}): Client {
  return new Client(config);
}
