import { locate } from "./call/encode.ts";
import {
  InterceptorChain,
  type Interceptors,
  type RequestChain,
  type ResponseChain,
} from "./call/interceptors.ts";
import {
  levelsOf,
  type Middleware,
  type MiddlewareOptions,
  type Registered,
  registerMiddleware,
} from "./call/middleware.ts";
import { attachmentsOf, type CallSetup, pipeline } from "./call/pipeline.ts";
import { type CallConfig, clientDefaults, readOnly, resolveConfig } from "./config/merge.ts";
import type { ClientConfig, RequestConfig, ResolvedConfig } from "./config/options.ts";
import type { Engine } from "./engine.ts";
import { type Identity, REGISTERED_OPTIONS } from "./flow/user_function.ts";
import { concurrent, type ConcurrentOptions, type ConcurrentResult } from "./flow/concurrent.ts";
import { type Flow, LazyFlow } from "./flow/flow.ts";
import { Closing } from "./flow/limit.ts";
import { ownMembers } from "./http/pairs.ts";
import type { Transport } from "./http/transport.ts";
import { maskUrl, printAs } from "./mask.ts";
import { checkPlugin, type PluginOf } from "./config/check.ts";
import { type BelowFrame, throwWithCallSite } from "./runtime/call_site.ts";
import {
  awaitingStyle,
  blockingStyle,
  FLOW_STYLE,
  type FlowRunner,
  type Items,
} from "./stream/items.ts";
import { LaterItems, loaded } from "./stream/later.ts";
import type { PageSource, Paginate } from "./stream/page_config.ts";
import type { SyncSupport } from "./transport/port.ts";
import {
  type ClientVerbs,
  type FlowVerbs,
  type Named,
  namedBy,
  pagesOf,
  type VerbName,
  verbsOf,
} from "./verbs.ts";

/** What a client is made of. */
export interface ClientParts {
  /** What runs its calls; an entry of the package brings it. */
  readonly engine: Engine;
  /** The defaults of every call. */
  readonly config: ClientConfig;
  /** What a child starts with copies of. */
  readonly parent?: Client | undefined;
}

/** A set of interceptors and middleware that is added as one; see {@linkcode PluginOf}. */
export type Plugin = PluginOf<Client>;

