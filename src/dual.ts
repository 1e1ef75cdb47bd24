import type { Awaiting, Blocking } from "./stream/members.ts";
import {
  claim,
  type Flow,
  type FlowValue,
  isFlow,
  LazyFlow,
  type UserFunction,
} from "./flow/flow.ts";
import { DUAL, isAsyncFunction } from "./flow/user_function.ts";

/**
 * An operation that is written once and called both ways; made by `dual`. A stream or a paged list
 * that it returns comes out in the form of the style.
 *
 * @typeParam Args The parameters.
 * @typeParam T What it returns.
 */
export interface Dual<Args extends readonly unknown[], T> {
  /** Runs the operation without blocking. */
  (...args: Args): Promise<Awaiting<T>>;
  /** Runs the operation and blocks this thread. */
  sync(...args: Args): Blocking<T>;
  /** Makes the operation's flow, for `yield*` in another one. */
  flow(...args: Args): Flow<T>;
}

/**
 * What `dual` makes of a generator function.
 *
 * @typeParam F The function.
 */
export type DualOf<F> = F extends (...args: infer A) => infer R ? Dual<A, FlowValue<R>> : never;

/**
 * What `sdk` makes of a definition: each operation as it is (a promise), with `Sync` behind its name
 * (blocks), and under `flow`. Annotate an exported SDK with it.
 *
 * @typeParam D The definition's type: an object of generator methods, a class of them, or an
 * interface of functions that return a `Flow`.
 */
export type Sdk<D> =
  & {
    readonly [K in keyof D as D[K] extends (...args: never[]) => Flow<unknown> ? K : never]:
      D[K] extends (...args: infer A) => infer F ? (...args: A) => Promise<Awaiting<FlowValue<F>>>
        : never;
  }
  & {
    readonly [
      K in keyof D as D[K] extends (...args: never[]) => Flow<unknown> ? `${K & string}Sync` : never
    ]: D[K] extends (...args: infer A) => infer F ? (...args: A) => Blocking<FlowValue<F>> : never;
  }
  & {
    readonly flow: {
      readonly [K in keyof D as D[K] extends (...args: never[]) => Flow<unknown> ? K : never]: D[K];
    };
  };

/** What runs operations. */
export interface Runner {
  run<T>(flow: Flow<T>): Promise<Awaiting<T>>;
  runBlocking<T>(flow: Flow<T>): Blocking<T>;
}

/** Makes an operation callable both ways; the arguments are those of `dual`. */
export function makeDual(runner: Runner, given: readonly unknown[]): Dual<unknown[], unknown> {
  const operation = given.at(-1) as (...args: unknown[]) => Flow<unknown>;
  const problem = problemOf(operation);
  if (problem) throw new TypeError(`Cannot make a dual: ${problem}`);
  const self = given.length > 1 ? given[0] : undefined;
  // Made when it starts, so that a throwing operation rejects in async calls.
  const flow = (...args: unknown[]): Flow<unknown> =>
    new LazyFlow(() => checkFlow(operation.apply(self, args), operation.name));
  const made = (...args: unknown[]): Promise<unknown> => runner.run(flow(...args));
  Object.defineProperty(made, "name", { value: operation.name, configurable: true });
  const sync = (...args: unknown[]): unknown => runner.runBlocking(flow(...args));
  return Object.assign(made, { flow, sync, [DUAL]: flow }) as Dual<unknown[], unknown>;
}

function problemOf(operation: unknown): string | undefined {
  if (typeof operation !== "function") return `give a generator function, got ${typeof operation}`;
  if (!isAsyncFunction(operation as UserFunction)) return undefined;
  return `an async function runs in one call style only, write "function*" and "yield*"`;
}

function checkFlow(flow: unknown, name: string): Flow<unknown> {
  if (isFlow(flow)) return claim(flow);
  throw new TypeError(
    `Cannot run operation "${name}": it returned no flow, write it as "function*"`,
  );
}

/** Makes an SDK of generator methods, of an object or of an instance of a class. */
export function makeSdk<D extends object>(runner: Runner, definition: D): Sdk<D> {
  if (typeof definition !== "object" || definition === null) {
    throw new TypeError(
      `Cannot make an SDK of a ${typeof definition}: give an object with generator methods, or ` +
        `an instance of a class`,
    );
  }
  const made: Record<string, unknown> = {};
  const flow: Record<string, UserFunction> = {};
  for (const [name, operation] of operationsOf(definition)) {
    const problem = name === "flow" || name.endsWith("Sync")
      ? 'names that end in "Sync", and "flow", are made by sdk()'
      : problemOf(operation);
    if (problem) throw new TypeError(`Cannot define "${name}" in an SDK: ${problem}`);
    const method = makeDual(runner, [definition, operation]);
    made[name] = method;
    made[`${name}Sync`] = method.sync;
    flow[name] = method.flow;
  }
  return Object.assign(made, { flow }) as unknown as Sdk<D>;
}

/** The members of an object literal; of an instance, the generator methods of its classes. */
function operationsOf(definition: object): [string, unknown][] {
  const prototype: object | null = Object.getPrototypeOf(definition);
  if (prototype === null || prototype === Object.prototype) return Object.entries(definition);
  const found = new Map<string, unknown>();
  for (
    let level: object | null = definition;
    level && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      const isOperation = typeof value === "function" &&
        Object.prototype.toString.call(value) === "[object GeneratorFunction]";
      if (isOperation && !found.has(name)) found.set(name, value);
    }
  }
  return [...found];
}
