import { Client, type ClientParts } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import { type DualOf, makeDual } from "./dual.ts";
import { Engine, type Platform } from "./engine.ts";
import { claim, type Flow, isFlow } from "./flow/flow.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";

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
export interface Surface {
  /** Runs flows on the platform of the entry. */
  engine(): Engine;
  /** The client of the module-level verbs. */
  client(): Client;
}

/** Makes an engine and a client when they are asked for. */
export function surfaceOf(makePlatform: () => Platform): Surface {
  let engine: Engine | undefined;
  let client: Client | undefined;
  const engineOf = (): Engine => engine ??= new Engine(makePlatform());
  return { engine: engineOf, client: () => client ??= makeClient(engineOf(), {}) };
}

/** Makes `create`. */
export function createOn({ engine }: Surface, config: ClientConfig): Client {
  return makeClient(engine(), config);
}

function makeClient(engine: Engine, config: ClientConfig): Client {
  return new Client({ engine, config } satisfies ClientParts as never);
}

/** Makes `run`. */
export function runOn<T>(surface: Surface, flow: Flow<T>): Promise<Awaiting<T>> {
  try {
    return surface.engine().run(checkFlow(flow, "run"));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Makes `runSync`. */
export function runSyncOn<T>(surface: Surface, flow: Flow<T>): Blocking<T> {
  return surface.engine().runBlocking(checkFlow(flow, "runSync"));
}

/** Makes `dual`. */
export function dualOn(surface: Surface): MakeDual {
  return ((...given: unknown[]) => makeDual(runnerOf(surface), given)) as unknown as MakeDual;
}

/** What runs the operations of `dual` and `sdk`. */
export function runnerOf({ engine }: Surface): Pick<Engine, "run" | "runBlocking"> {
  return {
    run: (flow) => engine().run(flow),
    runBlocking: (flow, below) => engine().runBlocking(flow, below),
  };
}

/** Makes a verb of the module-level client. */
export function verbOn<N extends keyof Client>({ client }: Surface, name: N): Client[N] {
  const call = (...args: unknown[]) => (client()[name] as (...args: unknown[]) => unknown)(...args);
  Object.defineProperty(call, "name", { value: name });
  return call as Client[N];
}

function checkFlow<T>(flow: Flow<T>, name: string): Flow<T> {
  const value: unknown = flow;
  if (isFlow(value)) return claim(flow);
  const what = typeof value === "function" ? "a function, call it first" : `a ${typeof value}`;
  throw new TypeError(
    `Cannot run a flow: "${name}" got ${what}; give it a generator or "api.flow.get(…)"`,
  );
}
