import { SyncBridgeError } from "./errors.ts";
import type { CallSite, UserFunction } from "./flow/flow.ts";
import { fingerprint, realm } from "./realm.ts";
import { isAsyncFunction } from "./user_function.ts";

/** A registered function, as the user worker finds it. */
export interface Registration {
  readonly kind: "twin";
  readonly module: string;
  readonly path: string;
  readonly fingerprint: string;
}

/** Where each registered function and object is found in the twin of its module. */
const places = new WeakMap<object, { readonly module: string; readonly path: string }>();

/**
 * The registration of a function on a client that has a `module`; a method is found by its object,
 * since those of one class share it.
 */
export function registrationOf(
  fn: UserFunction,
  method?: CallSite["method"],
): Registration | undefined {
  const place = places.get(method?.object ?? fn);
  if (!place || !method) return place && { kind: "twin", ...place, fingerprint: fingerprint(fn) };
  const own = (method.object as Record<string, UserFunction>)[method.name] as UserFunction;
  const path = `${place.path}/${method.name}`;
  return { kind: "twin", module: place.module, path, fingerprint: fingerprint(own) };
}

/** A client as its module knows it: the n-th of the module, or the n-th child of such a one. */
export class Identity {
  readonly module: string;
  readonly #path: string;
  readonly #kit: unknown;
  #children = 0;

  constructor(module: string, path: string, kit: unknown) {
    this.module = module;
    this.#path = path;
    this.#kit = kit;
  }

  /** The identity of the next client of a module. */
  static next(module: string, kit: unknown): Identity {
    const { clients } = realm();
    const ordinal = clients.get(module) ?? 0;
    clients.set(module, ordinal + 1);
    return new Identity(module, `${ordinal}`, kit);
  }

  /** The identity of the next child. */
  child(): Identity {
    return new Identity(this.module, `${this.#path}.${this.#children++}`, this.#kit);
  }

  /** Registers a function, or the async methods of an object, under its place on the client. */
  register(place: string, value: unknown, depth = 0, self?: unknown): void {
    const isFunction = typeof value === "function";
    if (!isFunction && (typeof value !== "object" || value === null || depth > 2)) return;
    const { module } = this;
    const path = `${this.#path}/${place}`;
    if (!places.has(value)) places.set(value, { module, path });
    if (isFunction) {
      const twin = { fn: value as UserFunction, self, kit: this.#kit };
      realm().twins?.set(`${module}#${path}`, twin);
      return;
    }
    for (const [key, { value: member }] of Object.entries(membersOf(value))) {
      if (typeof member === "function" && !isAsyncFunction(member)) continue;
      this.register(`${place}/${key}`, member, depth + 1, value);
    }
  }
}

/** Own members, and the methods of its classes; getters are not touched. */
function membersOf(value: object): Record<string, PropertyDescriptor> {
  const isBuiltIn = value === Object.prototype || value === Array.prototype;
  const parent: object | null = isBuiltIn ? null : Object.getPrototypeOf(value);
  const own = isBuiltIn ? {} : Object.getOwnPropertyDescriptors(value);
  return parent ? { ...membersOf(parent), ...own } : own;
}

/**
 * In the worker, the modules that load while a client is made: it may not send before they have
 * loaded. Elsewhere `undefined`.
 */
export function loadingModules(): readonly string[] | undefined {
  const { loading } = realm();
  return loading && loading.size > 0 ? [...loading] : undefined;
}

/** Refuses a call in the worker while the module that made its client is still loading. */
export function assertLoaded(modules: readonly string[] | undefined): void {
  const module = modules?.find((name) => realm().loading?.has(name));
  if (module === undefined) return;
  throw new SyncBridgeError(
    `Cannot send a request while module "${module}" loads in the worker for async ` +
      `functions: a module that is given as "module" must only define things`,
  );
}

/** Whether this is the worker that runs async functions. */
export function isUserWorker(): boolean {
  return realm().twins !== undefined;
}

/** Refuses a blocking call in the worker that runs async functions: no worker starts a worker. */
export function assertMayBlock(): void {
  const { twins, loading } = realm();
  if (!twins) return;
  const modules = [...loading ?? []].map((module) => `"${module}"`).join(", ");
  throw new SyncBridgeError(
    modules
      ? `Cannot make a sync call while module ${modules} loads in the worker for async ` +
        `functions: a module that is given as "module" must only define things`
      : `Cannot make a sync call in an async function that a sync call runs: write ` +
        `"await api.get(…)" there`,
  );
}
