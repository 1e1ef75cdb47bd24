/*
 * Twins: the worker imports the module of a client, and the function that is registered there at
 * the same place is the one to run. All copies of the package on a thread share what is here.
 */
import { SyncBridgeError } from "../errors.ts";
import type { Identity } from "../flow/async_functions.ts";
import type { CallSite, UserFunction } from "../flow/flow.ts";
import { isAsyncFunction } from "../flow/user_function.ts";
import { entryModule } from "../runtime/permissions.ts";
import { workerThreads } from "../runtime/threads.ts";
import type { Kit } from "./mirror.ts";
import type { Target } from "./protocol.ts";

/** A registered function in the worker for async functions. */
export interface Twin {
  readonly fn: UserFunction;
  /** What `this` is in it, for the method of a registered object. */
  readonly self: unknown;
  /** The classes of the package copy that the module uses. */
  readonly kit: Kit;
}

/** What all copies of the package on one thread share. */
interface Realm {
  /** How many clients each module has made. */
  readonly clients: Map<string, number>;
  /** Only in the worker: the registered functions, by module and place. */
  readonly twins?: Map<string, Twin>;
  /** Only in the worker: the modules that are loading. */
  readonly loading?: Set<string>;
}

const REALM = Symbol.for("@ax/client.realm");

const holder = globalThis as { [REALM]?: Realm };

/** The realm of this thread. */
export function realm(): Realm {
  return holder[REALM] ??= {
    clients: new Map(),
    ...isFunctionWorker() && { twins: new Map(), loading: new Set() },
  };
}

/** Whether this is the worker, as its start says: what a program preloads runs before it serves. */
function isFunctionWorker(): boolean {
  const { workerData } = workerThreads() ?? {};
  const { user, boot } = (workerData ?? {}) as { readonly user?: unknown; readonly boot?: unknown };
  return user === true && typeof boot === "string";
}

/** Where a registered function or object is found in the twin of its module. */
interface Place {
  readonly module: string;
  readonly place: string;
  /** Why there can be no twin. */
  readonly without?: string | undefined;
}

const places = new WeakMap<object, Place>();

/** The twin of a registered function, or why it can have none; a method is found by its object. */
export function twinOf(
  fn: UserFunction,
  method: CallSite["method"],
): Target | { readonly kind: "none"; readonly why: string } | undefined {
  const found = places.get(method?.object ?? fn);
  if (!found) return undefined;
  const { module, place, without } = found;
  if (without) return { kind: "none", why: without };
  if (!method) return { kind: "twin", module, place, name: fn.name };
  return { kind: "twin", module, place: `${place}/${method.name}`, name: method.name };
}

/** How deep an object is searched for async methods: `{ store: { get() {} } }`. */
const MAX_DEPTH = 2;

/** A client as its module knows it: the n-th of the module, or the n-th child of such a one. */
class ModuleClient implements Identity {
  readonly #module: string;
  readonly #path: string;
  readonly #without: string | undefined;
  readonly #kit: Kit;
  #children = 0;

  constructor(module: string, path: string, kit: Kit, without: string | undefined) {
    this.#module = module;
    this.#path = path;
    this.#kit = kit;
    this.#without = without;
  }

  child(): Identity {
    const path = `${this.#path}.${this.#children++}`;
    return new ModuleClient(this.#module, path, this.#kit, this.#without);
  }

  register(place: string, value: unknown, depth = 0, self?: unknown): void {
    if (typeof value !== "function" && !isSearched(value, depth)) return;
    const found = { module: this.#module, place: `${this.#path}/${place}` };
    if (!places.has(value)) places.set(value, { ...found, without: this.#without });
    if (typeof value === "function") {
      const twin: Twin = { fn: value as UserFunction, self, kit: this.#kit };
      realm().twins?.set(keyOf(found), twin);
      return;
    }
    for (const [key, { value: member }] of Object.entries(membersOf(value))) {
      if (typeof member === "function" && !isAsyncFunction(member)) continue;
      this.register(`${place}/${key}`, member, depth + 1, value);
    }
  }
}

/** What a twin is called in the realm. */
export function keyOf({ module, place }: { module: string; place: string }): string {
  return `${module}#${place}`;
}

/** Bytes have members, but none that could be one. */
function isSearched(value: unknown, depth: number): value is object {
  return typeof value === "object" && value !== null && depth <= MAX_DEPTH &&
    !ArrayBuffer.isView(value);
}

/** Own members, and the methods of its classes; getters are not touched. */
function membersOf(value: object): Record<string, PropertyDescriptor> {
  const isBuiltIn = value === Object.prototype || value === Array.prototype;
  const parent: object | null = isBuiltIn ? null : Object.getPrototypeOf(value);
  const own = isBuiltIn ? {} : Object.getOwnPropertyDescriptors(value);
  return parent ? { ...membersOf(parent), ...own } : own;
}

/**
 * The next client of a module.
 *
 * @throws {TypeError} If the module is no URL. One that can have no twin is no error: only a sync
 * call that needs it is.
 */
export function identify(module: string, kit: Kit): Identity {
  const url: unknown = module;
  if (typeof url !== "string" || (url !== "" && !URL.canParse(url))) {
    throw new TypeError('Cannot use option "module": it must be a URL, give "import.meta.url"');
  }
  const { clients } = realm();
  const ordinal = clients.get(module) ?? 0;
  clients.set(module, ordinal + 1);
  return new ModuleClient(module, `${ordinal}`, kit, whyNoTwin(module));
}

function whyNoTwin(module: string): string | undefined {
  if (module === "") {
    return 'its client\'s "module" is empty, as "import.meta.url" is in such a bundle';
  }
  if (realm().twins || module !== entryModule()) return undefined;
  return `its client is made in "${module}", the program's entry (or a bundle in one file), which ` +
    `would run again in the worker`;
}

const DEFINES = 'a module that is given as "module" must only define things';

/** Refuses calls of a client that is made while modules load in the worker, until they have loaded. */
export function loadingGuard(): (() => void) | undefined {
  const loading = holder[REALM]?.loading;
  if (!loading || loading.size === 0) return undefined;
  const modules = [...loading];
  return () => {
    const module = modules.find((name) => loading.has(name));
    if (module === undefined) return;
    throw new SyncBridgeError(
      `Cannot send a request while module "${module}" loads in the worker for async functions: ` +
        DEFINES,
    );
  };
}

/** Refuses sync calls in the worker: no worker starts a worker. */
export function blockingGuard(): (() => never) | undefined {
  if (!realm().twins) return undefined;
  return () => {
    const modules = [...realm().loading ?? []].map((module) => `"${module}"`).join(", ");
    throw new SyncBridgeError(
      modules
        ? `Cannot make a sync call while module ${modules} loads in the worker for async ` +
          `functions: ${DEFINES}`
        : `Cannot make a sync call in the worker for async functions of sync calls: write ` +
          `"await api.get(…)" there`,
    );
  };
}
