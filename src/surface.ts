/*
 * What the functions of an entry stand on, and what they do; each entry says them for its platform.
 */
import { Client, type ClientParts } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import { Engine, type Platform } from "./engine.ts";
import {
  claim,
  type Flow,
  type FlowValue,
  isFlow,
  LazyFlow,
  type UserFunction,
} from "./flow/flow.ts";
import { DUAL, isAsyncFunction } from "./flow/user_function.ts";
import type { BelowFrame } from "./runtime/call_site.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";

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

/** What `dual` is. */
export interface MakeDual {
  /**
   * Makes an operation callable both ways from one generator function.
   *
   * @typeParam F The generator function.
   * @param operation The generator function; parameters with defaults keep their types.
   * @returns The operation.
   * @throws {TypeError} If it is no generator function.
   */
  // deno-lint-ignore ban-types -- a type of functions would type their parameters, and lose defaults
  <F extends Function>(operation: F): DualOf<F>;
  /**
   * Makes an operation of an object callable both ways; for class fields.
   *
   * @typeParam This The object.
   * @typeParam F The generator function.
   * @param self The object: `this`.
   * @param operation The generator function.
   * @returns The operation.
   */
  <This, F extends (this: This, ...args: never[]) => Flow<unknown>>(
    self: This,
    operation: F,
  ): DualOf<OmitThisParameter<F>>;
}

/** What the functions of an entry stand on. Nothing is started, and no client made, before a call. */
export class Surface {
  readonly #makePlatform: () => Platform;
  #engine: Engine | undefined;
  #client: Client | undefined;

  constructor(makePlatform: () => Platform) {
    this.#makePlatform = makePlatform;
  }

  engine(): Engine {
    return this.#engine ??= new Engine(this.#makePlatform());
  }

  /** The client of the module-level verbs. */
  client(): Client {
    return this.#client ??= this.create({});
  }

  create(config: ClientConfig): Client {
    return new Client({ engine: this.engine(), config } satisfies ClientParts as never);
  }
}

/** Runs a flow on the platform of an entry. */
export function runOn<T>(surface: Surface, flow: Flow<T>): Promise<Awaiting<T>> {
  try {
    return surface.engine().run(checkFlow(flow, "run"));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Runs a flow on the platform of an entry, and blocks; stacks begin below the entry's function. */
export function runSyncOn<T>(surface: Surface, flow: Flow<T>, below: BelowFrame): Blocking<T> {
  return surface.engine().runBlocking(checkFlow(flow, "runSync"), below);
}

function checkFlow<T>(flow: Flow<T>, name: string): Flow<T> {
  const value: unknown = flow;
  if (isFlow(value)) return claim(flow);
  const what = typeof value === "function" ? "a function, call it first" : `a ${typeof value}`;
  throw new TypeError(
    `Cannot run a flow: "${name}" got ${what}; give it a generator or "api.flow.get(…)"`,
  );
}

/** Makes a function that calls a method of the module-level client. */
export function verbOn<N extends keyof Client>(surface: Surface, name: N): Client[N] {
  const call = (...args: unknown[]) => {
    const client = surface.client() as unknown as Record<N, (...args: unknown[]) => unknown>;
    return client[name](...args);
  };
  Object.defineProperty(call, "name", { value: name });
  return call as Client[N];
}

/** Makes `dual`. */
export function dualOn(surface: Surface): MakeDual {
  return ((...given: unknown[]) => makeDual(surface, given)) as unknown as MakeDual;
}

/** The arguments are those of `dual`. */
function makeDual(surface: Surface, given: readonly unknown[]): Dual<unknown[], unknown> {
  const operation = given.at(-1) as (...args: unknown[]) => Flow<unknown>;
  const problem = problemOf(operation);
  if (problem) throw new TypeError(`Cannot make a dual: ${problem}`);
  const self = given.length > 1 ? given[0] : undefined;
  // Made when it starts, so that a throwing operation rejects in async calls.
  const flow = (...args: unknown[]): Flow<unknown> =>
    new LazyFlow(() => checkReturned(operation.apply(self, args), operation.name));
  const made = (...args: unknown[]): Promise<unknown> => surface.engine().run(flow(...args));
  Object.defineProperty(made, "name", { value: operation.name, configurable: true });
  const sync = (...args: unknown[]): unknown => surface.engine().runBlocking(flow(...args), sync);
  return Object.assign(made, { flow, sync, [DUAL]: flow }) as Dual<unknown[], unknown>;
}

function problemOf(operation: unknown): string | undefined {
  if (typeof operation !== "function") return `give a generator function, got ${typeof operation}`;
  if (!isAsyncFunction(operation as UserFunction)) return undefined;
  return `an async function runs in one call style only, write "function*" and "yield*"`;
}

function checkReturned(flow: unknown, name: string): Flow<unknown> {
  if (isFlow(flow)) return claim(flow);
  throw new TypeError(
    `Cannot run operation "${name}": it returned no flow, write it as "function*"`,
  );
}

/** Makes an SDK of generator methods, of an object or of an instance of a class. */
export function makeSdk<D extends object>(surface: Surface, definition: D): Sdk<D> {
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
    const method = makeDual(surface, [definition, operation]);
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
