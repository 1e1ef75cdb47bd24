import { run, runSync } from "./client/run.ts";
import {
  type Flow,
  type FlowValue,
  isFlow,
  LazyFlow,
  type Operation,
  type UserFunction,
} from "./flow/flow.ts";
import { DUAL, isAsyncFunction } from "./user_function.ts";

/**
 * An operation that is written once and called both ways; made by {@linkcode dual}.
 *
 * @typeParam Args The parameters.
 * @typeParam T What it returns.
 */
export interface Dual<Args extends readonly unknown[], T> {
  /** Runs the operation without blocking. */
  (...args: Args): Promise<T>;
  /** Runs the operation and blocks this thread. */
  sync(...args: Args): T;
  /** Makes the operation's flow, for `yield*` in another one. */
  flow(...args: Args): Flow<T>;
}

/**
 * Makes an operation callable both ways from one generator function.
 *
 * @typeParam Args The parameters.
 * @typeParam T What it returns.
 * @param operation A generator function that yields nothing but what `yield*` on flows yields.
 * @returns The operation: call it and await, or call its `sync`, or `yield*` its `flow`.
 *
 * @example Usage
 * ```ts
 * import { create, dual } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/ada").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport });
 *
 * const getName = dual(function* (user: string) {
 *   return (yield* api.flow.get<{ name: string }>(`/users/${user}`)).data.name;
 * });
 * assertEquals(await getName("ada"), "Ada");
 * assertEquals(getName.sync("ada"), "Ada");
 * ```
 *
 * @example In a class
 * ```ts
 * import { create, dual } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class Greeter {
 *   #api = create({ transport: new MockTransport() });
 *   greeting = "Hello";
 *   greet = dual(this, function* (name: string) {
 *     return `${this.greeting}, ${name}`;
 *   });
 * }
 * assertEquals(new Greeter().greet.sync("Ada"), "Hello, Ada");
 * ```
 */
export function dual<Args extends unknown[], T>(
  operation: (...args: Args) => Flow<T>,
): Dual<Args, T>;
/**
 * Makes an operation of an object callable both ways; for class fields.
 *
 * @typeParam This The object.
 * @typeParam Args The parameters.
 * @typeParam T What it returns.
 * @param self What `this` is in the operation.
 * @param operation A generator function.
 * @returns The operation.
 */
export function dual<This, Args extends unknown[], T>(
  self: This,
  operation: (this: This, ...args: Args) => Flow<T>,
): Dual<Args, T>;
export function dual(...given: unknown[]): Dual<unknown[], unknown> {
  const operation = given.at(-1) as (...args: unknown[]) => Flow<unknown>;
  const problem = problemOf(operation);
  if (problem) throw new TypeError(`Cannot make a dual: ${problem}`);
  const self = given.length > 1 ? given[0] : undefined;
  // Made when it starts, so that a throwing operation rejects in async calls.
  const flow = (...args: unknown[]): Flow<unknown> =>
    new LazyFlow(() => iteratorOf(operation.apply(self, args), operation.name));
  const made = (...args: unknown[]): Promise<unknown> => run(flow(...args));
  Object.defineProperty(made, "name", { value: operation.name, configurable: true });
  return Object.assign(made, {
    flow,
    sync: (...args: unknown[]): unknown => runSync(flow(...args)),
    [DUAL]: flow,
  });
}

function problemOf(operation: unknown): string | undefined {
  if (typeof operation !== "function") return `give a generator function, got ${typeof operation}`;
  if (!isAsyncFunction(operation as UserFunction)) return undefined;
  return `an async function runs in one call style only, write "function*" and "yield*"`;
}

function iteratorOf(flow: unknown, name: string): Iterator<Operation, unknown, unknown> {
  if (isFlow(flow)) return flow[Symbol.iterator]();
  throw new TypeError(
    `Cannot run operation "${name}": it returned no flow, write it as "function*"`,
  );
}

/**
 * What {@linkcode sdk} makes of a definition: each method as it is (a promise), with `Sync` behind
 * its name (blocks), and under `flow`. Annotate an exported SDK with it.
 *
 * @typeParam D The definition's type.
 */
export type Sdk<D> =
  & {
    readonly [K in keyof D]: D[K] extends (...args: infer A) => infer F
      ? (...args: A) => Promise<FlowValue<F>>
      : never;
  }
  & {
    readonly [K in keyof D & string as `${K}Sync`]: D[K] extends (...args: infer A) => infer F
      ? (...args: A) => FlowValue<F>
      : never;
  }
  & { readonly flow: { readonly [K in keyof D]: D[K] } };

/**
 * Makes an SDK of generator methods: each endpoint is one definition, callable both ways. `this`
 * in a method is the definition, so methods call each other with `yield* this.other()`.
 *
 * @typeParam D The definition's type.
 * @param definition Generator methods by name.
 * @returns The methods, their `Sync` twins, and `flow`.
 * @throws {TypeError} If a name ends in `Sync`, is `flow`, or stands for no function.
 *
 * @example Usage
 * ```ts
 * import { create, sdk } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/ada").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport });
 *
 * const users = sdk({
 *   *get(id: string) {
 *     return (yield* api.flow.get<{ name: string }>(`/users/${id}`)).data;
 *   },
 *   *nameOf(id: string) {
 *     return (yield* this.get(id)).name;
 *   },
 * });
 * assertEquals(await users.nameOf("ada"), "Ada");
 * assertEquals(users.nameOfSync("ada"), "Ada");
 * ```
 */
export function sdk<D extends object>(definition: D & ThisType<D>): Sdk<D> {
  const made: Record<string, unknown> = {};
  const flow: Record<string, UserFunction> = {};
  for (const [name, operation] of Object.entries(definition)) {
    const problem = name === "flow" || name.endsWith("Sync")
      ? 'names that end in "Sync", and "flow", are made by sdk()'
      : problemOf(operation);
    if (problem) throw new TypeError(`Cannot define "${name}" in an SDK: ${problem}`);
    const method = dual(definition, operation as (...args: unknown[]) => Flow<unknown>);
    made[name] = method;
    made[`${name}Sync`] = method.sync;
    flow[name] = method.flow;
  }
  return Object.assign(made, { flow }) as unknown as Sdk<D>;
}
