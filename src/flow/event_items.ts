import { isAxError, type TimeoutError } from "../errors.ts";
import { createEventDecoder, type EventDecoder, type ServerSentEvent } from "../http/events.ts";
import { type Operation, sleep } from "./flow.ts";
import { ItemReader, type Items } from "./items.ts";
import { StreamedResponse } from "./streamed.ts";

/** Options of `iterEvents`. */
export interface EventOptions {
  /**
   * Whether the request is sent again when the connection ends or breaks, after the time that the
   * server named by `retry` (3 seconds without), with `Last-Event-ID`. It goes through the whole
   * client again. A status of 204 ends the events, a refused one is thrown.
   *
   * @default {false}
   */
  reconnect?: boolean | undefined;
  /**
   * How many reconnects may follow each other without an event between them. Then the events end,
   * or the error of the last one is thrown.
   *
   * @default {Infinity}
   */
  maxReconnects?: number | undefined;
}

/** The HTML standard leaves it at "a few seconds". */
const RECONNECT_MS = 3_000;

/** Server-sent events, over one connection or as many as it takes. */
export class EventItems implements Items<ServerSentEvent> {
  readonly #response: StreamedResponse;
  readonly #left: number;
  #decoder: EventDecoder;
  #events: ItemReader<ServerSentEvent>;
  #made = 0;

  constructor(response: StreamedResponse, options: EventOptions = {}) {
    const { reconnect = false, maxReconnects = Infinity } = options;
    if (!(maxReconnects >= 0)) {
      throw new RangeError(
        `Cannot read events: "maxReconnects" must be 0 or more, got ${maxReconnects}`,
      );
    }
    this.#response = response;
    this.#left = reconnect ? maxReconnects : 0;
    this.#decoder = createEventDecoder();
    this.#events = new ItemReader(response, this.#decoder, this);
  }

  ready(): { readonly value: ServerSentEvent } | undefined {
    return this.#events.ready();
  }

  *next(): Generator<Operation, ServerSentEvent | undefined, unknown> {
    for (;;) {
      try {
        const event = yield* this.#events.next();
        if (event) {
          this.#made = 0;
          return event;
        }
        if (this.#made >= this.#left) return undefined;
      } catch (error) {
        if (!isLost(error) || this.#made >= this.#left) throw error;
      }
      if (!(yield* this.#reconnect())) return undefined;
    }
  }

  close(): void {
    this.#events.close();
  }

  /** Whether there is a new connection to read. */
  *#reconnect(): Generator<Operation, boolean, unknown> {
    const body = StreamedResponse.bodyOf(this.#response);
    const { state } = this.#decoder;
    for (;;) {
      this.#made++;
      yield* body.limited(sleep(state.retry ?? RECONNECT_MS));
      try {
        const status = yield* body.reconnect(state.lastEventId);
        this.#decoder = createEventDecoder({ state });
        this.#events = new ItemReader(this.#response, this.#decoder, this);
        return status !== 204;
      } catch (error) {
        if (!isLost(error) || this.#made >= this.#left) throw error;
      }
    }
  }
}

/** Whether the connection is what failed, so that another one may do. */
function isLost(error: unknown): boolean {
  if (!isAxError(error)) return false;
  if (error.code === "AX_RETRY") return isLost(error.cause);
  return error.code === "AX_NETWORK" ||
    (error.code === "AX_TIMEOUT" && (error as TimeoutError).phase === "attempt");
}
