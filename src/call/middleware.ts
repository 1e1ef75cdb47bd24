import { checkNames, kindOf } from "../http/pairs.ts";
import type { Answer, ResolvedConfig } from "../config/options.ts";
import type { ConfigChange } from "../config/merge.ts";
import {
  type CallSite,
  claim,
  type Flow,
  LazyFlow,
  type Operation,
  type Starter,
  starter,
  type UserFunction,
} from "../flow/flow.ts";
import { invoke } from "../flow/user_function.ts";
import type { AxResponse } from "../http/response.ts";
import type { AnyStream } from "../stream/members.ts";

/** What a middleware wraps: the whole call, one attempt, or one request on the wire. */
export type Level = "call" | "attempt" | "hop";

/**
 * The rest of the chain, not begun yet: return it, `yield*` it, or `await` it. It runs once,
 * however often it is awaited.
 *
 * @typeParam Response What the rest of the chain answers.
 */
export interface NextFlow<Response> extends Flow<Response>, PromiseLike<Response> {}

class LazyNext<Response> extends LazyFlow<Response> implements NextFlow<Response> {
  readonly #start: Starter;
  readonly #site: CallSite;
  #promise: PromiseLike<Response> | undefined;

  constructor(flow: () => Flow<Response>, start: Starter, site: CallSite) {
    super(flow);
    this.#start = start;
    this.#site = site;
  }

  then<A = Response, B = never>(
    onFulfilled?: ((value: Response) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    return (this.#promise ??= this.#start(this, this.#site)).then(onFulfilled, onRejected);
  }
}

/** The rest of the chain: return it, `yield*` it, or `await` it. */
export interface NextResult extends NextFlow<AxResponse> {}

/** Hands a request on: the argument, or the request as it is now. */
export type Next = (request?: ConfigChange) => NextResult;

/** Wraps what it stands around: it may change the request, the response, or answer itself. */
export type Middleware = (
  request: ResolvedConfig,
  next: Next,
) => Answer<AxResponse | AnyStream | NextResult>;

/** How a middleware is added. */
export interface MiddlewareOptions {
  /**
   * What it wraps. `call`: all attempts. `attempt`: one try, inside the retry loop; it sees the
   * decoded response. `hop`: one request on the wire, each redirect is one; it sees the final URL
   * and headers, and status and headers of the response. Where the platform follows redirects
   * itself, as browsers do, the first hop is the only one.
   *
   * @default {"call"}
   */
  per?: Level | undefined;
}

/** One middleware, with where it stands. */
export interface Registered {
  readonly fn: UserFunction;
  readonly per: Level;
  /** Its place among the client's, from 0; for errors. */
  readonly index: number;
}

/** A middleware with where it stands; refuses what is none. */
export function registerMiddleware(
  fn: Middleware,
  options: MiddlewareOptions,
  index: number,
): Registered {
  if (typeof fn !== "function") {
    throw new TypeError(`Cannot use ${kindOf(fn)} as middleware: give a function (request, next)`);
  }
  checkNames(options, ["per"], '"use"');
  const { per = "call" } = options;
  if (/^(?:call|attempt|hop)$/.test(per)) return { fn, per, index };
  throw new TypeError(`Cannot use middleware per "${per}": there are "call", "attempt", "hop"`);
}

/** Middleware by its level, outermost first. */
export function levelsOf(middleware: readonly Registered[]): {
  readonly perCall: readonly Registered[];
  readonly perAttempt: readonly Registered[];
  readonly perHop: readonly Registered[];
} {
  const at = (level: Level) => middleware.filter(({ per }) => per === level);
  return { perCall: at("call"), perAttempt: at("attempt"), perHop: at("hop") };
}

/** What a chain needs to know of the values that go through it. */
export interface ChainRules<Request, Response> {
  /**
   * Before a middleware gets the request: what it is shown, and what `next` hands on, which is the
   * request as it is by then, or what the argument makes of it.
   */
  enter(request: Request): {
    readonly shown: unknown;
    readonly adopt: (given: unknown) => Request;
  };
  /** The response that an answer is, if it is one. */
  accept(answer: unknown): Response | undefined;
}

/** Runs a chain of middleware, outermost first, around the flow at its end. */
export function* runChain<Request, Response>(
  chain: readonly Registered[],
  request: Request,
  last: (request: Request) => Flow<Response>,
  rules: ChainRules<Request, Response>,
): Generator<Operation, Response, unknown> {
  const [first, ...rest] = chain;
  if (!first) return yield* last(request);
  const { fn, index } = first;
  const start = yield* starter();
  const { shown, adopt } = rules.enter(request);
  const site: CallSite = { role: "middleware", index };
  const next = (given?: unknown): NextFlow<Response> => {
    return new LazyNext(() => claim(runChain(rest, adopt(given), last, rules)), start, site);
  };
  const answer = yield* invoke(fn, [shown, next], site);
  const response = rules.accept(answer);
  if (response === undefined) {
    const name = fn.name ? `"${fn.name}"` : "(anonymous)";
    throw new TypeError(
      `Cannot go on after middleware ${name}: it returned no response; ` +
        `write "return next(request)", or "return yield* next(request)" in a generator`,
    );
  }
  return response;
}
