import { describe, errorRequest, SyncBridgeError } from "../../errors.ts";
import { errorOf, refuseSend } from "../failure.ts";
import type { Outcome, WireProgress, WireRequest, WireResponse } from "../transport.ts";
import type { Received } from "./channel.ts";
import { cross, type Crossing } from "./crossing.ts";
import { Link, STOPPED } from "./link.ts";
import type { Command, Reply } from "./protocol.ts";
import { BridgeStreamEnd } from "./stream.ts";
import { nextStart, notStarted, startsWhileBlocked } from "./start_thread.ts";
import { fromData, type Thrown } from "./thrown.ts";
import { Upload } from "./upload.ts";
import { threadWaiter, Waiter } from "./waiter.ts";
import { WORKER_SOURCE } from "./worker_source.ts";

/** Takes the answer to a send. Both are called inside `wait` or `poll` only. */
export interface SendHandlers {
  settle(
    outcome: Outcome<WireResponse<Uint8Array<ArrayBuffer> | BridgeStream | null>>,
  ): void;
  /** What it throws ends the send. */
  progress?(progress: WireProgress): void;
}

/** Something that is under way. */
export interface Pending {
  /** Aborts it on the wire; its handlers are not called any more. */
  cancel(): void;
}

/** The body of a streamed response. */
export interface BridgeStream {
  /** Asks for the next chunk; `undefined` is the end. One at a time. */
  read(settle: (outcome: Outcome<Uint8Array<ArrayBuffer> | undefined>) => void): Pending;
  /** Frees the connection. A pending read is not settled any more. */
  close(): void;
}

/** What is known of a send until it is over. */
interface Sent {
  readonly request: WireRequest;
  readonly handlers: SendHandlers;
  upload?: Upload | undefined;
  stream?: BridgeStreamEnd;
}

/** Lets one thread send through an I/O worker, and block for the answers. */
export class Bridge {
  readonly #source: string;
  readonly #waiter: Waiter;
  readonly #sent: Map<number, Sent> = new Map();
  /** What is to be settled without the worker, in the order it came up. */
  #local: (() => void)[] = [];
  #link: Link<Command, Reply> | undefined;
  #ids = 0;
  #clients = 0;