/** The verbs of a client. */
export interface Client extends ClientVerbs {}

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
  /** Iterates over items that come in pages. */
  declare readonly paginate: Paginate<"awaiting">;
  /** Iterates over items that come in pages and blocks this thread for each page. */
  declare readonly paginateSync: Paginate<"blocking">;

  readonly #engine: Engine;
  readonly #identity: Identity | undefined;
  /** In the thread of async functions, while its modules load; elsewhere `undefined`. */
  readonly #loading: (() => void) | undefined;
  readonly #defaults: CallConfig;
  readonly #ownTransport: Transport | undefined;
  readonly #onRequest: RequestChain;
  readonly #onResponse: ResponseChain;
  readonly #plugins = new Map<string, Plugin>();
  readonly #closing = new Closing();
  #middleware: readonly Registered[];
  #pluginNames: ReadonlySet<string>;
  #setup: CallSetup | undefined;
  #holdsWorker = false;

  /**
   * `create` and `extend` make clients.
   *
   * @param made What it is made of.
   */
  constructor(made: never) {
    const { engine, config, parent }: ClientParts = made;
    const { asyncFunctions, streams } = engine.platform;
    this.#engine = engine;
    this.#defaults = clientDefaults(config, parent && parent.#defaults);
    this.#loading = asyncFunctions?.loadingGuard();
    const own = ownMembers(config);
    this.#ownTransport = own.transport;
    this.#middleware = (parent && parent.#middleware) ?? [];
    this.#pluginNames = new Set(parent && parent.#pluginNames);
    // Some bundles write `import.meta.url` as undefined: no module, but one was meant.
    const { module = Object.hasOwn(config, "module") && !parent ? "" : undefined } = own;
    this.#identity = module === undefined
      ? (parent && parent.#identity)?.child()
      : asyncFunctions?.identify(module);
    for (const name of REGISTERED_OPTIONS) this.#identity?.register(name, own[name]);
    const changed = (side: string) => (place?: string, fn?: unknown) => {
      this.#setup = undefined;
      if (place) this.#identity?.register(`${side}/${place}`, fn);
    };
    this.#onRequest = new InterceptorChain(changed("request"), parent && parent.#onRequest);
    this.#onResponse = new InterceptorChain(changed("response"), parent && parent.#onResponse);
    this.interceptors = { request: this.#onRequest, response: this.#onResponse };
    const source: PageSource = {
      request: (config) => this.flow.request(config),
      resolve: (config) =>
        resolveConfig(this.#defaults, config, { method: undefined, url: undefined }),
      locate: (config) => locate(config, engine.platform.page?.()),
    };
    const pages = (args: readonly unknown[]): Items<never> =>
      new LaterItems<never>(function* () {
        const { Pages } = yield* loaded(streams);
        return new Pages<never>(() => pagesOf(args), source);
      });
    const runner: FlowRunner = {
      run: engine.plain.run,
      runBlocking: (flow, below) => engine.runBlocking(flow, below) as never,
    };
    this.flow = {
      ...verbsOf((verb, args) => new LazyFlow(() => this.#begin(namedBy(verb, args)))) as FlowVerbs,
      paginate: (...args) => FLOW_STYLE.items(pages(args)),
    };
    const blocking = (verb: VerbName, args: readonly unknown[], below: BelowFrame): unknown => {
      const call = namedBy(verb, args);
      return (call.stream ? engine : engine.plain).runBlocking(this.#begin(call), below);
    };
    const awaiting = (verb: VerbName, args: readonly unknown[]): Promise<unknown> => {
      try {
        const call = namedBy(verb, args);
        const style = call.stream ? engine : engine.awaiting;
        const result: Promise<unknown> = style.run(this.#begin(call));
        return result.then(undefined, throwWithCallSite);
      } catch (error) {
        return Promise.reject(error);
      }
    };
    Object.assign(this, verbsOf(awaiting), verbsOf(blocking, "Sync"), {
      paginate: (...args: unknown[]) => awaitingStyle(runner).items(pages(args)),
      paginateSync: (...args: unknown[]) => blockingStyle(runner).items(pages(args)),
    });
  }

  #begin({ method, url, config, stream }: Named): Flow<unknown> {
    if (this.#closing.closed) this.#assertOpen();
    this.#loading?.();
    const fixed = { method, url: url as string | undefined };
    const resolved = resolveConfig(this.#defaults, config as RequestConfig | undefined, fixed);
    const setup = this.#setup ??= this.#makeSetup();
    if (!stream) return pipeline(resolved, setup);
    const { streams } = this.#engine.platform;
    const part = streams();
    if (!("then" in part)) return pipeline(resolved, setup, part);
    return (function* () {
      return yield* pipeline(resolved, setup, yield* loaded(streams));
    })();
  }

  #makeSetup(): CallSetup {
    const onRequest = this.#onRequest.snapshot();
    const onResponse = this.#onResponse.snapshot();
    return {
      onRequest,
      onResponse,
      ...levelsOf(this.#middleware),
      plain: onRequest.length + onResponse.length + this.#middleware.length === 0,
      clientHeaders: this.#defaults.headers,
      attachments: attachmentsOf(this.#holdWorker),
      closing: this.#closing,
      page: this.#engine.platform.page?.(),
    };
  }

  readonly #holdWorker = (): void => {
    if (this.#holdsWorker || this.#closing.closed) return;
    this.#holdsWorker = true;
    this.#engine.platform.blocking.retain();
  };

  #assertOpen(): void {
    if (!this.#closing.closed) return;
    throw new TypeError("Cannot use this client: it was closed; create another one");
  }

  /** The config of this client, read-only; printing it shows no secret. */
  get defaults(): Readonly<ResolvedConfig> {
    return readOnly(this.#defaults);
  }

  /**
   * Adds a middleware. The first one added is outermost among those of its level.
   *
   * @param middleware A function of any colour: plain, generator or `async`.
   * @param options What it wraps.
   * @returns This client.
   */
  use(middleware: Middleware, options: MiddlewareOptions = {}): this {
    const registered = registerMiddleware(middleware, options, this.#middleware.length);
    this.#identity?.register(`middleware/${registered.index}`, middleware);
    this.#middleware = [...this.#middleware, registered];
    this.#setup = undefined;
    return this;
  }

  /**
   * Attaches a plugin. One whose `attach` throws leaves nothing behind.
   *
   * @param plugin `{ name, attach, detach? }`.
   * @returns This client.
   * @throws {TypeError} If a plugin of that name is attached, here or in the parent.
   */
  plugin(plugin: Plugin): this {
    this.#assertOpen();
    checkPlugin(plugin, this.#pluginNames);
    const { name } = plugin;
    this.#identity?.register(`plugin/${name}`, plugin);
    const [middleware, names] = [this.#middleware, this.#pluginNames];
    const undo = [this.#onRequest.save(), this.#onResponse.save()];
    try {
      this.#pluginNames = new Set([...names, name]);
      plugin.attach(this);
      this.#plugins.set(name, plugin);
    } catch (error) {
      this.#middleware = middleware;
      this.#pluginNames = names;
      for (const restore of undo) restore();
      this.#setup = undefined;
      throw error;
    }
    return this;
  }

  /**
   * Makes a child that starts with copies of this client's config, interceptors and middleware,
   * those of plugins included. Later changes on either side stay there.
   *
   * @param config Options over those of this client.
   * @returns The child; it closes on its own.
   */
  extend(config: ClientConfig = {}): Client {
    this.#assertOpen();
    return new Client(
      { engine: this.#engine, config, parent: this } satisfies ClientParts as never,
    );
  }

  /**
   * Runs flows at once while this thread is blocked; promises of async calls have `all`, and inside
   * a flow there is `concurrent`.
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
    const all: Flow<unknown> = concurrent(flows, options);
    return this.#engine.runBlocking(all, this.allSync) as ConcurrentResult<T, O>;
  }

  /**
   * Whether sync calls of this client work on this thread.
   *
   * @returns `supported`, and how (`via`), or the reason why not.
   */
  syncSupport(): SyncSupport {
    const { transport } = this.#defaults;
    if (!transport) return this.#engine.platform.blocking.support();
    if (transport.sendSync) return { supported: true, via: "transport" };
    return { supported: false, reason: 'the transport has no "sendSync"' };
  }

  /**
   * Starts the worker of sync calls early. In browsers it brings what synchronous XMLHttpRequest
   * cannot do.
   *
   * @returns Resolves when the worker is ready.
   * @throws {SyncUnavailableError} Where there can be none.
   */
  async warmSync(): Promise<void> {
    this.#assertOpen();
    await this.#engine.warm(this.#holdWorker);
  }

  /**
   * Ends this client's calls and streams with a `CancelError`, detaches its plugins, and lets the
   * worker go. Later calls are a `TypeError`. A client that is never closed keeps no process alive.
   */
  close(): void {
    if (this.#closing.closed) return;
    this.#closing.close();
    const { blocking, asyncFunctions } = this.#engine.platform;
    const failures: unknown[] = [];
    // One that cannot let go must not keep the others from it.
    const release = (letGo: () => void): void => {
      try {
        letGo();
      } catch (error) {
        failures.push(error);
      }
    };
    for (const plugin of this.#plugins.values()) release(() => plugin.detach?.(this));
    release(() => this.#ownTransport?.close?.());
    release(() => {
      // Where no other client holds the worker, it stops; also one that only ran functions.
      if (!this.#holdsWorker) blocking.retain();
      if (blocking.release()) asyncFunctions?.stop();
    });
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

printAs<Client>(Client.prototype, "Client ", ({ defaults: { baseURL, redact } }) => {
  return { ...baseURL !== undefined && { baseURL: maskUrl(String(baseURL), redact) } };
});
