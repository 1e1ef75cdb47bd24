import { isAxError, type TimeoutError } from "../errors.ts";
import { createEventDecoder, type EventStreamState, type ServerSentEvent } from "../http/events.ts";
import { type Operation, sleep } from "./flow.ts";
import { ItemReader } from "./items.ts";
import type { StreamedResponse } from "./streamed.ts";

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
export class EventItems extends ItemReader<ServerSentEvent> {
  readonly #state: EventStreamState;
  /** How many reconnects may follow each other, and how many did. */
  #allowed: number;
  #made = 0;

  constructor(response: StreamedResponse, options: EventOptions = {}) {
    const { reconnect = false, maxReconnects = Infinity } = options;
    if (!(maxReconnects >= 0)) {
      throw new RangeError(
        `Cannot read events: "maxReconnects" must be 0 or more, got ${maxReconnects}`,
      );
    }
    const state = { lastEventId: "" };
    super(response, createEventDecoder(state));
    this.#state = state;
    this.#allowed = reconnect ? maxReconnects : 0;
  }

  override *advance(): Generator<Operation, IteratorResult<ServerSentEvent, undefined>, unknown> {
    for (let again = false;; again = true) {
      try {
        if (again) yield* this.#reconnect();
        const step = yield* super.advance();
        if (!step.done) this.#made = 0;
        else if (this.#made < this.#allowed) continue;
        return step;
      } catch (error) {
        if (!isLost(error) || this.#made >= this.#allowed) throw error;
      }
    }
  }

  *#reconnect(): Generator<Operation, void, unknown> {
    const { retry = RECONNECT_MS, lastEventId } = this.#state;
    this.#made++;
    yield* this.body.limited(sleep(retry));
    // What has no content is over, as the HTML standard says.
    if ((yield* this.body.reconnect(lastEventId)) === 204) this.#allowed = 0;
    this.restart(createEventDecoder(this.#state));
  }
}

/** Whether the connection is what failed, so that another one may do. */
function isLost(error: unknown): boolean {
  if (!isAxError(error)) return false;
  if (error.code === "AX_RETRY") return isLost(error.cause);
  return error.code === "AX_NETWORK" ||
    (error.code === "AX_TIMEOUT" && (error as TimeoutError).phase === "attempt");
}
