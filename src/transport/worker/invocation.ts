import { CancelError, SyncBridgeError } from "../../errors.ts";
import { difference } from "./changes.ts";
import { decode, type DecodeContext, type Makers } from "./decode.ts";
import type { UserCommand, UserReply } from "./user_protocol.ts";
import { SharedRoots } from "./shared_roots.ts";
import { encode, type EncodeContext, isPlain, ownBytes } from "./values.ts";
import type { Wire } from "./wire.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What an invocation needs of the worker. */
export interface InvocationLink {
  send(reply: UserReply): void;
  /** Blocks until the caller has sent what was asked for. */
  ask(root: number, what: "body" | "data"): UserCommand & { type: "answer" };
}

/** One async function at work, on the worker's side. */
export class Invocation {
  readonly #id: number;
  readonly #link: InvocationLink;
  readonly #roots: SharedRoots;
  readonly #nexts = new Map<number, Waiting>();
  readonly #encoding: EncodeContext;
  readonly #decoding: DecodeContext;
  #ended = false;
  #nextId = 0;

  constructor(id: number, makers: Makers, link: InvocationLink) {
    this.#id = id;
    this.#link = link;
    this.#encoding = {
      rootOf: (value) => this.#roots.idOf(value),
      keep(_, what, path) {
        const where = path ? `"${path}", which is ${what}` : what;
        throw new SyncBridgeError(
          `Cannot hand ${where} from an async function of a sync call to the calling thread: it ` +
            `cannot be cloned`,
        );
      },
      bodyOf: (response) => ownBytes(response.bytes()).buffer,
    };
    this.#decoding = {
      makers,
      root: (root) => this.#roots.value(root),
      addRoot: (root, value, wire) => this.#roots.add(root, value as object, wire),
      askBody: (root) => new Uint8Array(link.ask(root, "body").body ?? new ArrayBuffer(0)),
      askData: (id) => {
        const wire = link.ask(id, "data").data ?? { t: "value", v: undefined };
        this.#roots.learn(id, (known) => ({ ...known, data: wire } as Wire));
        return decode(wire, this.#decoding);
      },
      next: (request?: unknown) => this.#next(request),
    };
    // A body is the same on both sides, and one that has not crossed stays where it is.
    const comparing: EncodeContext = { ...this.#encoding, bodyOf: () => "streamed" };
    this.#roots = new SharedRoots(comparing, this.#decoding);
  }

  /** The arguments as values. */
  start(args: readonly Wire[]): unknown[] {
    return args.map((wire) => decode(wire, this.#decoding));
  }

  /** What is said when the function has ended. */
  done(ok: boolean, value: unknown): UserReply {
    this.#ended = true;
    const changes = this.#roots.collect();
    return { type: "done", id: this.#id, ok, value: this.#result(value), changes };
  }

  /** What is said when its end could not be told. */
  failed(error: unknown): UserReply {
    const value = encode(error, { ...this.#encoding, rootOf: () => undefined });
    return { type: "done", id: this.#id, ok: false, value, changes: [] };
  }

  /** Takes what a `next()` came to. */
  settleNext({ next, ok, value: wire, changes }: UserCommand & { type: "result" }): void {
    this.#roots.apply(changes);
    const waiting = this.#nexts.get(next);
    this.#nexts.delete(next);
    if (!waiting) return;
    const value = decode(wire, this.#decoding);
    if (ok) waiting.resolve(value);
    else waiting.reject(value);
  }

  /** Ends every wait for a `next()`, so that the function can clean up. */
  abandon(): void {
    this.#ended = true;
    for (const { reject } of this.#nexts.values()) {
      reject(new CancelError("Cancelled: the call that this function belongs to has ended"));
    }
    this.#nexts.clear();
  }

  /** Lazy, as in the calling thread: nothing is sent before somebody waits. */
  #next(request: unknown): PromiseLike<unknown> {
    let promise: Promise<unknown> | undefined;
    const begin = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (this.#ended) {
          throw new SyncBridgeError(
            `Cannot run "next" any more: the sync call that this function belongs to has ended`,
          );
        }
        const next = this.#nextId++;
        const changes = this.#roots.collect();
        const wire = this.#result(request);
        this.#link.send({ type: "next", id: this.#id, next, request: wire, changes });
        this.#nexts.set(next, { resolve, reject });
      });
    return {
      then: (onFulfilled, onRejected) => (promise ??= begin()).then(onFulfilled, onRejected),
    };
  }

  /** A value for the caller; of a copy of the config only what differs. */
  #result(value: unknown): Wire {
    const wire = encode(value, this.#encoding);
    if (wire.t !== "plain" || !isPlain(value as object)) return wire;
    for (const [id, before] of this.#roots.known()) {
      if (!isConfig(before)) continue;
      const change = difference(before, wire) ?? { set: {}, deep: {}, gone: [] };
      // What a handler leaves out is as it was.
      return { t: "copy", id, change: { ...change, gone: [] } };
    }
    return wire;
  }
}

function isConfig(wire: Wire): boolean {
  return wire.t === "plain" && wire.v.headers?.t === "headers" && "context" in wire.v &&
    "attempt" in wire.v;
}
