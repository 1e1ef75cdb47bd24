/*
 * How a worker thread starts, and what it runs before its source.
 */
import { messageOf } from "../http/pairs.ts";
import {
  blockingProblem,
  programArguments,
  startsWhileBlocked,
  withoutPreloads,
  type WorkerThreads,
  workerThreads,
} from "../runtime/threads.ts";
import { isolationProblem } from "../runtime/runtime.ts";
import {
  ERROR_AT,
  ERROR_BYTES,
  ERROR_SLOT_BYTES,
  EXITED,
  FAILED,
  STARTING,
  STATE,
} from "./channel.ts";

/** What a worker needs to start. */
export interface WorkerStart {
  /** The channel's memory. */
  readonly memory: SharedArrayBuffer;
  /** The memory of the caller's bell. */
  readonly bell: SharedArrayBuffer;
  /** The worker's end of the port; missing where it uses its own messages and the ring. */
  readonly port?: unknown;
  /** Whether this is the worker for user functions. */
  readonly user: boolean;
  /** What the program was called with; for the worker for user functions. */
  readonly argv?: readonly string[] | undefined;
}

/** What a thread is started with. */
export interface ThreadOptions {
  /**
   * The worker's source, which finds its {@linkcode WorkerStart} as `start` and a dynamic import as
   * `load`; or the URL of a module that does.
   */
  readonly source: string | URL;
  readonly name: string;
  readonly user: boolean;
  readonly memory: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  /** Told, when this thread is not blocked, that the worker has failed or ended. */
  onEnd(reason: string, cause: unknown): void;
}

/** A worker thread, whatever the runtime calls it. */
export interface Thread {
  /** Takes messages for it. */
  readonly port: {
    postMessage(message: unknown): void;
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  };
  /** The next message that it has posted; never one where a blocked thread cannot receive. */
  take(): unknown;
  /** Lets it end by itself. */
  stop(): void;
  /** Ends it at once. */
  terminate(): void;
}

/** The threads of a runtime. */
export interface Threads {
  /** Why the calling thread cannot block for one, as a sentence without its period. */
  problem(): string | undefined;
  /** Whether one starts although the calling thread is blocked. */
  startsWhileBlocked(): boolean;
  /**
   * Starts one. It never keeps the process alive.
   *
   * @throws Where the runtime refuses.
   */
  start(options: ThreadOptions): Thread;
}

/** Threads wherever there are any. */
export const anyThreads: Threads = {
  problem: blockingProblem,
  startsWhileBlocked,
  start(options) {
    const threads = workerThreads();
    return threads ? nodeThread(threads, options) : webThread(options);
  },
};

/** Those of a page's workers. */
export const pageThreads: Threads = {
  problem: isolationProblem,
  startsWhileBlocked: () => false,
  start: webThread,
};

/** What to do about a worker that has ended. */
export function nextStart(threads: Threads): string {
  return threads.startsWhileBlocked()
    ? "the next call starts a new one"
    : '"await warmSync()" starts one';
}

/**
 * A blocked parent gets no events, so a worker that cannot start says so in shared memory. What
 * nobody has caught later on ends nothing: the request that it is about has a limit of its own.
 * Deno tells of rejections by events, Node by `process`.
 */
