/*
 * Twins: the worker imports the module of a client, and the function that is registered there at
 * the same place is the one to run. All copies of the package on a thread share what is here.
 */
import { SyncBridgeError } from "../errors.ts";
import {
  type Identity,
  isAsyncFunction,
  nameOf,
  portableSource,
  refuseAsync,
} from "../flow/user_function.ts";
import type { CallSite, UserFunction } from "../flow/flow.ts";
import { entryModule, mayRead } from "../runtime/runtime.ts";
import { startsWhileBlocked, workerThreads } from "../runtime/threads.ts";
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

/** What a twin is called in the realm. */
export function keyOf({ module, place }: Place): string {
  return `${module}#${place}`;
}

/**
 * How the worker finds a function; a method is found by its object.
 *
 * @throws {SyncBridgeError} Where it cannot, with the ways out.
 */
export function targetOf(fn: UserFunction, site: CallSite): Target {
  const { method, role } = site;
  const refuse = (why: string): SyncBridgeError =>
    new SyncBridgeError(`Cannot run ${nameOf(fn, site)} in a sync call: ${why}`);
  // The worker would have to run before anybody knows that it is needed.
  if (!startsWhileBlocked()) {
    throw refuse(
      "a browser cannot run async functions for a blocked thread; make it a generator or a plain " +
        "function",
    );
  }
  const own = method ? (method.object as Record<string, UserFunction>)[method.name] : fn;
  const source = portableSource(own as UserFunction);
  if (source !== undefined) return { kind: "source", source };
  const found = places.get(method?.object ?? fn);
  if (!found && role === '"fetch"') {
    throw refuse(
      `it gives a promise; give "module: import.meta.url" to create(), mark it portable(), or give ` +
        `a "transport" with "sendSync" instead`,
    );
  }
  if (!found) throw refuseAsync(fn, site, "async");
  const { module, place, without } = found;
  if (without) {
    throw refuse(
      `${without}, so it has no twin there; make the client in a module of its own and import ` +
        `it, mark the function portable(), or write it as a generator ("function*", "yield*") or ` +
        `a plain function`,
    );
  }
  if (mayRead(module) === false) {
    throw refuse(
      `the worker may not read its module "${module}"; allow it with --allow-read, or make ` +
        `the function a generator`,
    );
  }
  if (!method) return { kind: "twin", module, place, name: fn.name };
  return { kind: "twin", module, place: `${place}/${method.name}`, name: method.name };
}

/** How deep an object is searched for async methods: `{ store: { get() {} } }`. */
const MAX_DEPTH = 2;

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
  return identityOf({ module, place: `${ordinal}`, without: whyNoTwin(module) }, kit);
}

/** A client as its module knows it: the n-th of the module, or the n-th child of such a one. */
function identityOf(client: Place, kit: Kit): Identity {
  let children = 0;
  const register = (place: string, value: unknown, depth = 0, self?: unknown): void => {
    if (typeof value !== "function" && !isSearched(value, depth)) return;
    const found = { ...client, place: `${client.place}/${place}` };
    if (!places.has(value)) places.set(value, found);
    if (typeof value === "function") {
      realm().twins?.set(keyOf(found), { fn: value as UserFunction, self, kit });
      return;
    }
    for (const [key, { value: member }] of Object.entries(membersOf(value))) {
      if (typeof member === "function" && !isAsyncFunction(member)) continue;
      register(`${place}/${key}`, member, depth + 1, value);
    }
  };
  return {
    child: () => identityOf({ ...client, place: `${client.place}.${children++}` }, kit),
    register: (place, value) => register(place, value),
  };
}

/** Bytes have members, but none that could be one. */
function isSearched(value: unknown, depth: number): value is object {
  return typeof value === "object" && value !== null && depth <= MAX_DEPTH &&
    !ArrayBuffer.isView(value);
}

/** Own members, and the methods of its classes; getters are not touched. */
function membersOf(value: object): Record<string, PropertyDescriptor> {
  if (value === Object.prototype || value === Array.prototype) return {};
  const parent: object | null = Object.getPrototypeOf(value);
  return { ...parent && membersOf(parent), ...Object.getOwnPropertyDescriptors(value) };
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
