import type { Limit } from "../flow/limit.ts";
import type { BodySource } from "../http/message.ts";

/** Asks for no global before the first stream. */
let registry: FinalizationRegistry<Connection> | undefined;

/**
 * The line to the server. It knows nothing of who reads, so that limits and the collector of
 * garbage can hold on to it without keeping the reader alive.
 */
export class Connection {
  /** Where chunks come from; none for a body that was there whole. */
  readonly source: BodySource | undefined;
  /** Whether it was given up before its end. */
  released = false;
  #open: boolean;
  #stops: (() => void)[] = [];

  /**
   * Makes one that is freed when its reader is garbage.
   *
   * @param reader Whose garbage ends it.
   */
  constructor(source: BodySource | undefined, reader: object) {
    this.source = source;
    this.#open = source !== undefined;
    if (!source || typeof FinalizationRegistry === "undefined") return;
    registry ??= new FinalizationRegistry((connection) => connection.release());
    registry.register(reader, this);
  }

  /** Frees the connection as soon as the limit ends, also between two reads. */
  listen(limit: Limit): void {
    if (!this.#open) return;
    const look = (): void => {
      if (limit.endedHere()) this.release();
    };
    look();
    if (this.#open) this.#stops.push(limit.subscribe(look));
  }

  /** Gives the rest of the body up. */
  release(): void {
    if (!this.#open) return;
    this.released = true;
    this.end();
    this.source?.close();
  }

  /** Takes note that the body has ended. */
  end(): void {
    this.#open = false;
    for (const stop of this.#stops.splice(0)) stop();
  }
}