const boot = (): string => `
const { memory, bell, source, user } = start;
const words = new Int32Array(memory), bells = new Int32Array(bell);
const leave = (state) => {
  if (Atomics.load(words, ${STATE}) >= ${EXITED}) return;
  Atomics.store(words, ${STATE}, state);
  Atomics.add(bells, 0, 1);
  Atomics.notify(bells, 0);
};
const fail = (error) => {
  const { name = "Error", message = String(error), stack, code } = error ?? {};
  const short = { name: String(name).slice(0, 99), message: String(message).slice(0, 399) };
  let slot;
  for (const facts of [{ name, message, stack, code }, { name, message }, short]) {
    slot = new TextEncoder().encode(JSON.stringify(facts));
    if (slot.length <= ${ERROR_SLOT_BYTES}) break;
  }
  new Uint8Array(memory, ${ERROR_AT}).set(slot);
  Atomics.store(words, ${ERROR_BYTES}, slot.length);
  leave(${FAILED});
};
let last;
const stray = (error) => {
  if (Atomics.load(words, ${STATE}) === ${STARTING}) return fail(error);
  // Deno tells of a throw in a timer both ways.
  if (user && error !== last) {
    console.error("Uncaught in an async function of a sync call:", error);
  }
  last = error;
};
const strayEvent = (event) => {
  event.preventDefault();
  stray(event.reason ?? event.error ?? event.message);
};
const { process } = globalThis;
process?.on("uncaughtException", stray);
process?.on("unhandledRejection", stray);
process?.on("exit", () => leave(${EXITED}));
globalThis.addEventListener?.("unload", () => leave(${EXITED}));
globalThis.addEventListener?.("error", strayEvent);
globalThis.addEventListener?.("unhandledrejection", strayEvent);
const compile = () => {
  try {
    return Function("start", "load", source + "\\n//# sourceURL=ax-client-worker.js");
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    // Forbidden by --disallow-code-generation-from-strings; here no import() works but "load".
    return process.getBuiltinModule("node:vm")
      .runInThisContext("(start,load)=>{" + source + "\\n}", "ax-client-worker.js");
  }
};
try {
  if (/^file:/.test(source)) {
    Object.assign(globalThis, { start, load });
    load(source).catch(fail);
  } else (run ?? compile())(start, load);
} catch (error) {
  fail(error);
}
`;

/**
 * The module that every worker starts from: a file or a `blob:` could not be found everywhere. It
 * is as short as can be, because it is the base URL of the thread, and Deno copies that for every
 * request: with the whole source in it, a fetch took three times as long.
 */
const BOOT_MODULE: string =
  `const m=n=>process.getBuiltinModule("node:"+n),{workerData:d}=m("worker_threads");` +
  `m("vm").runInThisContext(d.boot)(d,m=>import(m))`;

function nodeThread(threads: WorkerThreads, options: ThreadOptions): Thread {
  const { source, memory, bell, user, name, onEnd } = options;
  const { port1, port2 } = new threads.MessageChannel();
  const start: WorkerStart = {
    ...{ memory, bell, user, port: port2 },
    argv: user ? [...programArguments()] : undefined,
  };
  const worker = new threads.Worker(
    new URL("data:text/javascript," + encodeURIComponent(BOOT_MODULE)),
    {
      name,
      workerData: {
        ...start,
        source: String(source),
        boot: `((start,load,run)=>{${boot()}})`,
      },
      transferList: [port2],
      // An explicit `env` spares Deno's users a prompt; sharing it keeps proxies the same. The user
      // worker keeps the preloads: the user's modules may need them to load.
      ...user ? { env: threads.SHARE_ENV } : withoutPreloads(),
    },
  );
  // A "message" listener would keep this thread alive.
  worker.on("error", (error) => onEnd(`failed: ${messageOf(error)}`, error));
  worker.on("exit", () => onEnd("ended", undefined));
  worker.unref();
  return {
    port: port1,
    take: () => threads.receiveMessageOnPort(port1)?.message,
    stop() {
      port1.postMessage({ type: "stop" });
      port1.close();
    },
    terminate() {
      port1.close();
      worker.terminate().catch(() => {});
    },
  };
}

let webUrl: string | undefined;

/*
 * A worker that runs hears a thread that is blocked: `postMessage` goes from one to the other. The
 * way back is closed, as a blocked thread handles no event, so replies come in shared memory. The
 * source is the worker's script, so that a page's policy need not allow `eval`; its start is the
 * first message. It starts while nobody is blocked, so a failure then is an event of the parent's;
 * what nobody has caught later on ends nothing.
 */
function webThread({ source, name, memory, bell, user, onEnd }: ThreadOptions): Thread {
  // Kept, as a browser may load it late.
  webUrl ??= URL.createObjectURL(
    new Blob([
      `const run = (start) => {${source}\n};
      onmessage = ({ data }) => {
        onmessage = null;
        run(data);
        for (const type of ["error", "unhandledrejection"]) {
          addEventListener(type, (event) => event.preventDefault());
        }
      };`,
    ], { type: "text/javascript" }),
  );
  const worker = new Worker(webUrl, { name });
  worker.onerror = ({ message, error }) =>
    onEnd(`failed: ${message ?? "the page's policy may forbid workers from blob: URLs"}`, error);
  worker.postMessage({ memory, bell, user } satisfies WorkerStart);
  const terminate = (): void => worker.terminate();
  return {
    port: worker,
    take: () => undefined,
    stop: terminate,
    terminate,
  };
}
