import { describe, errorRequest, TimeoutError } from "../errors.ts";
import { type Flow, now, type Operation, read, within } from "../flow/flow.ts";
import { type FlowStream, toFlowStream } from "../flow/flow_stream.ts";
import type { Limits } from "../flow/scope.ts";
import { collect, type Reopen, StreamBody } from "../flow/stream_body.ts";
import { StreamHandle } from "../flow/stream_handle.ts";
import { type StreamedHead, StreamedResponse } from "../flow/streamed.ts";
import { joinChunks } from "../http/chunks.ts";
import { type Answered, type ChunkSource, ownHeaders, type Received } from "../http/received.ts";
import type { SentRequest } from "../http/request.ts";
import { type AxResponse, isResponse } from "../http/response.ts";

/** The most of a refused response's body that is kept for its error. */
const MAX_REFUSED_BYTES = 16 * 1024 * 1024;

/** The options of streams. */
export interface StreamRules {
  readonly timeout: number | false;
  readonly maxResponseSize: number | false;
  readonly redact: readonly string[];
}

/** The streams that a call has opened or was given; it answers with one of them at most. */
export class OpenStreams {
  readonly #streams = new Set<StreamedResponse>();

  /** Takes an accepted response whose body is to be streamed. */
  open({ received, request, redirected }: Answered, rules: StreamRules): StreamedResponse {
    const head = { ...received, redirected, headers: () => ownHeaders(received.headers) };
    const response = toStreamed(head, received.body, request, rules);
    this.#streams.add(response);
    return response;
  }

  /** What a user function answered as a response of this call: a stream may be one of another call. */
  adopt(answer: unknown): AxResponse | undefined {
    const response = StreamHandle.responseOf(answer) ?? answer;
    if (response instanceof StreamedResponse) this.#streams.add(response);
    return isResponse(response) ? response : undefined;
  }

  /** Runs a call to its response, frees what it dropped on the way, and hands the stream out. */
  *deliver(
    call: Flow<AxResponse>,
    limits: Limits,
    rules: StreamRules,
    reopen: Reopen,
  ): Generator<Operation, FlowStream, unknown> {
    let kept: StreamedResponse | undefined;
    try {
      kept = asStream(yield* call, rules);
      const body = StreamedResponse.bodyOf(kept);
      body.guard(limits);
      body.reopen ??= reopen;
      return toFlowStream(kept);
    } finally {
      for (const response of this.#streams) {
        if (response !== kept) StreamedResponse.bodyOf(response).close();
      }
    }
  }
}

/** A response that a user function made has its body already. */
function asStream(response: AxResponse, rules: StreamRules): StreamedResponse {
  if (response instanceof StreamedResponse) return response;
  const { request, attempts, timings } = response;
  const streamed = toStreamed(response, response.bytes(), request, rules);
  return Object.assign(streamed, { attempts, timings });
}

function toStreamed(
  head: StreamedHead,
  body: Received["body"],
  request: SentRequest,
  { redact, maxResponseSize }: StreamRules,
): StreamedResponse {
  const origin = { request, redact, maxRead: maxResponseSize };
  return new StreamedResponse(head, new StreamBody(body, origin));
}

/** Sends a call again as the reconnect of an event stream does, from its config on. */
export function reopenWith(
  call: (lastEventId: string) => Flow<unknown>,
): Reopen {
  return function* (lastEventId) {
    const response = StreamHandle.responseOf(yield* call(lastEventId)) as StreamedResponse;
    return { status: response.status, body: StreamedResponse.bodyOf(response) };
  };
}

/** The value of `Last-Event-ID`: UTF-8, where a header's value has one character a byte. */
export function lastEventIdHeader(id: string): string {
  return String.fromCharCode(...new TextEncoder().encode(id));
}

/** Reads the body of a refused response, so that its error shows it. */
export function* readRefused(
  answered: Answered,
): Generator<Operation, Answered, unknown> {
  const { received, request } = answered;
  const body = received.body as ChunkSource;
  const { timeout, redact } = request;
  const limits: Limits = {
    deadline: timeout === false ? Infinity : (yield* now()) + timeout,
    sources: [],
    error: () =>
      new TimeoutError(
        `Cannot read the body of ${describe(request, redact)}: not complete within ${timeout} ms`,
        { phase: "attempt", request: errorRequest(request, redact), redact },
      ),
  };
  try {
    const { chunks, size } = yield* within(limits, collect(() => read(body), MAX_REFUSED_BYTES));
    return { ...answered, received: { ...received, body: joinChunks(chunks, size) } };
  } finally {
    body.close();
  }
}
