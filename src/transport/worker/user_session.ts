import { isAxError, SyncBridgeError } from "../../errors.ts";
import { AxResponse, isResponse } from "../../http/response.ts";
import { elapsed } from "../../runtime/clock.ts";
import type { Outcome, WireProgress, WireRequest } from "../transport.ts";
import { decode, type DecodeContext } from "./decode.ts";
import { SharedRoots } from "./shared_roots.ts";
import type { Changes, Target, UserCommand, UserReply } from "./user_protocol.ts";
import {
  eagerBody,
  encode,
  encodeContent,
  type EncodeContext,
  isPlain,
  ownBytes,
} from "./values.ts";
import type { Wire } from "./wire.ts";
import { fromWire } from "./wire_error.ts";

/** One async user function to run. */
export interface UserCall {
  readonly target: Target;
  /** The function in messages: `middleware 2 "audit"`. */
  readonly role: string;
  readonly args: readonly unknown[];
  /** Sent with the function as its `fetch`; then there are no arguments. */
  readonly request?: WireRequest | undefined;
  /** Milliseconds that it may take, time in `next()` not counted. */
  readonly timeout: number | false;
  /** Runs the rest of the chain, of middleware; the request is what the function handed on. */
  readonly next?:
    | ((request: unknown, end: (outcome: Outcome<unknown>) => void) => void)
    | undefined;
  readonly progress?: ((progress: WireProgress) => void) | undefined;
  settle(outcome: Outcome<unknown>): void;
}

/** How long a worker may take to start, and to load a module, before its function begins. */
const LOAD_MS = 10_000;

/** One function at work, on the caller's side. */
export class Session {
  readonly call: UserCall;
  readonly #roots: SharedRoots;
  readonly #kept: unknown[] = [];
  readonly #encoding: EncodeContext;
  readonly #decoding: DecodeContext;
  #outstanding = 0;
  #left: number;
  #since: number = elapsed();

  /** @param loads Whether the function is looked for first: its time has not begun then. */
  constructor(call: UserCall, loads: boolean) {
    this.call = call;
    this.#left = timeOf(call);
    if (loads) this.#left = Math.max(this.#left, LOAD_MS);
    this.#encoding = {
      rootOf: (value) => this.#roots.idOf(value),
      enter: (value) => this.#enter(value),
      keep: (value, what) => ({ t: "kept", id: this.#keep(value), what }),
      bodyOf: eagerBody,
    };
    this.#decoding = {
      makers: { response: (init) => new AxResponse(init), error: fromWire },
      root: (id) => this.#roots.value(id),
      addRoot: () => {},
      kept: (id) => this.#kept[id],
    };
    this.#roots = new SharedRoots(this.#encoding, this.#decoding);
  }

  /** What the worker is told. */
  command(id: number): UserCommand {
    const { target, role, request, args } = this.call;
    if (request) return { type: "fetch", id, target, role, request };
    const wires = args.map((arg, index) => this.#argument(arg, index));
    return { type: "invoke", id, target, role, args: wires };
  }

  /** The function begins now. */
  begun(): void {
    this.#left = timeOf(this.call);
    this.#since = elapsed();
  }

  remaining(): number {
    return this.#outstanding > 0 ? Infinity : this.#left - (elapsed() - this.#since);
  }

  /** The answer to a function that reads what has not crossed. */
  answer(id: number, root: number, what: "body" | "data"): UserCommand {
    const response = this.#roots.value(root);
    if (!isResponse(response)) return { type: "answer", id };
    if (what === "body") return { type: "answer", id, body: ownBytes(response.bytes()).buffer };
    return { type: "answer", id, data: encode(response.data, this.#encoding) };
  }

  done(message: UserReply & { type: "done" }): void {
    const outcome = guard(() => {
      this.#roots.apply(message.changes);
      const value = decode(message.value, this.#decoding);
      return message.ok ? { ok: true, value } : { ok: false, error: value };
    });
    this.call.settle(outcome);
  }

  next(wire: Wire, changes: Changes, answer: Answer): void {
    this.#left -= elapsed() - this.#since;
    this.#since = elapsed();
    this.#outstanding++;
    const end = (outcome: Outcome<unknown>): void => {
      if (--this.#outstanding === 0) this.#since = elapsed();
      const collected = this.#roots.collect();
      const value = this.#outgoing(outcome.ok ? outcome.value : outcome.error);
      answer({ ok: outcome.ok, value, changes: collected });
    };
    const request = guard(() => {
      this.#roots.apply(changes);
      // The rest of the chain may change them as well.
      this.#roots.watch();
      return { ok: true, value: decode(wire, this.#decoding) };
    });
    if (request.ok) this.call.next?.(request.value, end);
    else end(request);
  }

  #enter(value: object): number {
    const id = this.#roots.size;
    this.#roots.add(id, value);
    return id;
  }

  #keep(value: unknown): number {
    const known = this.#kept.indexOf(value);
    return known < 0 ? this.#kept.push(value) - 1 : known;
  }

  #argument(value: unknown, index: number): Wire {
    if (index === 1 && this.call.next) return { t: "next" };
    const wire = this.#outgoing(value);
    if (wire.t !== "kept") return wire;
    throw new SyncBridgeError(
      `Cannot run ${this.call.role} in a sync call: its argument ${index + 1} is ${wire.what}, ` +
        `which stays with the calling thread; write it as a generator to use it`,
    );
  }

  #outgoing(value: unknown): Wire {
    if (
      typeof value !== "object" || value === null || this.#roots.idOf(value) !== undefined ||
      !isRoot(value)
    ) {
      return encode(value, this.#encoding);
    }
    const id = this.#enter(value);
    return { t: "root", id, v: encodeContent(value, this.#encoding) };
  }
}

/** Tells the worker what a `next()` came to. */
type Answer = (
  result: { readonly ok: boolean; readonly value: Wire; readonly changes: Changes },
) => void;

function timeOf({ timeout }: UserCall): number {
  return timeout === false ? Infinity : timeout;
}

function isRoot(value: object): boolean {
  return isPlain(value) || Array.isArray(value) || value instanceof Headers ||
    value instanceof Error || isResponse(value) || isAxError(value);
}

function guard(work: () => Outcome<unknown>): Outcome<unknown> {
  try {
    return work();
  } catch (error) {
    return { ok: false, error };
  }
}
