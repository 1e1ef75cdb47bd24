import { difference } from "./changes.ts";
import { applyChange, type DecodeContext } from "./decode.ts";
import type { Changes } from "./user_protocol.ts";
import { encodeContent, type EncodeContext } from "./values.ts";
import type { Change, Wire } from "./wire.ts";

interface Root {
  readonly value: object;
  /** As the other side knows it; `undefined` while nothing can have changed here. */
  wire: Wire | undefined;
}

/**
 * The objects that both sides of an invocation know. Each side has its own copy; what is changed in
 * one is found by comparing, told with the next message, and applied to the other.
 */
export class SharedRoots {
  readonly #roots = new Map<number, Root>();
  readonly #ids = new Map<object, number>();
  readonly #encoding: EncodeContext;
  readonly #decoding: DecodeContext;
  #unsent: [number, Change][] = [];

  constructor(encoding: EncodeContext, decoding: DecodeContext) {
    // What is compared later must not change with the object.
    this.#encoding = { ...encoding, snapshot: true };
    this.#decoding = decoding;
  }

  idOf(value: object): number | undefined {
    return this.#ids.get(value);
  }

  value(id: number): unknown {
    return this.#roots.get(id)?.value;
  }

  get size(): number {
    return this.#roots.size;
  }

  /** Takes a new root, as the other side knows it. */
  add(id: number, value: object, wire?: Wire): void {
    this.#roots.set(id, { value, wire });
    this.#ids.set(value, id);
  }

  /** The roots as the other side knows them. */
  *known(): Generator<[number, Wire]> {
    for (const [id, { wire }] of this.#roots) if (wire) yield [id, wire];
  }

  /** Corrects what the other side is known to know. */
  learn(id: number, wire: (known: Wire) => Wire): void {
    const root = this.#roots.get(id);
    if (root?.wire) root.wire = wire(root.wire);
  }

  /** Looks from now on what is changed here. */
  watch(): void {
    for (const root of [...this.#roots.values()]) root.wire ??= this.#form(root);
  }

  /** What was changed here since the other side last heard of it. */
  collect(): Changes {
    this.#look();
    const changes = this.#unsent;
    this.#unsent = [];
    return changes;
  }

  /** Makes the changes of the other side here; changes of both sides meet by key. */
  apply(changes: Changes): void {
    if (changes.length === 0) return;
    this.#look();
    for (const [id, change] of changes) {
      const root = this.#roots.get(id);
      if (!root) continue;
      applyChange(root.value, change, this.#decoding);
      if (root.wire) root.wire = this.#form(root);
    }
  }

  #look(): void {
    for (const [id, root] of [...this.#roots]) {
      if (!root.wire) continue;
      const wire = this.#form(root);
      const change = difference(root.wire, wire);
      if (!change) continue;
      this.#unsent.push([id, change]);
      root.wire = wire;
    }
  }

  #form({ value }: Root): Wire {
    return encodeContent(value, this.#encoding);
  }
}
