import { isolationProblem, NO_WORKERS, nodeModule, realm, runtimeName } from "./runtime.ts";

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
  readonly env?: unknown;
  readonly execArgv?: readonly string[];
  readonly name?: string;
  readonly workerData?: unknown;
  readonly transferList?: readonly unknown[];
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

let threads: WorkerThreads | null | undefined;

/** The module `node:worker_threads`, without a static import that a browser could not resolve. */
export function workerThreads(): WorkerThreads | undefined {
  if (threads === undefined) threads = loadThreads();
  return threads ?? undefined;
}

function loadThreads(): WorkerThreads | null {
  if (runtimeName() === "workerd") return null;
  try {
    return nodeModule<WorkerThreads>("worker_threads") ?? null;
  } catch {
    return null;
  }
}

/** Whether a worker starts although this thread is blocked. In a browser it does not. */
export function startsWhileBlocked(): boolean {
  return workerThreads() !== undefined;
}

/** What the program was called with, for its threads: not every runtime tells them. */
export function programArguments(): readonly string[] {
  return realm.process?.argv ?? [];
}

/** A stream of the program's. */
interface Output {
  write: (...args: unknown[]) => boolean;
}

interface FileSystem {
  writeSync(fd: number, data: unknown): number;
}

type ConsoleClass = new (out: Output, error: Output) => Record<string, () => void>;

/**
 * Makes a worker look like the program that started it, for code of the user's: the same arguments,
 * and output that appears although the program's thread is blocked, or ends first.
 */
export function adoptProgram(argv: readonly string[]): void {
  const { argv: own } = realm.process ?? {};
  own?.splice(0, own.length, ...argv);
  // Node and Bun hand a worker's output to the thread that started it.
  const files = nodeModule<FileSystem>("fs");
  if (runtimeName() === "deno" || !files) return;
  const { stdout, stderr } = realm.process as { stdout: Output; stderr: Output };
  for (const [fd, output] of [[1, stdout], [2, stderr]] as const) {
    output.write = (data, ...more): boolean => {
      writeWhole(files, fd, data);
      const done = more.at(-1);
      if (typeof done === "function") done();
      return true;
    };
  }
  if (runtimeName() !== "bun") return;
  // Its console does not go by these.
  const { Console } = nodeModule("console") as { Console: ConsoleClass };
  const made = new Console(stdout, stderr);
  for (const [name, method] of Object.entries(made)) {
    if (typeof method === "function") Object.assign(console, { [name]: method.bind(made) });
  }
}

/** A full pipe refuses for a moment; one whose reader is gone for good. */
function writeWhole(files: FileSystem, fd: number, data: unknown): void {
  let bytes = typeof data === "string" ? new TextEncoder().encode(data) : data as Uint8Array;
  for (let tries = 0; bytes.length > 0 && tries < 1000;) {
    try {
      bytes = bytes.subarray(files.writeSync(fd, bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      tries++;
    }
  }
}

const PRELOAD = /^(?:-r|--require|--import|--loader|--experimental-loader)(?:=|$)/;
const OF_THE_NETWORK =
  /^--(?:no-)?(?:max-http-header-size|insecure-http-parser|dns-result-order|network-family|tls-m|tls-keylog|use-env-proxy|use-system-ca)/;

/**
 * How a thread starts that runs none of the program's preloads: of Node's workers, each runs them
 * again. The environment is the program's own; where NODE_OPTIONS names a preload it is a copy
 * without it, made at the start, since Node reads it from there and the program's must stay.
 */
export function withoutPreloads(): Pick<ThreadWorkerOptions, "env" | "execArgv"> {
  const shared = workerThreads()?.SHARE_ENV;
  // Deno's users would be asked whether the environment may be read.
  if (runtimeName() !== "node") return { env: shared };
  const { execArgv = [], env = {} } = realm.process ?? {};
  const inherited = (env.NODE_OPTIONS ?? "").match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? [];
  const isPreload = (option: string): boolean => PRELOAD.test(option.replaceAll("_", "-"));
  const copied = inherited.some(isPreload);
  if (!copied && !execArgv.some(isPreload)) return { env: shared };
  // The other options would be refused, or are of no matter.
  return copied
    ? { env: { ...env, NODE_OPTIONS: "" }, execArgv: kept([...inherited, ...execArgv]) }
    : { env: shared, execArgv: kept(execArgv) };
}

/** The options that change what the network does. */
function kept(options: readonly string[]): string[] {
  return options.filter((option, index) => {
    const before = options[index - 1] ?? "";
    const isValue = !option.startsWith("-") && !before.includes("=");
    return OF_THE_NETWORK.test(isValue ? before : option);
  });
}

let works = false;

/** Why this thread cannot block for a worker, as a sentence without its period. */
export function blockingProblem(): string | undefined {
  if (works) return undefined;
  const problem = findProblem();
  // Only that it works stays true: memory may be short for a moment.
  works = problem === undefined;
  return problem;
}

function findProblem(): string | undefined {
  const runtime = runtimeName();
  if (runtime === "workerd") return "Cloudflare Workers have no threads";
  const isolation = runtime === "browser" ? isolationProblem() : undefined;
  if (isolation !== undefined) return isolation;
  if (typeof SharedArrayBuffer === "undefined") return "this runtime has no shared memory";
  const blocking = whyNotBlock();
  if (blocking !== undefined) return blocking;
  if (realm.process?.permission?.has("worker") === false) {
    return "Node runs with --permission, add --allow-worker";
  }
  if (workerThreads()) return undefined;
  if (typeof realm.Worker === "function") return undefined;
  return runtime === "node"
    ? "this version of Node has no process.getBuiltinModule, use 20.16, 22.3 or newer"
    : NO_WORKERS;
}

function whyNotBlock(): string | undefined {
  let cell: Int32Array;
  try {
    cell = new Int32Array(new SharedArrayBuffer(4));
  } catch {
    return "there is no shared memory left";
  }
  try {
    Atomics.wait(cell, 0, 0, 0);
    return undefined;
  } catch {
    return "this thread may not block";
  }
}
