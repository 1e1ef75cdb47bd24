import { ask, type CallSite, type Operation } from "../flow/flow.ts";
import { end, type Items } from "./items.ts";

/** What `open_streams.ts` has. */
export type StreamPart = typeof import("./open_streams.ts");

/** Gives the part, or the promise of it where it is still to be loaded. */
export type LoadPart = () => StreamPart | Promise<StreamPart>;

/** Where a flow waits for the part; a blocked thread cannot. */
export const LOADING: CallSite = { role: "part of the package" };

let part: StreamPart | undefined;

/** Has the part there from now on. */
export function providePart(given: StreamPart): StreamPart {
  return part = given;
}

/** Loads the part by `load`, unless it is there. */
export function partOr(load: () => Promise<StreamPart>): StreamPart | Promise<StreamPart> {
  return part ?? load().then(providePart);
}

/** The part, as soon as it is there. */
export function* loaded(load: LoadPart): Generator<Operation, StreamPart, unknown> {
  const part = load();
  if (!("then" in part)) return part;
  return yield* ask<StreamPart>({ kind: "settle", promise: part, fn: load, site: LOADING });
}

/** Items that are made when the first one is asked for. */
export class LaterItems<T> implements Items<T> {
  readonly #make: () => Generator<Operation, Items<T>, unknown>;
  #items: Items<T> | undefined;
  #closed = false;

  constructor(make: () => Generator<Operation, Items<T>, unknown>) {
    this.#make = make;
  }

  ready(): IteratorYieldResult<T> | undefined {
    return this.#items?.ready();
  }

  *advance(): Generator<Operation, IteratorResult<T, undefined>, unknown> {
    if (this.#closed) return end();
    const items = this.#items ??= yield* this.#make();
    return yield* items.advance();
  }

  close(): void {
    this.#closed = true;
    this.#items?.close();
  }
}