  /**
   * @param source The worker's source; tests give others.
   * @param waiter Where this thread blocks; shared with its other workers.
   */
  constructor(source: string = WORKER_SOURCE, waiter: Waiter = new Waiter()) {
    this.#source = source;
    this.#waiter = waiter;
    waiter.add({ poll: () => this.#pollLocal(), expecting: false, silent: () => {} });
  }

  /** Sends a request; starts the worker where there is none. */
  send(request: WireRequest, handlers: SendHandlers): Pending {
    const id = this.#ids = (this.#ids + 1) | 0;
    const sent: Sent = { request, handlers };
    this.#sent.set(id, sent);
    try {
      if (!startsWhileBlocked() && !this.#link?.ready) throw notStarted(request);
      refuseSend(request);
      const crossing = cross(request);
      const link = this.#link ??= this.#start();
      sent.upload = this.#upload(id, crossing);
      const command = { type: "send", id, request: crossing.request } as const;
      if (crossing.plain) link.postPlain(command);
      else link.post(command, crossing.transfer);
    } catch (error) {
      this.#local.push(() => this.#reject(id, error));
    }
    return { cancel: () => this.#cancel(id) };
  }

  /**
   * Blocks until at least one message was handled, or the time is over.
   *
   * @param timeoutMs `Infinity` is allowed while something is under way.
   * @returns Whether something was handled; then all that had arrived was.
   */
  wait(timeoutMs: number): boolean {
    return this.#waiter.wait(timeoutMs);
  }

  /** Handles what has arrived, without blocking. */
  poll(): boolean {
    return this.#waiter.poll();
  }

  /**
   * Starts the worker; resolves when it is ready to send without delay.
   *
   * @throws {SyncBridgeError} Where it does not start.
   */
  async warm(): Promise<void> {
    const link = this.#link ??= this.#start();
    const before = link.aliveCount;
    link.post({ type: "warm" });
    const until = performance.now() + WARM_MS;
    while (link.aliveCount === before && !link.ended) {
      // A timer, as it also keeps the process alive until then; the worker does not.
      await new Promise((resolve) => setTimeout(resolve, 2));
      link.check();
      if (performance.now() > until) link.terminate(`did not start within ${WARM_MS} ms`);
    }
    if (!link.ended || link.endReason === STOPPED) return;
    throw new SyncBridgeError(
      `Cannot start the worker thread: it ${link.endReason}; ${nextStart()}`,
    );
  }

  /** Counts one more open client. */
  retain(): void {
    this.#clients++;
  }

  /** Counts one open client less; the worker stops with the last one, and it says so. */
  release(): boolean {
    if (this.#clients === 0 || --this.#clients > 0) return false;
    this.#link?.stop();
    this.#lost(`${STOPPED} with the last client`);
    return true;
  }

  #start(): Link<Command, Reply> {
    return new Link<Command, Reply>({
      waiter: this.#waiter,
      source: this.#source,
      name: "ax-client-io",
      receive: (received) => this.#receive(received),
      lost: (reason) => this.#lost(reason),
      expecting: () => this.#sent.size > 0,
    });
  }

  #receive({ message, bytes }: Received<Reply>): void {
    const sent = this.#sent.get(message.id);
    if (!sent) return;
    switch (message.type) {
      case "response": {
        const { id, status, statusText, headers, url = sent.request.url, redirected } = message;
        if (message.stream) sent.stream = this.#stream(id);
        const body = sent.stream ?? bytes ?? null;
        const value = { status, statusText, headers, url, redirected: redirected === true, body };
        if (!sent.stream) this.#forget(id);
        return sent.handlers.settle({ ok: true, value });
      }
      case "failure": {
        const { failure } = message;
        const thrown = fromData(failure.thrown as Thrown);
        const error = errorOf(sent.request, { ...failure, thrown });
        return this.#reject(message.id, error);
      }
      case "progress":
        try {
          return sent.handlers.progress?.(message.progress);
        } catch (error) {
          return this.#fail(message.id, error);
        }
      case "chunk":
        return sent.stream?.push({ ok: true, value: bytes });
      case "end":
        this.#forget(message.id);
        return sent.stream?.push({ ok: true, value: undefined });
      case "pull":
        return sent.upload?.give(message.chunks);
    }
  }

  #stream(id: number): BridgeStreamEnd {
    return new BridgeStreamEnd({
      credit: (chunks, bytes) => this.#link?.post({ type: "credit", id, chunks, bytes }),
      close: () => this.#cancel(id),
      queue: (settle) => this.#local.push(settle),
    });
  }

  #upload(id: number, { pulled }: Crossing): Upload | undefined {
    return pulled && new Upload(pulled, {
      part: (chunk, transfer) => this.#link?.post({ type: "part", id, chunk }, transfer),
      fail: (error) => this.#fail(id, error),
    });
  }

  /** Ends a send with what the caller's code threw. */
  #fail(id: number, error: unknown): void {
    if (!this.#sent.has(id)) return;
    this.#link?.post({ type: "cancel", id });
    this.#reject(id, error);
  }

  #reject(id: number, error: unknown): void {
    const sent = this.#forget(id);
    const outcome = { ok: false, error } as const;
    if (sent?.stream) sent.stream.push(outcome);
    else sent?.handlers.settle(outcome);
  }

  #cancel(id: number): void {
    if (this.#forget(id)) this.#link?.post({ type: "cancel", id });
  }

  #forget(id: number): Sent | undefined {
    const sent = this.#sent.get(id);
    this.#sent.delete(id);
    sent?.upload?.close();
    return sent;
  }

  #lost(reason: string): void {
    this.#link = undefined;
    for (const [id, { request }] of this.#sent) {
      const message =
        `Cannot send ${describe(request, request.redact)} synchronously: the worker thread ` +
        `${reason}; ${nextStart()}`;
      const error = new SyncBridgeError(message, {
        request: errorRequest(request, request.redact),
      });
      this.#local.push(() => this.#reject(id, error));
    }
    this.#waiter.ring();
  }

  #pollLocal(): boolean {
    const due = this.#local;
    if (due.length === 0) return false;
    this.#local = [];
    for (const settle of due) settle();
    return true;
  }
}

/** Longer than a start takes on a busy machine. */
const WARM_MS = 10_000;

let bridge: Bridge | undefined;

/** The bridge of this thread. */
export function threadBridge(): Bridge {
  return bridge ??= new Bridge(WORKER_SOURCE, threadWaiter());
}
