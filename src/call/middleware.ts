import { invoke } from "../user_function.ts";
import { type Flow, LazyFlow, type Operation, type Starter, starter } from "./flow.ts";

/**
 * The rest of the chain, not begun yet: return it, `yield*` it, or `await` it. It runs once,
 * however often it is awaited.
 *
 * @typeParam Response What the rest of the chain answers.
 */
export interface NextResult<Response> extends Flow<Response>, PromiseLike<Response> {}

/**
 * Hands the request on; without an argument, the one that the middleware got.
 *
 * @typeParam Change What may be handed on.
 * @typeParam Response What the rest of the chain answers.
 */
export type Next<Change, Response> = (request?: Change) => NextResult<Response>;

class LazyNext<Response> extends LazyFlow<Response> implements NextResult<Response> {
  readonly #start: Starter;
  #promise: PromiseLike<Response> | undefined;

  constructor(flow: () => Iterator<Operation, Response, unknown>, start: Starter) {
    super(flow);
    this.#start = start;
  }

  then<A = Response, B = never>(
    onFulfilled?: ((value: Response) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    return (this.#promise ??= this.#start(this)).then(onFulfilled, onRejected);
  }
}

/** One function of a chain, with where it stands. */
export interface Link {
  readonly fn: (...args: never[]) => unknown;
  /** Its place among the client's, from 0; for errors. */
  readonly index?: number;
}

/** What a chain needs to know of the values that go through it. */
export interface ChainRules<Request, Response> {
  /**
   * Before a middleware gets the request; returns what `next` hands on: the request as it is by
   * then, or what the argument makes of it.
   */
  enter(request: Request): (given: unknown) => Request;
  /** The response that an answer is, if it is one. */
  accept(answer: unknown): Response | undefined;
}

/** Runs a chain of middleware, outermost first, around the flow at its end. */
export function* runChain<Request, Response>(
  links: readonly Link[],
  request: Request,
  last: (request: Request) => Flow<Response>,
  rules: ChainRules<Request, Response>,
): Generator<Operation, Response, unknown> {
  const [link, ...rest] = links;
  if (!link) return yield* last(request);
  const start = yield* starter();
  const adopt = rules.enter(request);
  const next = (given?: unknown): NextResult<Response> => {
    return new LazyNext(() => runChain(rest, adopt(given), last, rules), start);
  };
  const site = { role: "middleware", index: link.index };
  const answer = yield* invoke(link.fn as never, [request, next], site);
  const response = rules.accept(answer);
  if (response === undefined) {
    const name = link.fn.name ? `"${link.fn.name}"` : "(anonymous)";
    throw new TypeError(
      `Cannot go on after middleware ${name}: it returned no response; ` +
        `write "return next(request)", or "return yield* next(request)" in a generator`,
    );
  }
  return response;
}
