import { CancelError } from "../../errors.ts";
import type { UserReply } from "./user_protocol.ts";
import {
  changedMembers,
  type Change,
  decode,
  type DecodeContext,
  difference,
  encode,
  type EncodeContext,
  isPlain,
  type Makers,
  type Wire,
} from "./values.ts";

interface Root {
  readonly value: object;
  /** As the caller knows it. */
  wire: Wire;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One async function at work, on the worker's side. */
export class Invocation {
  readonly #id: number;
  readonly #send: (reply: UserReply) => void;
  readonly #askBody: () => Uint8Array<ArrayBuffer>;
  readonly #roots = new Map<number, Root>();
  readonly #nexts = new Map<number, Waiting>();
  readonly #encoding: EncodeContext;
  #decoding: DecodeContext | undefined;
  #nextId = 0;

  constructor(
    id: number,
    send: (reply: UserReply) => void,
    askBody: () => Uint8Array<ArrayBuffer>,
  ) {
    this.#id = id;
    this.#send = send;
    this.#askBody = askBody;
    this.#encoding = {
      rootOf: (value) => this.#rootOf(value),
      keep: (_, what) => {
        throw new TypeError(`Cannot hand ${what} back to the calling thread: it cannot be cloned`);
      },
      bodyOf: (response) => response.bytes(),
    };
  }

  /** The arguments as values. */
  start(args: readonly Wire[], makers: Makers): unknown[] {
    const decoding: DecodeContext = {
      makers,
      root: (id) => this.#roots.get(id)?.value,
      addRoot: (id, value, wire) => this.#roots.set(id, { value: value as object, wire }),
      askBody: (root) => {
        this.#send({ type: "ask", id: this.#id, root });
        return this.#askBody();
      },
      next: (request?: unknown) => this.#next(request),
    };
    this.#decoding = decoding;
    return args.map((wire) => decode(wire, decoding));
  }

  /** What is said when the function has ended. */
  done(ok: boolean, value: unknown): UserReply {
    const changes = this.#changes();
    return { type: "done", id: this.#id, ok, value: this.#result(value), changes };
  }

  settleNext(next: number, ok: boolean, wire: Wire): void {
    const waiting = this.#nexts.get(next);
    this.#nexts.delete(next);
    if (!waiting || !this.#decoding) return;
    const value = decode(wire, this.#decoding);
    if (ok) waiting.resolve(value);
    else waiting.reject(value);
  }

  /** Ends every wait for a `next()`, so that the function can clean up. */
  abandon(): void {
    for (const { reject } of this.#nexts.values()) {
      reject(new CancelError("Cancelled: the call that this function belongs to has ended"));
    }
    this.#nexts.clear();
  }

  #rootOf(value: object): number | undefined {
    for (const [id, root] of this.#roots) if (root.value === value) return id;
    return undefined;
  }

  /** Lazy, as in the calling thread: nothing is sent before somebody waits. */
  #next(request: unknown): PromiseLike<unknown> {
    let promise: Promise<unknown> | undefined;
    const begin = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const next = this.#nextId++;
        const changes = this.#changes();
        const wire = this.#result(request);
        this.#nexts.set(next, { resolve, reject });
        this.#send({ type: "next", id: this.#id, next, request: wire, changes });
      });
    return {
      then: (onFulfilled, onRejected) => (promise ??= begin()).then(onFulfilled, onRejected),
    };
  }

  /** A value for the caller; of a record made from a root only what differs. */
  #result(value: unknown): Wire {
    const wire = encode(value, this.#encoding);
    const [request] = this.#roots.values();
    const isCopy = request && wire.t === "plain" && request.wire.t === "plain" &&
      "headers" in request.wire.v && typeof value === "object" && value !== null && isPlain(value);
    return isCopy ? changedMembers(request.wire, wire) : wire;
  }

  /** What was changed in roots since the caller last heard of it. */
  #changes(): [number, Change][] {
    const changes: [number, Change][] = [];
    for (const [id, root] of this.#roots) {
      const wire = encode(root.value, { ...this.#encoding, rootOf: () => undefined });
      const change = difference(root.wire, wire);
      if (!change) continue;
      changes.push([id, change]);
      root.wire = wire;
    }
    return changes;
  }
}
