/*
 * What a call makes of streams. "." has it and pages from the start, "./web" loads them when they
 * are first used, or by `warmSync()`.
 */
import { describe, printAs } from "../mask.ts";
import { TimeoutError } from "../errors.ts";
import { type Flow, type Operation, read, within } from "../flow/flow.ts";
import type { Limit } from "../flow/limit.ts";
import type { ChunkDecoder } from "../http/chunks.ts";
import {
  createJSONLinesDecoder,
  createLineDecoder,
  createTextDecoder,
  lastEventIdHeader,
  type ServerSentEvent,
} from "../http/lines.ts";
import {
  headerOf,
  type HeaderPairs,
  type HttpRequest,
  type HttpResponse,
  isOneShot,
  isSource,
} from "../http/message.ts";
import { type Answer, type AxResponse, isResponse } from "../http/response.ts";
import { type Resend, StreamedResponse, type StreamRules, TimeLimit } from "./body.ts";
import {
  awaitingStyle,
  blockingStyle,
  type CallStyle,
  FLOW_STYLE,
  type FlowRunner,
  IN_STYLE,
  type Restyled,
  type Style,
  type Styled,
} from "./items.ts";
import type { FlowStream, StreamMembers, StreamResponse, SyncStreamResponse } from "./members.ts";
import {
  ByteReader,
  collect,
  EventItems,
  type EventOptions,
  ItemReader,
  readRest,
} from "./readers.ts";

export { Pages } from "./pages.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The most of a refused response's body that is kept for its error. */
const MAX_REFUSED_BYTES = 16 * 1024 * 1024;

/** The streams that a call has opened or was given; it answers with one of them at most. */
export class OpenStreams {
  readonly #streams = new Set<StreamedResponse>();

  /** Takes an accepted response whose body is to be streamed. */
  open({ response, request, redirects = [] }: Answer, rules: StreamRules): StreamedResponse {
    const redirected = response.redirected || redirects.length > 0;
    const head = { ...response, redirected, redirects, request };
    const streamed = new StreamedResponse(head, response.body, rules);
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
    const response = answer instanceof StreamForm ? StreamForm.responseOf(answer) : answer;
    if (response instanceof StreamedResponse) this.#streams.add(response);
    return isResponse(response) ? response : undefined;
  }

  /**
   * Reads the body of a refused response, so that its error shows it: no more than 16 MiB, and no
   * longer than an attempt may take. One that cannot be read leaves the reason as `failure`; only
   * the end of the call is thrown.
   */
  *refused(
    response: HttpResponse,
    request: HttpRequest,
  ): Generator<Operation, HttpResponse, unknown> {
    const { body } = response;
    if (!isSource(body)) return response;
    const { timeoutMs } = request;
    const limit = new TimeLimit(timeoutMs, { timeout: timeoutMs }, () => {
      const message = `Cannot read the body of ${describe(request)}: not complete within ` +
        `${timeoutMs} ms`;
      return new TimeoutError(message, { phase: "attempt", request });
    });
    try {
      const chunks = yield* within(limit, collect(() => read(body), MAX_REFUSED_BYTES));
      return { ...response, body: chunks.join() };
    } catch (failure) {
      if (limit.parent?.ended) throw failure;
      return { ...response, body: null, failure };
    } finally {
      body.close();
    }
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
      const response = yield* call;
      if (response instanceof StreamedResponse) kept = response;
      else {
        // A response that a user function made has its body already.
        const { headers, request, attempts, timings } = response;
        kept = new StreamedResponse({ ...response, headers, request }, response.bytes(), rules);
        Object.assign(kept, { attempts, timings });
      }
      const body = StreamedResponse.bodyOf(kept);
      body.guard(limit);
      body.resend ??= resend;
      return new FlowForm(kept, FLOW_STYLE);
    } finally {
      if (kept) this.#streams.delete(kept);
      this.drop(0);
    }
  }
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
      const headers: [string, string][] = [["accept", "text/event-stream"]];
      if (lastEventId !== "") headers.push(["last-event-id", lastEventIdHeader(lastEventId)]);
      return StreamForm.responseOf((yield* call(headers)) as FlowForm);
    },
  };
}

