import { SyncBridgeError, TimeoutError } from "../../errors.ts";
import { elapsed, realClock } from "../../runtime/clock.ts";
import { BORDER_SOURCE } from "./border_source.ts";
import type { Received } from "./channel.ts";
import { Link } from "./link.ts";
import { Session, type UserCall } from "./user_session.ts";
import type { Target, UserCommand, UserReply } from "./user_protocol.ts";
import type { Waiter } from "./waiter.ts";
import { WORKER_SOURCE } from "./worker_source.ts";

/** How long a worker may take for a sign of life after a function ran out of time. */
const SUSPECT_MS = 250;

/** Lets one thread run async user functions while it blocks. */
export class UserBridge {
  readonly #source: string;
  readonly #waiter: Waiter;
  readonly #sessions = new Map<number, Session>();
  /** The modules that the worker has loaded. */
  readonly #loaded = new Set<string>();
  #link: Link<UserCommand, UserReply> | undefined;
  #ids = 0;
  #suspect: number | undefined;

  constructor(waiter: Waiter, source: string = WORKER_SOURCE) {
    this.#waiter = waiter;
    this.#source = source;
  }

  /** Runs a function; returns how to give it up. */
  run(call: UserCall): () => void {
    this.#dropIfStuck();
    const id = this.#ids = (this.#ids + 1) | 0;
    const session = new Session(call, !this.#loaded.has(homeOf(call.target)));
    const command = session.command(id);
    const link = this.#link ??= this.#start();
    link.post(command);
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
      this.#giveUp(id);
      session.call.settle({ ok: false, error: late(session.call) });
    }
  }

  /** Ends the worker, when the thread's last client was closed: it may hold timers of the user's. */
  stop(): void {
    this.#link?.terminate("was stopped with the last client");
  }

  #start(): Link<UserCommand, UserReply> {
    return new Link<UserCommand, UserReply>({
      waiter: this.#waiter,
      // The worker finds the class that `Session` evaluates under its name.
      source: `const Border=(()=>{${BORDER_SOURCE}})();${this.#source}`,
      name: "ax-client-user",
      user: true,
      receive: (received) => this.#receive(received),
      lost: (reason) => this.#lost(reason),
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

  #lost(reason: string): void {
    this.#link = undefined;
    this.#suspect = undefined;
    this.#loaded.clear();
    for (const [id, { call }] of [...this.#sessions]) {
      this.#sessions.delete(id);
      const message = `Cannot run ${call.role} in a sync call: the worker thread ${reason}; ` +
        `the next call starts a new one`;
      call.settle({ ok: false, error: new SyncBridgeError(message) });
    }
    this.#waiter.ring();
  }

  #receive({ message }: Received<UserReply>): void {
    const { id } = message;
    const session = this.#sessions.get(id);
    if (!session) return;
    switch (message.type) {
      case "begun":
        this.#loaded.add(homeOf(session.call.target));
        return session.begun();
      case "done":
        this.#sessions.delete(id);
        return session.done(message);
      case "ask":
        return this.#link?.post(session.answer(message));
      case "progress":
        return session.call.progress?.(message.progress);
      case "next":
        session.next(message, (told) => {
          const { next } = message;
          if (this.#sessions.has(id)) this.#link?.post({ type: "result", id, next, ...told });
        });
    }
  }
}

/** What has to be loaded before a function can begin. */
function homeOf(target: Target): string {
  return target.kind === "twin" ? target.module : "";
}

function late({ role, timeout }: UserCall): TimeoutError {
  const message = `Timed out: ${role} did not end within ${timeout} ms in a sync call`;
  return new TimeoutError(message, { phase: "function" });
}
