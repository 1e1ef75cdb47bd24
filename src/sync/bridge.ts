import { describe } from "../mask.ts";
import { ERROR_CLASSES, SyncBridgeError, SyncUnavailableError, TimeoutError } from "../errors.ts";
import type { Attachments, HttpRequest, HttpResponse, Settle, Stop } from "../http/message.ts";
import { messageOf } from "../http/pairs.ts";
import { elapsed, startTimer } from "../runtime/clock.ts";
import type { Failure } from "../transport/failure.ts";
import type { Runtime } from "../transport/fetch.ts";
import type { BlockingPort, SyncSupport } from "../transport/port.ts";
import { progressListener } from "../transport/progress.ts";
import type { Received } from "./channel.ts";
import { Download } from "./download.ts";
import { beginTime, Link, lookAfter, PING_MS, type Sent, STOPPED, type Waiter } from "./link.ts";
import {
  cannotClone,
  type Command,
  fromWire,
  headersIn,
  type Note,
  type Reply,
  type ResponseTexts,
  serialize,
  textOf,
  type WireError,
} from "./serialize.ts";
import { nextStart, type Threads } from "./thread.ts";
import { Upload } from "./upload.ts";

/** How long a worker may take to be ready, on a starved machine too. */
const WARM_MS = 60_000;
/** How often the start of a worker is looked at. */
const LOOK_MS = 2;

const SUPPORTED: SyncSupport = { supported: true, via: "worker" };
const LOOPBACK = /^https?:\/\/(?:localhost|127\.[\d.]+|\[::1\])[:/]/;

/** What a bridge is made of. */
export interface BridgeOptions {
  /** Refuses requests before they are sent, and makes the errors of failures. */
  readonly runtime: Pick<Runtime, "refuse" | "explain">;
  /** The worker's source, or the URL of its module. */
  readonly source: string | URL;
  readonly threads: Threads;
  /** Where this thread blocks; shared with its other workers. */
  readonly waiter: () => Waiter;
}

/** Lets one thread send through an I/O worker, and block for the answers. */
export class Bridge implements BlockingPort {
  readonly #options: BridgeOptions;
  readonly #sent = new Map<number, Sent>();
  #waiter: Waiter | undefined;
  #link: Link<Command, Reply> | undefined;
  /** Whether a worker hears later what is sent before it listens. */
  #mayQueue = false;
  #ids = 0;
  #clients = 0;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** Whether the worker listens. */
  get ready(): boolean {
    return this.#link?.ready === true;
  }

  /** Whether this thread can block for a worker. */
  support(): SyncSupport {
    if (this.#link) return SUPPORTED;
    const reason = this.#options.threads.problem();
    return reason === undefined ? SUPPORTED : { supported: false, reason };
  }

  /** Sends a request; starts the worker where there is none. */
  start(request: HttpRequest, attachments: Attachments, settle: Settle<HttpResponse>): Stop {
    const { runtime, threads } = this.#options;
    if (!this.#mayQueue && !this.ready && !threads.startsWhileBlocked()) throw notStarted(request);
    runtime.refuse(request, false);
    const { body, maxRequestBytes, network, fetchOptions, redact, progress } = request;
    const isPlain = body === null && !network && !fetchOptions && !redact?.length && !progress;
    const serialized = isPlain ? undefined : serialize(request);
    const link = this.#link ?? this.#open(request);
    const id = this.#ids = (this.#ids + 1) | 0;
    const text = textOf(id, request);
    if (serialized) {
      const { request: { body }, transfer } = serialized;
      const more = { maxRequestBytes, network, fetchOptions, redact, progress };
      try {
        link.post({ type: "send", text, body, more }, transfer);
      } catch (error) {
        throw cannotClone(request, error);
      }
    } else link.post(text);
    const due = elapsed() + (request.timeoutMs === false ? PING_MS : request.timeoutMs);
    this.#sent.set(id, {
      request,
      report: progress && progressListener(attachments, request),
      settle,
      upload: serialized?.pulled && new Upload(serialized.pulled, {
        part: (chunk, transfer) => this.#link?.post({ type: "part", id, chunk }, transfer),
        fail: (error) => this.#fail(id, error),
      }),
      download: undefined,
      due,
      late: false,
      aliveCount: -1,
      openPings: 0,
    });
    if (due < link.due) link.due = due;
    return () => this.#cancel(id);
  }

  /** Blocks until something was handled; no longer than until something is due. */
  wait(ms: number): void {
    (this.#waiter ??= this.#options.waiter()).wait(ms);
  }

  /**
   * Starts the worker; resolves when it is ready to send without delay.
   *
   * @throws {SyncBridgeError} Where it does not start.
   */
  async warm(): Promise<void> {
    const link = this.#link ?? this.#open();
    const before = link.aliveCount;
    const end = elapsed() + WARM_MS;
    link.post({ type: "warm" });
    while (link.aliveCount === before && link.endReason === undefined) {
      // A timer, as it also keeps the process alive until then; the worker does not.
      await new Promise((resolve) => startTimer(resolve, LOOK_MS));
      if (!link.check() && elapsed() > end) link.terminate("gives no sign of life");
    }
    if (link.endReason === undefined || link.endReason === STOPPED) return;
    throw new SyncBridgeError(
      `Cannot start the worker thread: it ${link.endReason}; ${nextStart(this.#options.threads)}`,
      { cause: link.endCause },
    );
  }

  /** Counts one more open client. */
  retain(): void {
    this.#clients++;
  }

  /** Counts one open client less; the worker stops with the last one. */
  release(): boolean {
    if (this.#clients === 0 || --this.#clients > 0) return false;
    this.#link?.stop();
    this.#lost(`${STOPPED} with the last client`, undefined);
    return true;
  }

  #open(request?: HttpRequest): Link<Command, Reply> {
    const { source, threads } = this.#options;
    try {
      const waiter = this.#waiter ??= this.#options.waiter();
      this.#mayQueue = threads.startsWhileBlocked();
      return this.#link = new Link<Command, Reply>({
        ...{ waiter, source, threads, name: "ax-client-io", receive: this.#receive },
        lost: (reason, cause) => this.#lost(reason, cause),
        expecting: () => this.#sent.size > 0,
        expire: () => this.#expire(),
      });
    } catch (cause) {
      const what = request ? `send ${describe(request)} synchronously` : "start the worker thread";
      const message = `Cannot ${what}: the worker thread could not be started: ${messageOf(cause)}`;
      throw new SyncBridgeError(message, { request, cause });
    }
  }

