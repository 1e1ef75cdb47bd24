/** The runtimes that are told apart. */
export type RuntimeName = "deno" | "node" | "bun" | "workerd" | "browser" | "unknown";

/** Whether this thread can make sync calls. */
export interface SyncSupport {
  /** Whether `getSync` and the like work here. */
  readonly supported: boolean;
  /** Why not, as a sentence without its period. */
  readonly reason?: string;
}

/** The part of a `node:worker_threads` port that is used. */
export interface ThreadPort {
  postMessage(value: unknown, transfer?: readonly unknown[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  ref(): void;
  unref(): void;
  close(): void;
}

/** The part of a `node:worker_threads` worker that is used. */
export interface ThreadWorker {
  postMessage(value: unknown, transfer?: readonly unknown[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

/** What a worker is started with. */
export interface ThreadWorkerOptions {
  readonly eval?: boolean;
  readonly env?: unknown;
  readonly argv?: readonly unknown[];
  readonly execArgv?: readonly string[];
  readonly name?: string;
  readonly workerData?: unknown;
  readonly transferList?: readonly unknown[];
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
}

/** The part of `node:worker_threads` that is used. */
export interface WorkerThreads {
  readonly Worker: new (source: string | URL, options?: ThreadWorkerOptions) => ThreadWorker;
  readonly MessageChannel: new () => { readonly port1: ThreadPort; readonly port2: ThreadPort };
  readonly receiveMessageOnPort: (port: ThreadPort) => { readonly message: unknown } | undefined;
  readonly SHARE_ENV: symbol;
  readonly isMainThread: boolean;
  readonly parentPort: ThreadPort | null;
  readonly workerData: unknown;
}

interface Realm {
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
    readonly argv?: readonly string[];
    readonly getBuiltinModule?: (name: string) => unknown;
  };
  readonly navigator?: { readonly userAgent?: string };
  readonly document?: unknown;
  readonly Worker?: unknown;
  readonly WorkerGlobalScope?: unknown;
  readonly importScripts?: unknown;
  readonly crossOriginIsolated?: boolean;
}

const realm: Realm = globalThis as Realm;

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

let threads: WorkerThreads | null | undefined;

/** The module `node:worker_threads`, without a static import that a browser could not resolve. */
export function workerThreads(): WorkerThreads | undefined {
  if (threads === undefined) threads = loadThreads();
  return threads ?? undefined;
}

function loadThreads(): WorkerThreads | null {
  if (runtimeName() === "workerd") return null;
  try {
    const module = realm.process?.getBuiltinModule?.("node:worker_threads");
    return (module as WorkerThreads | undefined) ?? null;
  } catch {
    return null;
  }
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

let mayConnectAnywhere: boolean | undefined;
let allowedOrigin: string | undefined;

/**
 * The host that this thread may not connect to without asking; `undefined` where it may. Deno asks
 * on a terminal, for a sync call from the worker, and that looks like a hang.
 */
export function forbiddenHost(url: string): string | undefined {
  const permissions = realm.Deno?.permissions;
  if (!permissions) return undefined;
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

/** What the program was called with, for its threads: not every runtime tells them. */
export function programArguments(): readonly string[] {
  return realm.process?.argv ?? [];
}

/** The module that the program was started with, as a URL; `undefined` where nobody can tell. */
export function entryModule(): string | undefined {
  try {
    if (realm.Deno?.mainModule !== undefined) return realm.Deno.mainModule;
    const path = realm.Bun?.main ?? realm.process?.argv?.[1];
    const load = realm.process?.getBuiltinModule;
    if (path === undefined || !load) return undefined;
    const fs = load("node:fs") as { realpathSync(path: string): string };
    const url = load("node:url") as { pathToFileURL(path: string): URL };
    return url.pathToFileURL(fs.realpathSync(path)).href;
  } catch {
    return undefined;
  }
}

let support: SyncSupport | undefined;

/** Whether this thread may block and can start a worker that answers it. */
export function syncSupport(): SyncSupport {
  return support ??= probe();
}

function probe(): SyncSupport {
  const runtime = runtimeName();
  if (runtime === "workerd") return refuse("Cloudflare Workers have no threads");
  // First, as COOP and COEP headers would not help there.
  if (runtime === "browser" && realm.document !== undefined) {
    return refuse("the main thread of a browser may not block, use a worker");
  }
  if (typeof SharedArrayBuffer === "undefined") return refuse(noSharedMemory(runtime));
  if (!mayBlock()) return refuse("this thread may not block");
  if (workerThreads()) return { supported: true };
  if (typeof realm.Worker !== "function") return refuse(noWorkers(runtime));
  // The spec hides SharedArrayBuffer without isolation, but some engines only refuse to post it.
  if (realm.crossOriginIsolated === false) return refuse(noSharedMemory(runtime));
  return { supported: true };
}

function refuse(reason: string): SyncSupport {
  return { supported: false, reason };
}

function noSharedMemory(runtime: RuntimeName): string {
  return runtime === "browser"
    ? "shared memory needs a cross-origin isolated page (COOP and COEP headers)"
    : "this runtime has no shared memory";
}

function noWorkers(runtime: RuntimeName): string {
  return runtime === "node"
    ? "this version of Node has no process.getBuiltinModule, use 20.16, 22.3 or newer"
    : "this thread cannot start workers";
}

function mayBlock(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}
