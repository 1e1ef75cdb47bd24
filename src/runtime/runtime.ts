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
