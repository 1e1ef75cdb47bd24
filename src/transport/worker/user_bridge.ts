import { isAxError, SyncBridgeError, TimeoutError } from "../../errors.ts";
import { AxResponse, isResponse } from "../../http/response.ts";
import { elapsed, realClock } from "../../runtime/clock.ts";
import type { Outcome } from "../transport.ts";
import type { Received } from "./channel.ts";
import { Link } from "./link.ts";
import type { Changes, Target, UserCommand, UserReply } from "./user_protocol.ts";
import { USER_WORKER_SOURCE } from "./user_worker_source.ts";
import {
  applyChange,
  decode,
  type DecodeContext,
  eagerBody,
  encode,
  type EncodeContext,
  fromWire,
  isPlain,
  type Wire,
} from "./values.ts";
import type { Waiter } from "./waiter.ts";

/** One async user function to run. */
export interface UserCall {
  readonly target: Target;
  /** The function in messages: `middleware "audit"`. */
  readonly role: string;
  readonly args: readonly unknown[];
  /** Milliseconds that it may take, time in `next()` not counted. */
  readonly timeout: number | false;
  /** Runs the rest of the chain; the request is what the function handed on. */
  next(request: unknown, end: (outcome: Outcome<unknown>) => void): void;
  settle(outcome: Outcome<unknown>): void;
}

/** How long a worker may take for a sign of life after a function ran out of time. */
const SUSPECT_MS = 250;

/** Lets one thread run async user functions while it blocks. */
export class UserBridge {
  readonly #source: string;
  readonly #waiter: Waiter;
  readonly #sessions = new Map<number, Session>();
  #link: Link<UserCommand, UserReply> | undefined;
  #ids = 0;
  #suspect: number | undefined;

  constructor(waiter: Waiter, source: string = USER_WORKER_SOURCE) {
    this.#waiter = waiter;
    this.#source = source;
  }

  /** Runs a function; returns how to give it up. */
  run(call: UserCall): () => void {
    this.#dropIfStuck();
    const id = this.#ids = (this.#ids + 1) | 0;
    const link = this.#link ??= this.#start();
    const session = new Session(call);
    link.post({ type: "invoke", id, target: call.target, role: call.role, args: session.args() });
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

  /** Lets the worker end, when the thread's last client was closed. */
  stop(): void {
    this.#link?.stop();
    this.#lost("was stopped with the last client");
  }

  #start(): Link<UserCommand, UserReply> {
    return new Link<UserCommand, UserReply>({
      waiter: this.#waiter,
      source: this.#source,
      name: "ax-client-user",
      tolerant: true,
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
    const { aliveCount } = this.#link ?? {};
    if (this.#suspect === undefined || !this.#link) return;
    const end = elapsed() + SUSPECT_MS;
    while (this.#link.aliveCount === this.#suspect && elapsed() < end) realClock.sleepSync(2);
    const stuck = this.#link.aliveCount === this.#suspect && aliveCount === this.#suspect;
    this.#suspect = undefined;
    if (stuck) this.#link.terminate("was stuck in a function that never ended");
  }

  #lost(reason: string): void {
    this.#link = undefined;
    this.#suspect = undefined;
    for (const [id, { call }] of [...this.#sessions]) {
      this.#sessions.delete(id);
      const message = `Cannot run the ${call.role} in a sync call: the worker thread ${reason}; ` +
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
      case "done":
        this.#sessions.delete(id);
        return session.done(message);
      case "ask":
        return this.#link?.post({ type: "body", id, bytes: session.body(message.root) });
      case "next": {
        const { next } = message;
        session.next(message.request, message.changes, (ok, value) => {
          if (this.#sessions.has(id)) this.#link?.post({ type: "result", id, next, ok, value });
        });
      }
    }
  }
}

/** One function at work, on the caller's side. */
class Session {
  readonly call: UserCall;
  readonly #roots: object[] = [];
  readonly #kept: unknown[] = [];
  readonly #encoding: EncodeContext;
  readonly #decoding: DecodeContext;
  #outstanding = 0;
  #left: number;
  #since: number = elapsed();

  constructor(call: UserCall) {
    this.call = call;
    this.#left = call.timeout === false ? Infinity : call.timeout;
    this.#encoding = {
      rootOf: (value) => {
        const id = this.#roots.indexOf(value);
        return id < 0 ? undefined : id;
      },
      keep: (value, what) => ({ t: "kept", id: this.#kept.push(value) - 1, what }),
      bodyOf: eagerBody,
    };
    this.#decoding = {
      makers: { response: (init) => new AxResponse(init), error: fromWire },
      root: (id) => this.#roots[id],
      addRoot: () => {},
      kept: (id) => this.#kept[id],
    };
  }

  args(): Wire[] {
    return this.call.args.map((arg) => this.#outgoing(arg));
  }

  remaining(): number {
    return this.#outstanding > 0 ? Infinity : this.#left - (elapsed() - this.#since);
  }

  body(root: number): Uint8Array<ArrayBuffer> {
    const value = this.#roots[root];
    const response = value && "response" in value ? value.response : value;
    return isResponse(response) ? response.bytes() : new Uint8Array(0);
  }

  done(message: UserReply & { type: "done" }): void {
    const outcome = this.#guard(() => {
      this.#apply(message.changes);
      const value = decode(message.value, this.#decoding);
      return message.ok ? { ok: true, value } : { ok: false, error: value };
    });
    this.call.settle(outcome);
  }

  next(wire: Wire, changes: Changes, answer: (ok: boolean, value: Wire) => void): void {
    this.#left -= elapsed() - this.#since;
    this.#outstanding++;
    const end = (outcome: Outcome<unknown>): void => {
      if (--this.#outstanding === 0) this.#since = elapsed();
      answer(outcome.ok, this.#outgoing(outcome.ok ? outcome.value : outcome.error));
    };
    const request = this.#guard(() => {
      this.#apply(changes);
      return { ok: true, value: decode(wire, this.#decoding) };
    });
    if (request.ok) this.call.next(request.value, end);
    else end(request);
  }

  #apply(changes: Changes): void {
    for (const [id, change] of changes) applyChange(this.#roots[id], change, this.#decoding);
  }

  #guard(work: () => Outcome<unknown>): Outcome<unknown> {
    try {
      return work();
    } catch (error) {
      return { ok: false, error };
    }
  }

  #outgoing(value: unknown): Wire {
    if (typeof value === "function") return { t: "next" };
    const known = typeof value === "object" && value !== null && this.#encoding.rootOf(value);
    if (typeof known === "number") return { t: "ref", id: known };
    if (!isRoot(value)) return encode(value, this.#encoding);
    // Encoded before it is a root, or it would come out as a reference to itself.
    const v = encode(value, this.#encoding);
    return { t: "root", id: this.#roots.push(value) - 1, v };
  }
}

function isRoot(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return isPlain(value) || Array.isArray(value) || value instanceof Headers ||
    value instanceof Error || isResponse(value) || isAxError(value);
}

function late({ role, timeout }: UserCall): TimeoutError {
  const message = `The ${role} timed out: it did not end within ${timeout} ms in a sync call`;
  return new TimeoutError(message, { phase: "function" });
}
