import { programArguments, type WorkerThreads, workerThreads } from "../../runtime/capabilities.ts";
import { describe, errorRequest, SyncUnavailableError } from "../../errors.ts";
import type { WireRequest } from "../transport.ts";
import { BOOT_URL, bootOf, webBoot } from "./boot.ts";
import type { WorkerStart } from "./protocol.ts";

/** What a thread is started with. */
export interface ThreadOptions {
  readonly source: string;
  readonly name: string;
  readonly user: boolean;
  readonly memory: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  /** Told, when this thread is not blocked, that the worker has failed or ended. */
  onEnd(reason: string): void;
}

/** A worker thread, whatever the runtime calls it. */
export interface Thread {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** The next message that it has posted; never one where a blocked thread cannot receive. */
  take(): unknown;
  /** Lets it end by itself. */
  stop(): void;
  /** Ends it at once. */
  terminate(): void;
}

/** Whether a worker starts although this thread is blocked. In a browser it does not. */
export function startsWhileBlocked(): boolean {
  return workerThreads() !== undefined;
}

/** What to do about a worker that has ended. */
export function nextStart(): string {
  return startsWhileBlocked() ? "the next call starts a new one" : '"await warmSync()" starts one';
}

/** The error for a worker that was not started in time. */
export function notStarted(request: WireRequest): SyncUnavailableError {
  return new SyncUnavailableError(
    `Cannot send ${describe(request, request.redact)} synchronously: in a browser the worker ` +
      `cannot start while this thread is blocked, "await warmSync()" first`,
    { request: errorRequest(request, request.redact) },
  );
}

/** Starts a worker. It never keeps the process alive. */
export function startThread(options: ThreadOptions): Thread {
  const threads = workerThreads();
  return threads ? nodeThread(threads, options) : webThread(options);
}

function nodeThread(threads: WorkerThreads, options: ThreadOptions): Thread {
  const { memory, bell, user, name, onEnd } = options;
  const { port1, port2 } = new threads.MessageChannel();
  const argv = user ? [...programArguments()] : undefined;
  const start: WorkerStart = { memory, bell, user, argv, port: port2 };
  const worker = new threads.Worker(new URL(BOOT_URL), {
    name,
    workerData: { ...bootOf(options.source, user), ...start },
    transferList: [port2],
    // An explicit `env` spares Deno's users a prompt; sharing it keeps proxies the same.
    env: threads.SHARE_ENV,
  });
  // A "message" listener would keep this thread alive.
  worker.on("error", (error) => onEnd(`failed: ${messageOf(error)}`));
  worker.on("exit", () => onEnd("ended"));
  worker.unref();
  return {
    post: (message, transfer) => port1.postMessage(message, transfer),
    take: () => threads.receiveMessageOnPort(port1)?.message,
    stop: () => port1.postMessage({ type: "stop" }),
    terminate() {
      port1.close();
      worker.terminate().catch(() => {});
    },
  };
}

let webUrl: string | undefined;

/*
 * A worker that runs hears a thread that is blocked: `postMessage` goes from one to the other. The
 * way back is closed, as a blocked thread handles no event, so replies come in shared memory.
 */
function webThread({ source, name, memory, bell, user, onEnd }: ThreadOptions): Thread {
  // Kept, as a browser may load it late.
  webUrl ??= URL.createObjectURL(new Blob([webBoot(source)], { type: "text/javascript" }));
  const worker = new Worker(webUrl, { name });
  worker.onerror = ({ message }) =>
    onEnd(`failed: ${message ?? "the page's policy may forbid workers from blob: URLs"}`);
  worker.postMessage({ memory, bell, user } satisfies WorkerStart);
  const terminate = (): void => worker.terminate();
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer ?? []]),
    take: () => undefined,
    stop: terminate,
    terminate,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
