import { isAxError } from "../ax_error.ts";
import { describe } from "../mask.ts";
import { DecodeError, type TimeoutError } from "../errors.ts";
import type { Operation } from "../flow/flow.ts";
import { parseContentType } from "../http/decode.ts";
import { createEventDecoder, type EventStreamState, type ServerSentEvent } from "../http/events.ts";
import type { AxResponse } from "../http/response.ts";
import { ItemReader, typeOf } from "./readers.ts";
import type { StreamedResponse } from "./body.ts";

/** Options of `iterEvents`. */
export interface EventOptions {
  /**
   * Whether the request is sent again when the connection ends or breaks, after the time that the
   * server named by `retry` (3 seconds without; at least 100 ms, at most an hour), with
   * `Last-Event-ID` and `accept: text/event-stream`. It goes through the whole client again. A
   * status of 204 ends the events; a refused status and another content type are thrown.
   *
   * Only requests that may be sent twice: of a method that `retryMethods` lists, or with an
   * `idempotency-key` header; anything else is a `TypeError`.
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
  /**
   * Whether a body of any content type is read; else one that is not `text/event-stream` is a
   * `DecodeError`.
   *
   * @default {false}
   */
  anyType?: boolean | undefined;
}

/** The HTML standard leaves it at "a few seconds". */
const RECONNECT_MS = 3_000;
/** A server that asks for less would have its requests in a loop. */
const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 3_600_000;

/** Server-sent events, over one connection or as many as it takes. */
export class EventItems extends ItemReader<ServerSentEvent> {
  readonly #state: EventStreamState;
  readonly #anyType: boolean;
  #checked = false;
  /** How many reconnects may follow each other, and how many did. */
  #allowed: number;
  #made = 0;

  constructor(response: StreamedResponse, options: EventOptions = {}) {
    const { reconnect = false, maxReconnects = Infinity, anyType = false } = options;
    if (!(maxReconnects >= 0)) {
      throw new RangeError(
        `Cannot read events: "maxReconnects" must be 0 or more, got ${maxReconnects}`,
      );
    }
    const state = { id: "", resumeId: "" };
    super(response, createEventDecoder(state));
    this.#state = state;
    this.#anyType = anyType;
    this.#allowed = reconnect ? maxReconnects : 0;
    if (reconnect) this.#assertResendable();
  }

  #assertResendable(): void {
    const { resend, origin } = this.body;
    const refusal = resend ? resend.refusal() : "the stream did not come from a call";
    if (refusal === undefined) return;
    throw new TypeError(
      `Cannot reconnect the events of ${describe(origin.request)}: ${refusal}`,
    );
  }

  override *advance(): Generator<Operation, IteratorResult<ServerSentEvent, undefined>, unknown> {
    this.body.take(this, this.reuse);
    for (let again = false;; again = true) {
      try {
        if (again) yield* this.#reconnect();
        else this.#check(this.response);
        const step = yield* super.advance();
        if (!step.done) this.#made = 0;
        else if (this.#made < this.#allowed) continue;
        return step;
      } catch (error) {
        if (!isLost(error) || this.#made >= this.#allowed) throw error;
      }
    }
  }

  /** Looks whether a response brings events: what has none is over, as the HTML standard says. */
  #check(response: AxResponse): void {
    if (this.#checked) return;
    this.#checked = true;
    if (response.status === 204) this.#allowed = 0;
    else if (!this.#anyType && !isEventStream(response)) {
      const { request } = this.body.origin;
      const error = new DecodeError(
        `Cannot read events of the response to ${describe(request)}: it is no text/event-stream ` +
          `(${typeOf(response)}), set "anyType" to read it all the same`,
        { request, response },
      );
      this.body.fail(error);
      throw error;
    }
  }

  *#reconnect(): Generator<Operation, void, unknown> {
    const { retry = RECONNECT_MS, resumeId } = this.#state;
    this.#made++;
    const delayMs = Math.min(Math.max(retry, MIN_RECONNECT_MS), MAX_RECONNECT_MS);
    const response = yield* this.body.reconnect(delayMs, resumeId);
    this.#checked = false;
    this.#check(response);
    this.restart(createEventDecoder(this.#state));
  }
}

function isEventStream({ headers }: AxResponse): boolean {
  return parseContentType(headers.get("content-type")).type === "text/event-stream";
}

/** Whether the connection is what failed, so that another one may do. */
function isLost(error: unknown): boolean {
  if (!isAxError(error)) return false;
  if (error.code === "AX_RETRY") return isLost(error.cause);
  return error.code === "AX_NETWORK" ||
    (error.code === "AX_TIMEOUT" && (error as TimeoutError).phase === "attempt");
}
