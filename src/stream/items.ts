import { type Flow, LazyFlow, type Operation } from "../flow/flow.ts";
import { addCallSite, type BelowFrame, throwWithCallSite } from "../runtime/call_site.ts";

/** What is given item by item; the iterators of each call style run these flows. */
export interface Items<T> {
  /** The next item, if it is there already. */
  ready(): IteratorYieldResult<T> | undefined;
  /** The next item, or the end. An error is final and comes again. */
  advance(): Generator<Operation, IteratorResult<T, undefined>, unknown>;
  /** Leaves the rest. */
  close(): void;
}

/** The end, as iterators tell it. */
export function end(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}

/**
 * Items for flows: `while ((item = yield* items.next()) !== undefined) …`. What an operation of
 * `dual` or `sdk` returns of them comes out as an async or a sync iterable.
 *
 * @typeParam T The type of an item.
 */
export interface FlowItems<T> {
  /**
   * The next item.
   *
   * @returns A flow of the item, or of `undefined` at the end.
   */
  next(): Flow<T | undefined>;
  /** Leaves the rest and frees the connection. */
  close(): void;
}

/**
 * What each call style makes of items and of values.
 *
 * @typeParam T The type of an item or a value.
 */
export interface Styled<T> {
  /** For `await` and `for await`. */
  readonly awaiting: { readonly items: AsyncIterableIterator<T>; readonly value: Promise<T> };
  /** For calls that block. */
  readonly blocking: { readonly items: IterableIterator<T>; readonly value: T };
  /** For `yield*` in flows. */
  readonly flow: { readonly items: FlowItems<T>; readonly value: Flow<T> };
}

/** Names of the call styles. */
export type CallStyle = keyof Styled<unknown>;

/** What runs flows, in both ways. */
export interface FlowRunner {
  /** Runs a flow while this thread goes on. */
  run<T>(flow: Flow<T>): Promise<T>;
  /**
   * Runs a flow and blocks this thread.
   *
   * @param below What the user has called; stacks begin below it.
   */
  runBlocking<T>(flow: Flow<T>, below?: BelowFrame): T;
}

/** One call style: hands out items and the values of flows. */
export interface Style<S extends CallStyle> {
  items<T>(items: Items<T>): Styled<T>[S]["items"];
  value<T>(flow: Flow<T>): Styled<T>[S]["value"];
}

/** The style of flows, which run nothing themselves. */
export const FLOW_STYLE: Style<"flow"> = {
  items: (items) => new ItemFlows(items),
  value: (flow) => new LazyFlow(() => flow),
};

/** The style of awaited calls. */
export function awaitingStyle(engine: FlowRunner): Style<"awaiting"> {
  return {
    items: (items) => new AwaitedItems(items, engine),
    value: (flow) => engine.run(flow).then(undefined, throwWithCallSite),
  };
}

/** The style of calls that block. */
export function blockingStyle(engine: FlowRunner): Style<"blocking"> {
  return {
    items: (items) => new BlockingItems(items, engine),
    value: (flow) => engine.runBlocking(flow),
  };
}

/** How a value of flows takes the form of another style; copies of the package share it. */
export const IN_STYLE: unique symbol = Symbol.for("@ax/client.inStyle") as never;

/** A value of flows that has a form in each style. */
export interface Restyled {
  [IN_STYLE](style: "awaiting" | "blocking", engine: FlowRunner): unknown;
}

/** Gives what a flow returned the form of a call style; what has none stays as it is. */
export function restyle(
  value: unknown,
  style: "awaiting" | "blocking",
  engine: FlowRunner,
): unknown {
  const isRestyled = typeof value === "object" && value !== null && IN_STYLE in value;
  return isRestyled ? (value as Restyled)[IN_STYLE](style, engine) : value;
}

class ItemFlows<T> implements FlowItems<T>, Restyled {
  readonly #items: Items<T>;

  constructor(items: Items<T>) {
    this.#items = items;
  }

  *next(): Generator<Operation, T | undefined, unknown> {
    return (yield* this.#items.advance()).value;
  }

  close(): void {
    this.#items.close();
  }

  [IN_STYLE](style: "awaiting" | "blocking", engine: FlowRunner): unknown {
    const Form = style === "awaiting" ? AwaitedItems : BlockingItems;
    return new Form(this.#items, engine);
  }
}

class BlockingItems<T> implements IterableIterator<T, undefined> {
  readonly #items: Items<T>;
  readonly #engine: FlowRunner;
  #left = false;

  constructor(items: Items<T>, engine: FlowRunner) {
    this.#items = items;
    this.#engine = engine;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T, undefined> {
    if (this.#left) return end();
    return this.#items.ready() ?? this.#engine.runBlocking(this.#items.advance(), this.next);
  }

  return(): IteratorReturnResult<undefined> {
    this.#left = true;
    this.#items.close();
    return end();
  }
}

/** Steps that are asked for at once wait for each other. */
class AwaitedItems<T> implements AsyncIterableIterator<T, undefined> {
  readonly #items: Items<T>;
  readonly #engine: FlowRunner;
  #left = false;
  /** The last step, while it waits. */
  #last: Promise<unknown> | undefined;

  constructor(items: Items<T>, engine: FlowRunner) {
    this.#items = items;
    this.#engine = engine;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#last) return this.#after(this.#last);
    try {
      const item = this.#left ? end() : this.#items.ready();
      return item ? Promise.resolve(item) : this.#wait(this.#step());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #after(last: Promise<unknown>): Promise<IteratorResult<T, undefined>> {
    const step = (): Promise<IteratorResult<T, undefined>> => this.#step();
    return this.#wait(last.then(step, step));
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#left = true;
    this.#items.close();
    return Promise.resolve(end());
  }

  async #step(): Promise<IteratorResult<T, undefined>> {
    if (this.#left) return end();
    try {
      return this.#items.ready() ?? await this.#engine.run(this.#items.advance());
    } catch (error) {
      if (this.#left) return end();
      throw addCallSite(error);
    }
  }

  /** Its promise is the one that is handed out: of two that wait, the engine would name neither. */
  #wait(step: Promise<IteratorResult<T, undefined>>): Promise<IteratorResult<T, undefined>> {
    const done = step.finally(() => {
      if (this.#last === done) this.#last = undefined;
    });
    return this.#last = done;
  }
}
