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
