/** Who asks for a place. */
export interface Visitor {
  /** Tells that a place was given to it while it waited. */
  wake(): void;
}

/** Bounded number of places, given in the order in which they were asked for. */
export class Places<V extends Visitor> {
  readonly #bound: number;
  readonly #inside = new Set<V>();
  #waiting: V[] = [];

  /** Makes that many free places. */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Who has a place, the first one first. */
  get inside(): readonly V[] {
    return [...this.#inside];
  }

  /** Who came last of those before a visitor that waits, and is not to be left out. */
  before(visitor: V, except: ReadonlySet<V>): V | undefined {
    const waiting = this.#waiting.slice(0, Math.max(0, this.#waiting.indexOf(visitor)));
    return waiting.findLast((other) => !except.has(other)) ??
      this.inside.findLast((other) => !except.has(other));
  }

  /** Whether nobody has a place or waits for one. */
  get empty(): boolean {
    return this.#inside.size === 0 && this.#waiting.length === 0;
  }

  /** Whether a visitor has a place. */
  has(visitor: V): boolean {
    return this.#inside.has(visitor);
  }

  /** Takes a free place, else a position at the end of the queue; tells whether it has a place. */
  enter(visitor: V): boolean {
    if (this.#inside.size < this.#bound && this.#waiting.length === 0) this.#inside.add(visitor);
    else this.#waiting.push(visitor);
    return this.has(visitor);
  }

  /** Gives a place over the bound to one that may not wait. */
  force(visitor: V): void {
    this.#waiting = this.#waiting.filter((other) => other !== visitor);
    this.#inside.add(visitor);
  }

  /** Gives back the place, or the position in the queue, and hands free places on. */
  leave(visitor: V): void {
    this.#inside.delete(visitor);
    this.#waiting = this.#waiting.filter((other) => other !== visitor);
    while (this.#inside.size < this.#bound) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#inside.add(next);
      next.wake();
    }
  }
}
