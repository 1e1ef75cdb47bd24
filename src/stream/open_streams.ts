import { describe } from "../mask.ts";
import { TimeoutError } from "../errors.ts";
import { type Flow, type Operation, read, within } from "../flow/flow.ts";
import { Limit } from "../flow/limit.ts";
import { lastEventIdHeader } from "../http/events.ts";
import {
  type BodySource,
  headerOf,
  type HeaderPairs,
  type HttpRequest,
  type HttpResponse,
  isOneShot,
  isSource,
} from "../http/message.ts";
import { RESPONSE_ERRORS } from "../http/answer.ts";
import { type Answer, type AxResponse, isResponse, type ParseJSON } from "../http/response.ts";
import { type Resend, StreamBody, StreamedResponse } from "./body.ts";
import type { FlowStream } from "./members.ts";
import { collect } from "./readers.ts";
import { responseOf, toFlowStream } from "./response.ts";

/** The most of a refused response's body that is kept for its error. */
const MAX_REFUSED_BYTES = 16 * 1024 * 1024;

/** The options of a call that its stream goes by. */
export interface StreamRules {
  readonly maxResponseSize: number | false;
  readonly parseJSON?: ParseJSON | undefined;
  readonly redact: readonly string[];
}

/** The streams that a call has opened or was given; it answers with one of them at most. */
export class OpenStreams {
  readonly #streams = new Set<StreamedResponse>();

  /** Takes an accepted response whose body is to be streamed. */
  open({ response, request, redirects = [] }: Answer, rules: StreamRules): StreamedResponse {
    const { status, statusText, url, headers, body } = response;
    const redirected = response.redirected || redirects.length > 0;
    const head = { status, statusText, url, headers, redirected, redirects, request };
    const streamed = toStreamed(head, body, rules);
    this.#streams.add(streamed);
    return streamed;
  }

  /** How many there are. */
  get count(): number {
    return this.#streams.size;
  }

  /** Gives up those after the first so many. */
  drop(kept: number): void {
    for (const response of [...this.#streams].slice(kept)) {
      StreamedResponse.bodyOf(response).close();
      this.#streams.delete(response);
    }
  }

  /** What a user function answered as a response of this call: a stream may be one of another call. */
  adopt(answer: unknown): AxResponse | undefined {
    const response = responseOf(answer) ?? answer;
    if (response instanceof StreamedResponse) this.#streams.add(response);
    return isResponse(response) ? response : undefined;
  }

  /** Reads the body of a refused response; see {@linkcode readRefused}. */
  refused(response: HttpResponse, request: HttpRequest): Flow<HttpResponse> {
    return readRefused(response, request);
  }

  /**
   * Runs a call to its response, frees what it dropped on the way, and hands the stream out.
   *
   * @param limit What ends the call, and with it the reading.
   * @param resend How the call is made again.
   */
  *deliver(
    call: Flow<AxResponse>,
    limit: Limit,
    rules: StreamRules,
    resend: Resend,
  ): Generator<Operation, FlowStream, unknown> {
    let kept: StreamedResponse | undefined;
    try {
      kept = asStream(yield* call, rules);
      const body = StreamedResponse.bodyOf(kept);
      body.guard(limit);
      body.resend ??= resend;
      return toFlowStream(kept);
    } finally {
      if (kept) this.#streams.delete(kept);
      this.drop(0);
    }
  }
}

/** A response that a user function made has its body already. */
function asStream(response: AxResponse, rules: StreamRules): StreamedResponse {
  if (response instanceof StreamedResponse) return response;
  const { status, statusText, url, redirected, redirects, headers, request } = response;
  const head = { status, statusText, url, redirected, redirects, headers, request };
  const streamed = toStreamed(head, response.bytes(), rules);
  return Object.assign(streamed, { attempts: response.attempts, timings: response.timings });
}

function toStreamed(
  head: Omit<ConstructorParameters<typeof StreamedResponse>[0], "errors">,
  body: HttpResponse["body"],
  { redact, maxResponseSize, parseJSON }: StreamRules,
): StreamedResponse {
  const { method, url } = head.request;
  const origin = { request: { method, url, redact }, maxReadBytes: maxResponseSize, parseJSON };
  return new StreamedResponse(
    { ...head, redact, parseJSON, errors: RESPONSE_ERRORS },
    new StreamBody(body, origin),
  );
}

/** What a reconnect needs of the pipeline. */
export interface ResendRules {
  /** The request of the last attempt, before redirects; what it would have been where none was sent. */
  sent(): Pick<HttpRequest, "method" | "headers" | "body">;
  /** The methods that may be sent twice. */
  readonly retryMethods: readonly string[];
  /** Makes the whole call again, with these headers over its own; gives its `FlowStream`. */
  call(headers: HeaderPairs): Flow<unknown>;
}

/** How a call is made again, to go on with its events. */
export function resendWith({ sent, retryMethods, call }: ResendRules): Resend {
  return {
    refusal() {
      const { method, headers, body } = sent();
      if (isOneShot(body)) return "the body of the request is a stream, it is sent once";
      const isListed = retryMethods.some((name) => name.toUpperCase() === method);
      if (isListed || headerOf(headers, "idempotency-key") !== null) return undefined;
      return `${method} may not be sent twice, list it in "retryMethods" or send an ` +
        '"idempotency-key" header';
    },
    *open(lastEventId) {
      const resumed = lastEventId === ""
        ? []
        : [["last-event-id", lastEventIdHeader(lastEventId)] as const];
      const stream = yield* call([["accept", "text/event-stream"], ...resumed]);
      const response = responseOf(stream) as StreamedResponse;
      return { response, body: StreamedResponse.bodyOf(response) };
    },
  };
}

/** What ends the reading of a refused response's body. */
class RefusedLimit extends Limit {
  readonly #request: HttpRequest;

  constructor(request: HttpRequest) {
    super();
    this.#request = request;
  }

  override enter(parent: Limit | undefined): void {
    super.enter(parent);
    const { timeoutMs } = this.#request;
    if (timeoutMs !== false) this.deadline = this.now + timeoutMs;
  }

  protected override overdue(): TimeoutError {
    const request = this.#request;
    const message = `Cannot read the body of ${describe(request)}: not complete within ` +
      `${request.timeoutMs} ms`;
    return new TimeoutError(message, { phase: "attempt", request });
  }
}

/**
 * Reads the body of a refused response, so that its error shows it: no more than 16 MiB, and no
 * longer than an attempt may take. One that cannot be read leaves the reason as `failure`; only the
 * end of the call is thrown.
 */
export function* readRefused(
  response: HttpResponse,
  request: HttpRequest,
): Generator<Operation, HttpResponse, unknown> {
  const { body } = response;
  if (!isSource(body)) return response;
  const limit = new RefusedLimit(request);
  try {
    return { ...response, body: yield* within(limit, readWhole(body)) };
  } catch (failure) {
    if (limit.parent?.ended) throw failure;
    return { ...response, body: null, failure };
  } finally {
    body.close();
  }
}

function* readWhole(body: BodySource): Generator<Operation, Uint8Array, unknown> {
  const chunks = yield* collect(() => read(body), MAX_REFUSED_BYTES);
  return chunks.join();
}
