import type { Outcome } from "../transport.ts";
import type { Ask, Border as BorderClass } from "./border.ts";
import type { Kit } from "./facts.ts";
import { PORTABLE_KIT } from "./portable_kit.ts";
import type { Invoke, UserReply } from "./user_protocol.ts";
import type { Told } from "./wire.ts";

/** What stands before the source of this thread. */
declare const Border: typeof BorderClass;

/** An error for a function that has no copy of the package, or none yet. */
export function refusal(message: string, cause?: unknown): Error {
  return new Border(PORTABLE_KIT).refuse(message, cause);
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What an invocation needs of the worker. */
export interface InvocationLink {
  send(reply: UserReply): void;
  /** Blocks until the caller has sent what was asked for. */
  readonly ask: Ask;
}

/** One async function at work, on the worker's side. */
export class Invocation {
  readonly #id: number;
  readonly #link: InvocationLink;
  readonly #nexts = new Map<number, Waiting>();
  readonly #control = new AbortController();
  #kit: Kit = PORTABLE_KIT;
  #border: BorderClass;
  #nextId = 0;

  constructor(id: number, link: InvocationLink) {
    this.#id = id;
    this.#link = link;
    this.#border = this.#newBorder();
  }

  /** Fires when nobody waits for it any more. */
  get signal(): AbortSignal {
    return this.#control.signal;
  }

  /** The arguments as values. */
  start({ args, next }: Invoke, kit: Kit): unknown[] {
    this.#kit = kit;
    this.#border = this.#newBorder();
    const values = args.map((wire) => this.#border.decode(wire));
    if (next) values.push((request?: unknown) => this.#next(request));
    return values;
  }

  /** Says how the function has ended. */
  done(outcome: Outcome<unknown>): void {
    const tell = (outcome: Outcome<unknown>): void =>
      this.#link.send({ type: "done", id: this.#id, ...this.#border.tell(outcome) });
    try {
      tell(outcome);
    } catch (error) {
      this.#border = this.#newBorder();
      tell({ ok: false, error });
    }
    this.#control.abort();
  }

  /** Takes what a `next()` came to. */
  settleNext({ next, ...told }: Told & { readonly next: number }): void {
    const waiting = this.#nexts.get(next);
    this.#nexts.delete(next);
    const outcome = this.#border.hear(told);
    if (outcome.ok) waiting?.resolve(outcome.value);
    else waiting?.reject(outcome.error);
  }

  /** Ends every wait for a `next()`, so that the function can clean up. */
  abandon(): void {
    this.#control.abort();
    const message = "Cancelled: the call that this function belongs to has ended";
    const facts = { name: "CancelError", code: "AX_CANCEL", message };
    for (const { reject } of this.#nexts.values()) reject(this.#border.error(facts));
    this.#nexts.clear();
  }

  #newBorder(): BorderClass {
    return new Border(this.#kit, this.#link.ask);
  }

  /** Lazy, as in the calling thread: nothing is sent before somebody waits. */
  #next(request: unknown): PromiseLike<unknown> {
    let promise: Promise<unknown> | undefined;
    const begin = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (this.signal.aborted) {
          throw this.#border.refuse(
            `Cannot run "next" any more: the sync call that this function belongs to has ended`,
          );
        }
        const next = this.#nextId++;
        const told = this.#border.tell({ ok: true, value: request });
        this.#link.send({ type: "next", id: this.#id, next, ...told });
        this.#nexts.set(next, { resolve, reject });
      });
    return {
      then: (onFulfilled, onRejected) => (promise ??= begin()).then(onFulfilled, onRejected),
    };
  }
}
