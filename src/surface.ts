import { Client, type ClientParts } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import { Engine, type Platform } from "./engine.ts";
import type { ConcurrentOptions, ConcurrentResult } from "./flow/concurrent.ts";
import { type Dual, makeDual, makeSdk, type Sdk } from "./dual.ts";
import { claim, type Flow, isFlow } from "./flow/flow.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";
import type { SyncSupport } from "./transport/port.ts";
import type {
  RequestVerb,
  StreamVerb,
  SyncRequestVerb,
  SyncStreamVerb,
  SyncVerb,
  Verb,
} from "./verbs.ts";

/** The verbs of the module-level client; it is made by the first call. */
export interface DefaultVerbs {
  readonly get: Verb;
  readonly getSync: SyncVerb;
  readonly head: Verb;
  readonly headSync: SyncVerb;
  readonly options: Verb;
  readonly optionsSync: SyncVerb;
  readonly delete: Verb;
  readonly deleteSync: SyncVerb;
  readonly post: Verb;
  readonly postSync: SyncVerb;
  readonly put: Verb;
  readonly putSync: SyncVerb;
  readonly patch: Verb;
  readonly patchSync: SyncVerb;
  readonly request: RequestVerb;
  readonly requestSync: SyncRequestVerb;
  readonly stream: StreamVerb;
  readonly streamSync: SyncStreamVerb;
}

/** What `create` is. */
export type Create = (config?: ClientConfig) => Client;
/** What `run` is. */
export type Run = <T>(flow: Flow<T>) => Promise<Awaiting<T>>;
/** What `runSync` is. */
export type RunSync = <T>(flow: Flow<T>) => Blocking<T>;
/** What `sdk` is. */
export type MakeSdk = <D extends object>(definition: D & ThisType<D>) => Sdk<D>;
/** What `allSync` is. */
export type AllSync = <
  const T extends readonly (Flow<unknown> | (() => Flow<unknown>))[],
  const O extends ConcurrentOptions = { settled: false },
>(flows: T, options?: O) => ConcurrentResult<T, O>;

/** The functions of an entry that depend on how its platform carries calls. */
export interface Surface {
  readonly create: Create;
  readonly run: Run;
  readonly runSync: RunSync;
  /** The arguments of `dual`, which is typed where users see it. */
  readonly dual: (given: readonly unknown[]) => Dual<unknown[], unknown>;
  readonly sdk: MakeSdk;
  readonly allSync: AllSync;
  readonly syncSupport: () => SyncSupport;
  readonly warmSync: () => Promise<void>;
  readonly verbs: DefaultVerbs;
}

/** Makes the functions of an entry. Nothing is started, and no client made, before one is called. */
export function surfaceOf(makePlatform: () => Platform): Surface {
  let engine: Engine | undefined;
  let client: Client | undefined;
  const engineOf = (): Engine => engine ??= new Engine(makePlatform());
  const create = (config: ClientConfig = {}): Client => {
    return new Client({ engine: engineOf(), config } satisfies ClientParts as never);
  };
  const clientOf = (): Client => client ??= create();
  const runner = {
    run: <T>(flow: Flow<T>) => engineOf().run(flow),
    runBlocking: <T>(flow: Flow<T>) => engineOf().runBlocking(flow),
  };
  return {
    create,
    run(flow) {
      try {
        return engineOf().run(checkFlow(flow, "run"));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    runSync: (flow) => engineOf().runBlocking(checkFlow(flow, "runSync")),
    dual: (given) => makeDual(runner, given),
    sdk: <D extends object>(definition: D & ThisType<D>) => makeSdk<D>(runner, definition),
    allSync: (flows, options) => clientOf().allSync(flows, options),
    syncSupport: () => engineOf().platform.blocking.support(),
    warmSync: async () => await clientOf().warmSync(),
    verbs: defaultVerbs(clientOf),
  };
}

const METHODS = ["get", "head", "options", "delete", "post", "put", "patch", "request", "stream"];

function defaultVerbs(clientOf: () => Client): DefaultVerbs {
  const verbs: Record<string, unknown> = {};
  for (const name of METHODS.flatMap((verb) => [verb, `${verb}Sync`])) {
    const verb = {
      [name]: (...args: unknown[]) =>
        (clientOf() as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args),
    };
    Object.assign(verbs, verb);
  }
  return verbs as unknown as DefaultVerbs;
}

function checkFlow<T>(flow: Flow<T>, name: string): Flow<T> {
  const value: unknown = flow;
  if (isFlow(value)) return claim(flow);
  const what = typeof value === "function" ? "a function, call it first" : `a ${typeof value}`;
  throw new TypeError(
    `Cannot run a flow: "${name}" got ${what}; give it a generator or "api.flow.get(…)"`,
  );
}
