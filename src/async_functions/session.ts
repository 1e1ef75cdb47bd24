import { SyncBridgeError } from "../../errors.ts";
import { elapsed } from "../../runtime/clock.ts";
import type { Outcome, WireProgress, WireRequest } from "../transport.ts";
import type { Border } from "./border.ts";
import { BORDER_SOURCE } from "./border_source.ts";
import { KIT } from "./kit.ts";
import type { Target, UserCommand, UserReply } from "./user_protocol.ts";
import type { Told } from "./wire.ts";

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

let BorderClass: typeof Border | undefined;

/**
 * The package carries what both sides do with values once, as source for the worker. A thread that
 * runs functions in a worker may evaluate it: the worker itself is started that way.
 */
function loadBorder(): typeof Border {
  return BorderClass ??= Function(BORDER_SOURCE)() as typeof Border;
}

/** One function at work, on the caller's side. */
export class Session {
  readonly call: UserCall;
  readonly #border: Border = new (loadBorder())(KIT);
  #outstanding = 0;
  #left: number;
  #since: number = elapsed();

  /** @param loads Whether the function is looked for first: its time has not begun then. */
  constructor(call: UserCall, loads: boolean) {
    this.call = call;
    this.#left = timeOf(call);
    if (loads) this.#left = Math.max(this.#left, LOAD_MS);
  }

  /** What the worker is told. */
  command(id: number): UserCommand {
    const { target, role, request, args, next } = this.call;
    const wires = (next ? args.slice(0, 1) : args).map((arg, index) => {
      const wire = this.#border.encode(arg);
      if (wire.t !== "kept") return wire;
      throw new SyncBridgeError(
        `Cannot run ${role} in a sync call: its argument ${index + 1} is ${wire.what}, which ` +
          `stays with the calling thread; write it as a generator to use it`,
      );
    });
    return { type: "invoke", id, target, role, request, args: wires, next: next !== undefined };
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
  answer({ id, root, what }: UserReply & { type: "ask" }): UserCommand {
    const outcome = guard(() => {
      const holder = this.#border.root(root) as Record<string, unknown>;
      const member = holder[what];
      return { ok: true, value: typeof member === "function" ? member.call(holder) : member };
    });
    return { type: "answer", id, ...this.#border.tellPlainly(outcome) };
  }

  done(message: Told): void {
    this.call.settle(guard(() => this.#border.hear(message)));
  }

  next(message: Told, answer: (told: Told) => void): void {
    this.#left -= elapsed() - this.#since;
    this.#since = elapsed();
    this.#outstanding++;
    const end = (outcome: Outcome<unknown>): void => {
      if (--this.#outstanding === 0) this.#since = elapsed();
      answer(this.#border.tell(outcome));
    };
    const request = guard(() => {
      const heard = this.#border.hear(message);
      // The rest of the chain may change what both sides know as well.
      this.#border.watch();
      return heard;
    });
    if (request.ok) this.call.next?.(request.value, end);
    else end(request);
  }
}

function timeOf({ timeout }: UserCall): number {
  return timeout === false ? Infinity : timeout;
}

function guard(work: () => Outcome<unknown>): Outcome<unknown> {
  try {
    return work();
  } catch (error) {
    return { ok: false, error };
  }
}