  readonly #receive = ({ message, bytes }: Received<Reply>): void => {
    if (!Array.isArray(message)) return this.#note(message as Note, bytes);
    const texts = message as unknown as ResponseTexts;
    const id = Number(texts[0]);
    const sent = this.#sent.get(id);
    if (!sent) return;
    const { settle } = sent;
    const url = texts[3];
    if (texts[5] === "") {
      this.#sent.delete(id);
      sent.upload?.close();
    } else {
      sent.settle = undefined;
      sent.due = Infinity;
      sent.download = this.#download(id, sent);
    }
    settle?.({
      ok: true,
      value: {
        status: Number(texts[1]),
        statusText: texts[2],
        url: url === "" ? sent.request.url : url,
        redirected: texts[4] !== "",
        headers: headersIn(texts),
        body: sent.download ?? bytes ?? null,
        failure: texts[6] === "" ? undefined : this.#errorOf(sent, JSON.parse(texts[6])),
      },
    });
  };

  #note(message: Note, bytes: Uint8Array | undefined): void {
    const { id } = message;
    const sent = this.#sent.get(id);
    if (!sent) return;
    switch (message.type) {
      case "failure":
        return this.#reject(id, this.#errorOf(sent, message.failure));
      case "progress":
        try {
          return sent.report?.(message.bytes);
        } catch (error) {
          return this.#fail(id, error);
        }
      case "chunk":
        return sent.download?.push({ ok: true, value: bytes });
      case "end":
        this.#forget(id);
        return sent.download?.push({ ok: true, value: undefined });
      case "pull":
        return sent.upload?.give(message.chunks);
    }
  }

  #errorOf({ request }: Sent, failure: Failure): unknown {
    const thrown = fromWire(failure.thrown as WireError, ERROR_CLASSES);
    const error = this.#options.runtime.explain(request, { ...failure, thrown });
    // The message is that of the awaited style; only here this may be why.
    if (failure.why === "timeout" && !failure.responded && LOOPBACK.test(request.url)) {
      (error as Error).cause ??= new Error(
        "If the server runs on this thread, it cannot answer: the thread is blocked",
      );
    }
    return error;
  }

  #download(id: number, sent: Sent): Download {
    return new Download({
      credit: (chunks, bytes) => this.#link?.post({ type: "credit", id, chunks, bytes }),
      waiting: (yes) => {
        if (!yes) sent.due = Infinity;
        else if (this.#link) {
          beginTime(sent);
          this.#link.due = Math.min(this.#link.due, sent.due);
        }
      },
      close: () => this.#cancel(id),
    });
  }

  /** Looks after the sends that are due; whether that ended one. */
  #expire(): boolean {
    const now = elapsed();
    let ended = false;
    for (const [id, sent] of [...this.#sent]) {
      if (sent.due <= now && this.#sent.has(id)) ended = this.#overdue(id, sent) || ended;
    }
    let due = Infinity;
    for (const sent of this.#sent.values()) due = Math.min(due, sent.due);
    if (this.#link) this.#link.due = due;
    return ended;
  }

  #overdue(id: number, sent: Sent): boolean {
    const link = this.#link as Link<Command, Reply>;
    const { request, download } = sent;
    switch (lookAfter(sent, link)) {
      case "wait":
        return false;
      case "dead":
        link.terminate("gives no sign of life");
        return true;
      case "not started": {
        const message =
          `Cannot reach ${describe(request)}: the worker thread did not start within ` +
          `${request.timeoutMs} ms`;
        this.#fail(id, new TimeoutError(message, { phase: "attempt", request }));
        return true;
      }
      case "timeout": {
        const responded = download !== undefined;
        const received = download?.received ?? 0;
        this.#fail(id, this.#errorOf(sent, { why: "timeout", responded, received }));
        return true;
      }
    }
  }

  /** Ends a send with an error of this side. */
  #fail(id: number, error: unknown): void {
    if (!this.#sent.has(id)) return;
    this.#link?.post({ type: "cancel", id });
    this.#reject(id, error);
  }

  #reject(id: number, error: unknown): void {
    const sent = this.#forget(id);
    const outcome = { ok: false, error } as const;
    if (sent?.download) sent.download.push(outcome);
    else sent?.settle?.(outcome);
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

  #lost(reason: string, cause: unknown): void {
    this.#link = undefined;
    this.#mayQueue = false;
    for (const [id, { request }] of [...this.#sent]) {
      const message =
        `Cannot send ${describe(request)} synchronously: the worker thread ${reason}; ` +
        nextStart(this.#options.threads);
      this.#reject(id, new SyncBridgeError(message, { request, cause }));
    }
  }
}

function notStarted(request: HttpRequest): SyncUnavailableError {
  return new SyncUnavailableError(
    `Cannot send ${describe(request)} synchronously: in a browser the worker cannot start while ` +
      `this thread is blocked, "await warmSync()" first`,
    { request },
  );
}
