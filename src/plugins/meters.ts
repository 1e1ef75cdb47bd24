import { Places, type Visitor } from "./places.ts";
import { type Rate, TokenBucket } from "./token_bucket.ts";

/** What is limited together: the requests of one key. */
export interface Meter<V extends Visitor> {
  /** The tokens; with a store it lets everything pass but while the server wants a pause. */
  readonly bucket: TokenBucket;
  /** With a store, the tokens for when that fails. */
  readonly spare: TokenBucket | undefined;
  /** The places of those that are under way, where their number is bounded. */
  readonly places: Places<V> | undefined;
}

/** From this many keys on, those that nothing is known of are forgotten. */
const MANY = 256;

/** The meters of a limit, by key. */
export class Meters<V extends Visitor> {
  readonly #byKey = new Map<string, Meter<V>>();
  readonly #rate: Rate;
  readonly #concurrency: number | undefined;
  readonly #stored: boolean;

  /** Makes none yet. */
  constructor(rate: Rate, concurrency: number | undefined, stored: boolean) {
    this.#rate = rate;
    this.#concurrency = concurrency;
    this.#stored = stored;
  }

  /** How many there are. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The meter of a key. */
  get(key: string, now: number): Meter<V> {
    const known = this.#byKey.get(key);
    if (known) return known;
    if (this.#byKey.size >= MANY) {
      for (const [other, { bucket, spare, places }] of this.#byKey) {
        const idle = bucket.idle(now) && (spare?.idle(now) ?? true) && (places?.empty ?? true);
        if (idle) this.#byKey.delete(other);
      }
    }
    const { interval } = this.#rate;
    const meter: Meter<V> = {
      bucket: new TokenBucket(this.#stored ? { limit: Infinity, interval } : this.#rate),
      spare: this.#stored ? new TokenBucket(this.#rate) : undefined,
      places: this.#concurrency === undefined ? undefined : new Places(this.#concurrency),
    };
    this.#byKey.set(key, meter);
    return meter;
  }
}
