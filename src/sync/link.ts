import { ERROR_CLASSES } from "../errors.ts";
import { isError } from "../http/pairs.ts";
import { allocate, EXITED, FAILED, READY, type Received, STATE } from "./channel.ts";
import { ChannelReader } from "./channel_reader.ts";
import type { Thread, Threads } from "./thread.ts";
import type { Waited, Waiter } from "./waiter.ts";
import { fromWire } from "./wire_error.ts";

/** So many commands go in one message: more would keep the worker waiting for its first ones. */
const BATCH = 16;

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
export class Link<Command extends { readonly type: string }, Message> implements Waited {
  readonly #options: LinkOptions<Message>;
  readonly #reader: ChannelReader<Message>;
  readonly #thread: Thread;
  /** When the owner wants `expire` to be called. */
  due = Infinity;
  #endReason: string | undefined;
  #endCause: unknown;
  #texts: string[] = [];

  /** @throws Where there is no shared memory left, or no thread to be had. */
  constructor(options: LinkOptions<Message>) {
    this.#options = options;
    const { source, name, user = false, waiter, threads } = options;
    const memory = allocate();
    this.#thread = threads.start({
      ...{ source, name, user, memory },
      bell: waiter.memory,
      onEnd: (reason, cause) => {
        // The last word that the worker left in memory says more, but for the error itself.
        if (!this.check(cause)) this.#lose(reason, cause);
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
    return this.#reader.aliveCount;
  }

  /** Whether the worker listens. */
  get ready(): boolean {
    return Atomics.load(this.#reader.words, STATE) === READY;
  }

  /** Whether the worker is gone. */
  get ended(): boolean {
    return this.#endReason !== undefined;
  }

  /** How it ended, completes "the worker thread …". */
  get endReason(): string | undefined {
    return this.#endReason;
  }

  /** The worker's own error, where it ended by one. */
  get endCause(): unknown {
    return this.#endCause;
  }

  /** Whether something is to come from the worker. */
  get expecting(): boolean {
    return this.#options.expecting();
  }

  /** Does what is due; whether that ended something. */
  expire(): boolean {
    return this.#options.expire?.() ?? false;
  }

  /** Asks for a sign of life. */
  ping(): void {
    this.#thread.port.postMessage({ type: "ping" });
  }

  /** Sends a command, or the text of one; throws where it cannot be cloned. */
  post(command: Command | string, transfer: ArrayBuffer[] | undefined = undefined): void {
    if (this.#texts.length > 0) this.#flush();
    // An empty list would cost Deno more than the command.
    if (transfer && transfer.length > 0) this.#thread.port.postMessage(command, transfer);
    else this.#thread.port.postMessage(command);
  }

  /** Sends a text at the next look at the worker, so that those of calls at once share a message. */
  queue(text: string): void {
    if (this.#texts.push(text) === BATCH) this.#flush();
  }

  /** Handles what has arrived; whether there was anything. */
  poll(): boolean {
    if (this.#texts.length > 0) this.#flush();
    let handled = false;
    while (this.#endReason === undefined) {
      let received: Received<Message> | undefined;
      try {
        received = this.#reader.receive();
      } catch (error) {
        this.#lose("sent what cannot be read", error);
        return true;
      }
      if (!received) break;
      handled = true;
      this.#options.receive(received);
    }
    if (handled || Atomics.load(this.#reader.words, STATE) < EXITED) return handled;
    return this.check();
  }

  /** Notices a worker that has left its last word; whether it did. */
  check(cause?: unknown): boolean {
    const state = Atomics.load(this.#reader.words, STATE);
    if (this.ended || state < EXITED) return false;
    if (state !== FAILED) this.#lose("ended", cause);
    else {
      const error = cause ?? errorOf(this.#reader.failure);
      this.#lose(`failed: ${(error as Error).message}`, error);
    }
    return true;
  }

  /** Lets the worker end by itself; what it still had to do is dropped. */
  stop(): void {
    if (this.ended) return;
    const listens = this.ready;
    this.#end(STOPPED);
    if (listens) this.#thread.stop();
    else this.#thread.terminate();
  }

  /** Ends the worker at once. */
  terminate(reason: string, cause?: unknown): void {
    this.#lose(reason, cause);
  }

  #flush(): void {
    const texts = this.#texts;
    this.#texts = [];
    this.#thread.port.postMessage(texts);
  }

  #end(reason: string): void {
    this.#endReason = reason;
    this.#options.waiter.remove(this);
  }

  #lose(reason: string, cause: unknown): void {
    if (this.ended) return;
    this.#end(reason);
    this.#endCause = cause;
    this.#thread.terminate();
    this.#options.lost(reason, cause);
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
