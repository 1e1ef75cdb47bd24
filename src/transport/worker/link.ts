import {
  programArguments,
  type ThreadWorker,
  type WorkerThreads,
  workerThreads,
} from "../../runtime/capabilities.ts";
import { SyncUnavailableError } from "../../errors.ts";
import { type Boot, BOOT_URL, bootOf } from "./boot.ts";
import { allocate, ChannelReader, EXITED, FAILED, type Received, STARTING } from "./channel.ts";
import type { WorkerStart } from "./protocol.ts";
import type { Waited, Waiter } from "./waiter.ts";

/** How long a worker may be silent before it is asked for a sign of life, and between two asks. */
const PING_MS = 1000;
/** How long it may leave such a question open, while this thread waits. */
const DEAD_MS = 5000;

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
  readonly #worker: ThreadWorker;
  readonly #port: InstanceType<WorkerThreads["MessageChannel"]>["port1"];
  #endReason: string | undefined;
  #aliveCount = 0;
  #silentMs = 0;
  #pings = 0;

  constructor(options: LinkOptions<Message>) {
    const threads = workerThreads();
    if (!threads) throw new SyncUnavailableError("Cannot start a worker: no worker threads here");
    this.#options = options;
    const memory = allocate();
    const { port1, port2 } = new threads.MessageChannel();
    this.#port = port1;
    this.#reader = new ChannelReader(memory, () => threads.receiveMessageOnPort(port1)?.message);
    const start: WorkerStart & Boot = {
      ...bootOf(options.source, options.user),
      memory,
      bell: options.waiter.memory,
      port: port2,
      user: options.user ?? false,
    };
    this.#worker = new threads.Worker(new URL(BOOT_URL), {
      name: options.name,
      workerData: start,
      transferList: [port2],
      // An explicit `env` spares Deno's users a prompt; sharing it keeps proxies the same.
      env: threads.SHARE_ENV,
      ...options.user && { argv: programArguments() },
    });
    // These come when this thread is not blocked. A "message" listener would keep it alive.
    // The last word that the worker left in memory says more than these events do.
    this.#worker.on("error", (error) => {
      if (!this.check()) this.#lose(`failed: ${messageOf(error)}`);
    });
    this.#worker.on("exit", () => {
      if (!this.check()) this.#lose("ended");
    });
    this.#worker.unref();
    options.waiter.add(this);
  }

  /** How often the worker has answered a `ping` or a `warm`. */
  get aliveCount(): number {
    return this.#reader.aliveCount;
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
    this.#port.postMessage(command, transfer);
  }

  /** Sends a command that survives JSON; in Deno that takes a third of the time of a clone. */
  postPlain(command: Command): void {
    this.#port.postMessage(JSON.stringify(command));
  }

  poll(): boolean {
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
      this.#port.postMessage({ type: "ping" });
    }
  }

  /** Lets the worker end by itself; what it still had to do is dropped. */
  stop(): void {
    if (this.ended) return;
    this.#end(STOPPED);
    this.#port.postMessage({ type: "stop" });
  }

  /** Ends the worker at once. */
  terminate(reason: string): void {
    this.#lose(reason);
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
    this.#port.close();
    this.#worker.terminate().catch(() => {});
    this.#options.lost(reason);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
