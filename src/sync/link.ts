import { ERROR_CLASSES, SyncBridgeError } from "../errors.ts";
import { isError } from "../http/pairs.ts";
import {
  ALIVE,
  allocate,
  ChannelReader,
  EXITED,
  FAILED,
  READY,
  type Received,
  ring,
  STATE,
} from "./channel.ts";
import type { Thread, Threads } from "./thread.ts";
import { fromWire } from "./serialize.ts";
import type { HttpRequest, HttpResponse, Settle } from "../http/message.ts";
import { elapsed } from "../runtime/clock.ts";
import type { ReportBytes } from "../transport/progress.ts";
import type { Download } from "./download.ts";
import type { Upload } from "./upload.ts";

/** A blocked thread looks around at least this often. */
const SLICE_MS = 1000;

/** The reason of an end that was asked for. */
export const STOPPED = "was stopped";

/** What a link needs from its owner. */
export interface LinkOptions<Message> {
  readonly waiter: Waiter;
  readonly threads: Threads;
  /** The source of the worker, or the URL of its module. */
  readonly source: string | URL;
  /** The name of the thread, for debuggers. */
  readonly name: string;
  /** Whether it is the worker that runs code of the user's. */
  readonly user?: boolean;
  /** Called for each message, inside a wait or poll. */
  receive(received: Received<Message>): void;
  /**
   * Called once when the worker has died; `reason` completes "the worker thread …", the cause is
   * its own error, where it had one.
   */
  lost(reason: string, cause: unknown): void;
  /** Whether something is to come from the worker. */
  expecting(): boolean;
  /** Does what is due, see {@linkcode Link.due}; whether that ended something. */
  expire?(): boolean;
}

/** One worker, from its start to its end. It never keeps the process alive. */
export class Link<Command extends { readonly type: string }, Message> {
  /** What its owner has given. */
  readonly options: LinkOptions<Message>;
  /** When the owner wants `expire` to be called; see `elapsed`. */
  due = Infinity;
  /** How it ended, completes "the worker thread …"; `undefined` while it runs. */
  endReason: string | undefined;
  /** The worker's own error, where it ended by one. */
  endCause: unknown;
  readonly #reader: ChannelReader<Message>;
  readonly #thread: Thread;