/** What a stream tells of its response, also what is set there later. */
const HEAD = [
  "status",
  "statusText",
  "ok",
  "url",
  "redirected",
  "redirects",
  "headers",
  "request",
  "attempts",
  "timings",
] as const;

interface StreamForm<S extends CallStyle>
  extends Pick<StreamMembers<S>, typeof HEAD[number] | "toJSON"> {}

/** A stream in one call style. Nothing is read before the first item is asked for. */
abstract class StreamForm<S extends CallStyle> implements StreamMembers<S> {
  readonly #response: StreamedResponse;
  readonly #style: Style<S>;

  constructor(response: StreamedResponse, style: Style<S>) {
    this.#response = response;
    this.#style = style;
  }

  static responseOf(stream: StreamForm<CallStyle>): StreamedResponse {
    return stream.#response;
  }

  static restOf<S extends CallStyle>(stream: StreamForm<S>): Styled<Bytes>[S]["items"] {
    return stream.#style.items(ByteReader.rest(stream.#response));
  }

  #items<T>(make: (contentType: string | null) => ChunkDecoder<T>): Styled<T>[S]["items"] {
    const response = this.#response;
    const decoder = make(response.headers.get("content-type"));
    return this.#style.items(new ItemReader(response, decoder));
  }

  iterBytes(chunkSize?: number): Styled<Bytes>[S]["items"] {
    return this.#style.items(new ByteReader(this.#response, chunkSize));
  }

  iterText(): Styled<string>[S]["items"] {
    return this.#items(createTextDecoder);
  }

  iterLines(): Styled<string>[S]["items"] {
    return this.#items((type) => createLineDecoder(type));
  }

  iterJSON<T = unknown>(): Styled<T>[S]["items"] {
    const response = this.#response;
    const { parseJSON } = StreamedResponse.bodyOf(response).rules;
    const parse = parseJSON && ((text: string) => parseJSON(text, { response }));
    return this.#items((type) => createJSONLinesDecoder(type, parse) as ChunkDecoder<T>);
  }

  iterEvents(options?: EventOptions): Styled<ServerSentEvent>[S]["items"] {
    return this.#style.items(new EventItems(this.#response, options));
  }

  read(): Styled<Bytes>[S]["value"] {
    return this.#style.value(readRest(this.#response));
  }

  raiseForStatus(): this {
    this.#response.raiseForStatus();
    return this;
  }

  close(): void {
    StreamedResponse.bodyOf(this.#response).close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

for (const name of HEAD) {
  Object.defineProperty(StreamForm.prototype, name, {
    get(this: StreamForm<CallStyle>) {
      return StreamForm.responseOf(this)[name];
    },
    configurable: true,
  });
}

class FlowForm extends StreamForm<"flow"> implements FlowStream, Restyled {
  #bytes: ReturnType<FlowStream["iterBytes"]> | undefined;

  next(): Flow<Bytes | undefined> {
    return (this.#bytes ??= this.iterBytes()).next();
  }

  [IN_STYLE](style: "awaiting" | "blocking", engine: FlowRunner): unknown {
    const response = StreamForm.responseOf(this);
    return style === "awaiting"
      ? new AwaitingForm(response, awaitingStyle(engine))
      : new BlockingForm(response, blockingStyle(engine));
  }
}

class BlockingForm extends StreamForm<"blocking"> implements SyncStreamResponse {}

class AwaitingForm extends StreamForm<"awaiting"> implements StreamResponse {
  #body: ReadableStream<Bytes> | undefined;

  get body(): ReadableStream<Bytes> {
    if (this.#body) return this.#body;
    const chunks = StreamForm.restOf(this);
    return this.#body = new ReadableStream<Bytes>({
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return?.();
      },
    }, { highWaterMark: 0 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

const FORMS = [
  ["FlowStream ", FlowForm],
  ["StreamResponse ", AwaitingForm],
  ["SyncStreamResponse ", BlockingForm],
] as const;
for (const [title, { prototype }] of FORMS) {
  const shown = (stream: StreamForm<CallStyle>) => StreamForm.responseOf(stream).toJSON();
  printAs(prototype, title, shown);
}
