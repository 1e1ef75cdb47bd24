/** The runtimes that are told apart. */
export type RuntimeName = "deno" | "node" | "bun" | "workerd" | "browser" | "unknown";

/** The globals of runtimes, as far as they are used. */
export interface Realm {
  readonly Deno?: {
    readonly version?: { readonly deno?: string };
    readonly mainModule?: string;
    readonly permissions?: {
      querySync(
        descriptor: { name: "read"; path: URL } | { name: "net"; host?: string },
      ): { readonly state: string };
    };
  };
  readonly Bun?: { readonly main?: string };
  readonly process?: {
    readonly versions?: { readonly node?: string };
    readonly argv?: string[];
    readonly execArgv?: readonly string[];
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly getBuiltinModule?: (name: string) => unknown;
    /** Only where Node runs with `--permission`. */
    readonly permission?: { has(scope: string): boolean };
  };
  readonly navigator?: { readonly userAgent?: string };
  readonly document?: { readonly baseURI?: string };
  readonly location?: { readonly href?: string };
  readonly WorkerGlobalScope?: unknown;
  readonly Worker?: unknown;
  readonly crossOriginIsolated?: boolean;
}

/** The globals of this runtime. */
export const realm: Realm = globalThis as Realm;

/** A module of Node's, without a static import that a browser could not resolve. */
export function nodeModule<T>(name: string): T | undefined {
  return realm.process?.getBuiltinModule?.(`node:${name}`) as T | undefined;
}

/** Which runtime this is. Bun and Deno also have `process`, so they are asked first. */
export function runtimeName(): RuntimeName {
  if (realm.Deno?.version?.deno !== undefined) return "deno";
  if (realm.Bun !== undefined) return "bun";
  // Has a `process.versions.node` under its Node compatibility, but no threads.
  if (realm.navigator?.userAgent === "Cloudflare-Workers") return "workerd";
  if (realm.process?.versions?.node !== undefined) return "node";
  if (realm.document !== undefined || realm.WorkerGlobalScope !== undefined) return "browser";
  return "unknown";
}

/** Whether this is a page or one of its workers. */
export function isBrowser(): boolean {
  return runtimeName() === "browser";
}

/** What a page or its workers resolve relative URLs against; elsewhere `undefined`. */
export function pageUrl(): string | undefined {
  if (!isBrowser()) return undefined;
  return realm.document?.baseURI ?? realm.location?.href;
}

/** Why there are no threads for this one, as a sentence without its period. */
export const NO_WORKERS = "this thread cannot start workers";

/** Why a page or one of its workers cannot block for a thread, as a sentence without its period. */
export function isolationProblem(): string | undefined {
  const { document, crossOriginIsolated, Worker } = realm;
  // First, as COOP and COEP headers would not help there.
  if (document !== undefined) {
    return "the main thread of a browser may not block, use a worker";
  }
  // The spec hides SharedArrayBuffer without isolation, but some engines only refuse to post it.
  if (crossOriginIsolated === false || typeof SharedArrayBuffer === "undefined") {
    return "shared memory needs a cross-origin isolated page (COOP and COEP headers)";
  }
  return typeof Worker === "function" ? undefined : NO_WORKERS;
}

/**
 * Whether this thread may read a module's file; `undefined` where nobody can tell. A prompt that
 * appears while the thread is blocked would look like a hang.
 */
export function mayRead(module: string): boolean | undefined {
  if (!module.startsWith("file:")) return undefined;
  const state = realm.Deno?.permissions?.querySync({ name: "read", path: new URL(module) }).state;
  return state === undefined ? undefined : state === "granted";
}

/** Whether this thread may connect to any host, once that was asked. */
export let mayConnectAnywhere: boolean | undefined;
let allowedOrigin: string | undefined;

/**
 * The host that this thread may not connect to without asking; `undefined` where it may. Deno asks
 * on a terminal, for a sync call from the worker, and that looks like a hang.
 */
export function forbiddenHost(url: string): string | undefined {
  const permissions = realm.Deno?.permissions;
  if (!permissions) {
    mayConnectAnywhere = true;
    return undefined;
  }
  // A query takes 5 µs. Where it was granted for all hosts later, it is granted for each.
  mayConnectAnywhere ??= permissions.querySync({ name: "net" }).state === "granted";
  if (mayConnectAnywhere) return undefined;
  const origin = url.slice(0, url.indexOf("/", 8));
  if (origin === allowedOrigin) return undefined;
  const { hostname, port, protocol } = new URL(url);
  const host = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
  if (permissions.querySync({ name: "net", host }).state !== "granted") return host;
  allowedOrigin = origin;
  return undefined;
}

/** The module that the program was started with, as a URL; `undefined` where nobody can tell. */
export function entryModule(): string | undefined {
  try {
    if (realm.Deno?.mainModule !== undefined) return realm.Deno.mainModule;
    const path = realm.Bun?.main ?? realm.process?.argv?.[1];
    const fs = nodeModule<{ realpathSync(path: string): string }>("fs");
    const url = nodeModule<{ pathToFileURL(path: string): URL }>("url");
    if (path === undefined || !fs) return undefined;
    return url?.pathToFileURL(fs.realpathSync(path)).href;
  } catch {
    return undefined;
  }
}