  /** @throws Where there is no shared memory left, or no thread to be had. */
  constructor(options: LinkOptions<Message>) {
    this.options = options;
    const { source, name, user = false, waiter, threads } = options;
    const memory = allocate();
    this.#thread = threads.start({
      ...{ source, name, user, memory },
      bell: waiter.memory,
      onEnd: (reason, cause) => {
        // The last word that the worker left in memory says more, but for the error itself.
        if (!this.check(cause)) this.terminate(reason, cause);
      },
    });
    this.#reader = new ChannelReader(
      memory,
      () => this.#thread.take(),
      () => this.#thread.port.postMessage({ type: "room" }),
    );
    waiter.add(this);
  }

  /** How often the worker has answered a `ping` or a `warm`. */
  get aliveCount(): number {
    return Atomics.load(this.#reader.words, ALIVE);
  }

  /** Whether the worker listens. */
  get ready(): boolean {
    return Atomics.load(this.#reader.words, STATE) === READY;
  }

  /** Asks for a sign of life. */
  ping(): void {
    this.#thread.port.postMessage({ type: "ping" });
  }

  /** Sends a command, or the text of one; throws where it cannot be cloned. */
  post(command: Command | string, transfer?: ArrayBuffer[]): void {
    // An empty list would cost Deno more than the command.
    if (transfer?.length) this.#thread.port.postMessage(command, transfer);
    else this.#thread.port.postMessage(command);
  }

  /** Handles what has arrived; whether there was anything. */
  poll(): boolean {
    let handled = false;
    while (this.endReason === undefined) {
      let received: Received<Message> | undefined;
      try {
        received = this.#reader.receive();
      } catch (error) {
        this.terminate("sent what cannot be read", error);
        return true;
      }
      if (!received) break;
      handled = true;
      this.options.receive(received);
    }
    if (handled || Atomics.load(this.#reader.words, STATE) < EXITED) return handled;
    return this.check();
  }

  /** Notices a worker that has left its last word; whether it did. */
  check(cause?: unknown): boolean {
    const state = Atomics.load(this.#reader.words, STATE);
    if (this.endReason !== undefined || state < EXITED) return false;
    if (state !== FAILED) this.terminate("ended", cause);
    else {
      const error = cause ?? errorOf(this.#reader.failure);
      this.terminate(`failed: ${(error as Error).message}`, error);
    }
    return true;
  }

  /** Lets the worker end by itself; what it still had to do is dropped. */
  stop(): void {
    if (this.endReason !== undefined) return;
    this.#end(STOPPED);
    if (this.ready) this.#thread.stop();
    else this.#thread.terminate();
  }

  /** Ends the worker at once. */
  terminate(reason: string, cause?: unknown): void {
    if (this.endReason !== undefined) return;
    this.#end(reason);
    this.endCause = cause;
    // One that ends by itself is let be: terminated meanwhile, Deno spins on it until the program ends.
    if (Atomics.load(this.#reader.words, STATE) === EXITED) this.#thread.stop();
    else this.#thread.terminate();
    this.options.lost(reason, cause);
  }

  #end(reason: string): void {
    this.endReason = reason;
    this.options.waiter.remove(this);
  }
}

/** The worker's own error. */
function errorOf(failure: string): Error {
  try {
    const error = fromWire(JSON.parse(failure), ERROR_CLASSES);
    if (isError(error)) return error;
  } catch {
    // It could not say it.
  }
  return new Error(failure || "for an unknown reason");
}

type Waited = Pick<Link<never, never>, "poll" | "due" | "options">;

/**
 * The one place where a thread blocks. It looks after every worker of the thread; all of them ring
 * the same bell.
 */
export class Waiter {
  /** The memory of the bell. */
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(4);
  readonly #bell: Int32Array = new Int32Array(this.memory);
  readonly #waited: Set<Waited> = new Set();

  /** Looks after one more, first to last. */
  add(waited: Waited): void {
    this.#waited.add(waited);
  }

  /** Looks after it no longer. */
  remove(waited: Waited): void {
    this.#waited.delete(waited);
  }

  /** Ends a wait that another thread's writer is not going to end. */
  ring(): void {
    ring(this.#bell);
  }

  /**
   * Blocks until something was handled or the time is over; whether something was handled.
   *
   * @throws {SyncBridgeError} For a wait that nothing would end.
   */
  wait(ms: number): boolean {
    let now = elapsed();
    const end = now + ms;
    for (;; now = elapsed()) {
      const heard = Atomics.load(this.#bell, 0);
      let handled = false;
      for (const waited of this.#waited) handled = waited.poll() || handled;
      if (handled) return true;
      let next = Math.min(end, now + SLICE_MS);
      for (const waited of this.#waited) {
        if (waited.due <= now) handled = waited.options.expire?.() || handled;
        next = Math.min(next, waited.due);
      }
      if (handled) return true;
      if (end <= now) return false;
      const woken = Atomics.wait(this.#bell, 0, heard, Math.max(0, next - now));
      if (ms === Infinity && woken === "timed-out" && !this.#expecting()) {
        throw new SyncBridgeError("Cannot wait without a limit: nothing is under way");
      }
    }
  }

  #expecting(): boolean {
    for (const waited of this.#waited) if (waited.options.expecting()) return true;
    return false;
  }
}

let waiter: Waiter | undefined;

/**
 * The waiter of this thread: all of its workers ring one bell.
 *
 * @throws {RangeError} Where there is no shared memory left.
 */
export function threadWaiter(): Waiter {
  return waiter ??= new Waiter();
}

/** What the worker has more than a request's limit to say that it was reached. */
const GRACE_MS = 1000;
/** How often a worker is asked for a sign of life while it owes an answer that has no limit. */
export const PING_MS = 20_000;
/** So many such questions in a row left open, and the worker is dead. */
const MAX_OPEN_PINGS = 3;

/**
 * One send, as the calling thread knows it until it is over. The worker ends it when its time is
 * over, but nothing here rests on that: this end has a limit of its own, a little later.
 */
export interface Sent {
  readonly request: HttpRequest;
  readonly report: ReportBytes | undefined;
  /** Dropped when the response is there: an open stream must not keep its call from being collected. */
  settle: Settle<HttpResponse> | undefined;
  readonly upload: Upload | undefined;
  download: Download | undefined;
  /** When this end has to look after it. */
  due: number;
  /** Whether the worker's extra time runs. */
  late: boolean;
  /** Without a limit: the worker's last sign of life, and the questions that it left open since. */
  aliveCount: number;
  openPings: number;
}

/** Begins the time of a send: for the response, or for the next chunk of it. */
export function beginTime(sent: Sent): void {
  const { timeoutMs } = sent.request;
  sent.late = false;
  sent.openPings = 0;
  sent.due = elapsed() + (timeoutMs === false ? PING_MS : timeoutMs);
}

/**
 * Looks after a send that is due; tells what that means. A slow worker answers at last: a dead one
 * is not told from it by time alone.
 */
export function lookAfter(
  sent: Sent,
  worker: Pick<Link<{ readonly type: string }, unknown>, "ready" | "aliveCount" | "ping">,
): "wait" | "timeout" | "not started" | "dead" {
  if (sent.request.timeoutMs !== false) {
    if (!worker.ready) return "not started";
    if (sent.late) return "timeout";
    sent.late = true;
    sent.due = elapsed() + GRACE_MS;
    return "wait";
  }
  if (worker.aliveCount !== sent.aliveCount) sent.openPings = 0;
  if (sent.openPings === MAX_OPEN_PINGS) return "dead";
  sent.aliveCount = worker.aliveCount;
  sent.openPings++;
  worker.ping();
  sent.due = elapsed() + PING_MS;
  return "wait";
}
