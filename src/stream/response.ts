import type { Flow } from "../flow/flow.ts";
import type { ServerSentEvent } from "../http/events.ts";
import type { Redirected, SentRequest, Timings } from "../http/response.ts";
import { printAs } from "../mask.ts";
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
  webStream,
} from "./items.ts";
import type { FlowStream, StreamMembers, StreamResponse, SyncStreamResponse } from "./members.ts";
import { ByteReader, readBytes, readJSON, readLines, readRest, readText } from "./readers.ts";
import { EventItems, type EventOptions } from "./reconnect.ts";
import { StreamedResponse } from "./body.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A stream for the flow that made the call. */
export function toFlowStream(response: StreamedResponse): FlowStream {
  return new FlowForm(response, FLOW_STYLE);
}

/** The response behind a stream of any style, or nothing for any other value. */
export function responseOf(value: unknown): StreamedResponse | undefined {
  return value instanceof StreamForm ? StreamForm.responseOf(value) : undefined;
}

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

  get status(): number {
    return this.#response.status;
  }

  get statusText(): string {
    return this.#response.statusText;
  }

  get ok(): boolean {
    return this.#response.ok;
  }

  get url(): string {
    return this.#response.url;
  }

  get redirected(): boolean {
    return this.#response.redirected;
  }

  get redirects(): readonly Redirected[] {
    return this.#response.redirects;
  }

  get headers(): Headers {
    return this.#response.headers;
  }

  get request(): SentRequest {
    return this.#response.request;
  }

  get attempts(): number {
    return this.#response.attempts;
  }

  get timings(): Timings {
    return this.#response.timings;
  }

  iterBytes(chunkSize?: number): Styled<Bytes>[S]["items"] {
    return this.#style.items(readBytes(this.#response, chunkSize));
  }

  iterText(): Styled<string>[S]["items"] {
    return this.#style.items(readText(this.#response));
  }

  iterLines(): Styled<string>[S]["items"] {
    return this.#style.items(readLines(this.#response));
  }

  iterJSON<T = unknown>(): Styled<T>[S]["items"] {
    return this.#style.items(readJSON<T>(this.#response));
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

  toJSON(): Record<string, unknown> {
    return this.#response.toJSON();
  }
}

class FlowForm extends StreamForm<"flow"> implements FlowStream, Restyled {
  #bytes: ReturnType<FlowStream["iterBytes"]> | undefined;

  next(): Flow<Bytes | undefined> {
    return (this.#bytes ??= this.iterBytes()).next();
  }

  [IN_STYLE](style: "awaiting" | "blocking", engine: FlowRunner): unknown {
    const response = StreamForm.responseOf(this);
    return style === "awaiting"
      ? new AwaitingForm(response, engine)
      : new BlockingForm(response, blockingStyle(engine));
  }
}

class BlockingForm extends StreamForm<"blocking"> implements SyncStreamResponse {}

class AwaitingForm extends StreamForm<"awaiting"> implements StreamResponse {
  readonly #engine: FlowRunner;
  #body: ReadableStream<Bytes> | undefined;

  constructor(response: StreamedResponse, engine: FlowRunner) {
    super(response, awaitingStyle(engine));
    this.#engine = engine;
  }

  get body(): ReadableStream<Bytes> {
    return this.#body ??= webStream(ByteReader.rest(StreamForm.responseOf(this)), this.#engine);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

const FORMS = {
  FlowStream: FlowForm,
  StreamResponse: AwaitingForm,
  SyncStreamResponse: BlockingForm,
};

for (const [name, { prototype }] of Object.entries(FORMS)) {
  printAs<StreamForm<CallStyle>>(
    prototype,
    `${name} `,
    (stream) => StreamForm.responseOf(stream).toJSON(),
  );
}
