import { allocate, EXITED, FAILED, READY, type Received, STARTING } from "./channel.ts";
import { ChannelReader } from "./channel_reader.ts";
import { startThread, type Thread } from "./start_thread.ts";
import type { Waited, Waiter } from "./waiter.ts";

/** How long a worker may be silent before it is asked for a sign of life, and between two asks. */
const PING_MS = 1000;
/** How long it may leave such a question open, while this thread waits. */
const DEAD_MS = 5000;

/** So many commands go in one message: more would keep the worker waiting for its first ones. */
const BATCH = 16;

/** The reason of an end that was asked for. */
export const STOPPED = "was stopped";

/** What a link needs from its owner. */
export interface LinkOptions<Message> {
  readonly waiter: Waiter;
  /** The source of the worker. */
  readonly source: string;
  /** The name of the thread, for debuggers. */
  readonly name: string;
  /** Whether it is the worker that runs code of the user's: what nobody handles leaves it alive. */
  readonly user?: boolean;
  /** Called for each message, inside a wait or poll. */
  receive(received: Received<Message>): void;
  /** Called once when the worker has died; `reason` completes "the worker thread …". */
  lost(reason: string): void;
  /** Whether something is to come from the worker. */
  expecting(): boolean;
}

/** One worker, from its start to its end. It never keeps the process alive. */
export class Link<Command extends { readonly type: string }, Message> implements Waited {
  readonly #options: LinkOptions<Message>;
  readonly #reader: ChannelReader<Message>;
  readonly #thread: Thread;
  #endReason: string | undefined;
  #aliveCount = 0;
  #silentMs = 0;
  #pings = 0;
  #plain: string[] = [];

  constructor(options: LinkOptions<Message>) {
    this.#options = options;
    const { source, name, user = false, waiter } = options;
    const memory = allocate();
    this.#thread = startThread({
      ...{ source, name, user, memory },
      bell: waiter.memory,
      // The last word that the worker left in memory says more.
      onEnd: (reason) => {
        if (!this.check()) this.#lose(reason);
      },
    });
    this.#reader = new ChannelReader(
      memory,
      () => this.#thread.take(),
      () => this.#thread.post({ type: "room" }),
    );
    waiter.add(this);
  }

  /** How often the worker has answered a `ping` or a `warm`. */
  get aliveCount(): number {
    return this.#reader.aliveCount;
  }

  /** Whether the worker listens. */
  get ready(): boolean {
    return this.#reader.state === READY;
  }

  /** Whether the worker is gone. */
  get ended(): boolean {
    return this.#endReason !== undefined;
  }

  /** How it ended, completes "the worker thread …". */
  get endReason(): string | undefined {
    return this.#endReason;
  }

  get expecting(): boolean {
    return this.#options.expecting();
  }

  /** Sends a command; throws where it cannot be cloned. */
  post(command: Command, transfer: readonly ArrayBuffer[] = []): void {
    this.#flush();
    this.#thread.post(command, transfer);
  }

  /**
   * Sends a command that survives JSON; in Deno that takes a third of the time of a clone. It may
   * stay until the next look at the worker, so that those of calls at once share a message.
   */
  postPlain(command: Command): void {
    if (this.#plain.push(JSON.stringify(command)) === BATCH) this.#flush();
  }

  poll(): boolean {
    this.#flush();
    let handled = false;
    for (let received; !this.ended && (received = this.#reader.receive());) {
      this.#heard();
      handled = true;
      this.#options.receive(received);
    }
    return this.check() || handled;
  }

  /** Notices a worker that has left its last word; whether it did. */
  check(): boolean {
    const { state } = this.#reader;
    if (this.ended || state < EXITED) return false;
    this.#lose(state === FAILED ? `failed: ${this.#reader.failure}` : "ended");
    return true;
  }

  silent(ms: number): void {
    const aliveCount = this.#reader.aliveCount;
    if (aliveCount !== this.#aliveCount) {
      this.#aliveCount = aliveCount;
      this.#heard();
    }
    this.#silentMs += ms;
    if (this.#silentMs >= PING_MS + DEAD_MS) {
      const what = this.#reader.state === STARTING ? "did not start within" : "did not answer for";
      this.#lose(`${what} ${DEAD_MS / 1000} seconds`);
    } else if (this.#silentMs >= PING_MS * (this.#pings + 1)) {
      this.#pings++;
      this.#thread.post({ type: "ping" });
    }
  }

  /** Lets the worker end by itself; what it still had to do is dropped. */
  stop(): void {
    if (this.ended) return;
    this.#end(STOPPED);
    this.#thread.stop();
  }

  /** Ends the worker at once. */
  terminate(reason: string): void {
    this.#lose(reason);
  }

  #flush(): void {
    if (this.#plain.length === 0) return;
    this.#thread.post(`[${this.#plain.join()}]`);
    this.#plain = [];
  }

  #heard(): void {
    this.#silentMs = 0;
    this.#pings = 0;
  }

  #end(reason: string): void {
    this.#endReason = reason;
    this.#options.waiter.remove(this);
  }

  #lose(reason: string): void {
    if (this.ended) return;
    this.#end(reason);
    this.#thread.terminate();
    this.#options.lost(reason);
  }
}
