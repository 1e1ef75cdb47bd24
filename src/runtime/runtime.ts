/** The runtimes that are told apart. */
export type RuntimeName = "deno" | "node" | "bun" | "workerd" | "browser" | "unknown";

interface Realm {
  readonly Deno?: { readonly version?: { readonly deno?: string } };
  readonly Bun?: unknown;
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly navigator?: { readonly userAgent?: string };
  readonly document?: { readonly baseURI?: string };
  readonly location?: { readonly href?: string };
  readonly WorkerGlobalScope?: unknown;
  readonly Worker?: unknown;
  readonly crossOriginIsolated?: boolean;
}

/** Which runtime this is. Bun and Deno also have `process`, so they are asked first. */
export function runtimeName(): RuntimeName {
  const realm = globalThis as Realm;
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
  const { document, location } = globalThis as Realm;
  return document?.baseURI ?? location?.href;
}

/** Why there are no threads for this one, as a sentence without its period. */
export const NO_WORKERS = "this thread cannot start workers";

/** Why a page or one of its workers cannot block for a thread, as a sentence without its period. */
export function isolationProblem(): string | undefined {
  const { document, crossOriginIsolated, Worker } = globalThis as Realm;
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
