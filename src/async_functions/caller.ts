import { SyncBridgeError } from "../errors.ts";
import { messageOf } from "../http/pairs.ts";
import { elapsed, realClock } from "../runtime/clock.ts";
import type { Received } from "../sync/channel.ts";
import { Link, type Waiter } from "../sync/link.ts";
import { anyThreads as threads } from "../sync/thread.ts";
import type { Target, UserCommand, UserReply } from "./protocol.ts";
import { Session, type UserCall } from "./session.ts";
import { WORKER_SOURCE } from "./worker_source.ts";

/** How long a worker may take for a sign of life after a function ran out of time. */
const SUSPECT_MS = 1000;

/** The functions of one thread that run while it blocks, and the worker that runs them. */
export class FunctionCaller {
  readonly #source: string | URL;
  readonly #waiter: () => Waiter;
  readonly #sessions = new Map<number, Session>();
  /** The modules that the worker has loaded. */
  readonly #loaded = new Set<string>();
  #link: Link<UserCommand, UserReply> | undefined;
  #ids = 0;
  #suspect: number | undefined;

  constructor(waiter: () => Waiter, source: string | URL = WORKER_SOURCE) {
    this.#waiter = waiter;
    this.#source = source;
  }

  /** Runs a function; returns how to give it up. */
  run(call: UserCall): () => void {
    this.#dropIfStuck();
    const id = this.#ids = (this.#ids + 1) | 0;
    const session = new Session(call, this.#loaded.has(homeOf(call.target)));
    const command = session.command(id);
    try {
      this.#link ??= this.#start();
      this.#link.post(command, call.request?.transfer);
    } catch (cause) {
      throw cannotRun(call, cause);
    }
    this.#sessions.set(id, session);
    return () => this.#giveUp(id);
  }

  /** Milliseconds until the first function runs out of time. */
  remaining(): number {
    let least = Infinity;
    for (const session of this.#sessions.values()) least = Math.min(least, session.remaining());
    return least;
  }

  /** Ends the functions that have run out of time. */
  expire(): void {
    for (const [id, session] of [...this.#sessions]) {
      if (session.remaining() > 0) continue;
      this.#fail(id, session.call, session.late(this.#link?.ready ?? false));
    }
  }

  /** Ends the worker: it may hold timers of the user's. */
  stop(): void {
    this.#link?.terminate("was stopped with the last client");
  }

  #start(): Link<UserCommand, UserReply> {
    return new Link<UserCommand, UserReply>({
      threads,
      waiter: this.#waiter(),
      source: this.#source,
      name: "ax-client-user",
      user: true,
      receive: (received) => this.#receive(received),
      lost: (reason, cause) => this.#lost(reason, cause),
      expecting: () => this.#sessions.size > 0,
    });
  }

  #giveUp(id: number): void {
    if (!this.#sessions.delete(id) || !this.#link) return;
    this.#link.post({ type: "abandon", id });
    // A function that loops for ever holds the thread: the next one looks whether it answers.
    this.#suspect ??= this.#link.aliveCount;
    this.#link.post({ type: "ping" });
  }

  #dropIfStuck(): void {
    if (this.#suspect === undefined || !this.#link) return;
    const end = elapsed() + SUSPECT_MS;
    while (this.#link.aliveCount === this.#suspect && elapsed() < end) realClock.sleepSync(2);
    const stuck = this.#link.aliveCount === this.#suspect;
    this.#suspect = undefined;
    if (stuck) this.#link.terminate("was stuck in a function that never ended");
  }

  #lost(reason: string, cause: unknown): void {
    this.#link = undefined;
    this.#suspect = undefined;
    this.#loaded.clear();
    for (const [id, { call }] of [...this.#sessions]) {
      this.#sessions.delete(id);
      const message = `Cannot run ${call.role} in a sync call: the worker thread ${reason}; ` +
        `the next call starts a new one`;
      call.settle({ ok: false, error: new SyncBridgeError(message, { cause }) });
    }
    this.#waiter().ring();
  }

  #receive({ message }: Received<UserReply>): void {
    const { id } = message;
    const session = this.#sessions.get(id);
    if (!session) return;
    const { call } = session;
    switch (message.type) {
      case "begun":
        this.#loaded.add(homeOf(call.target));
        return session.begun();
      case "done":
        this.#sessions.delete(id);
        return session.done(message);
      case "ask": {
        const { root, what } = message;
        return this.#tell(id, call, { type: "answer", id, ...session.answer(root, what) });
      }
      case "progress":
        try {
          return call.report?.(message.bytes);
        } catch (error) {
          return this.#fail(id, call, error);
        }
      case "next": {
        const { next } = message;
        return session.next(
          message,
          (told) => this.#tell(id, call, { type: "result", id, next, ...told }),
        );
      }
    }
  }

  #tell(id: number, call: UserCall, command: UserCommand): void {
    if (!this.#sessions.has(id)) return;
    try {
      this.#link?.post(command);
    } catch (cause) {
      this.#fail(id, call, cannotRun(call, cause));
    }
  }

  #fail(id: number, { settle }: UserCall, error: unknown): void {
    this.#giveUp(id);
    settle({ ok: false, error });
  }
}

/** The error where there is no thread to be had, or something cannot be cloned. */
function cannotRun({ role }: UserCall, cause: unknown): SyncBridgeError {
  return new SyncBridgeError(
    `Cannot run ${role} in a sync call: it cannot be handed to a worker thread: ${
      messageOf(cause)
    }`,
    { cause },
  );
}

/** What has to be loaded before a function can begin. */
function homeOf(target: Target): string {
  return target.kind === "twin" ? target.module : "";
}
