import {
  type AxErrorOptions,
  BodySizeError,
  describe,
  errorRequest,
  isAxError,
  NetworkError,
  TimeoutError,
} from "../errors.ts";
import { checkChunk } from "../http/body.ts";
import { joinChunks } from "../http/chunks.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { isRedirect } from "../http/semantics.ts";
import { ProgressMeter } from "../transport/progress.ts";
import type {
  TransportBody,
  TransportRequest,
  TransportResponse,
  WireProgress,
} from "../transport/transport.ts";
import { progressListener } from "./wire.ts";

/** One send of a user's transport: what it gets, what has come back, and how it fails. */
export class CustomSend {
  readonly request: NormalizedRequest;
  readonly #upload: ProgressMeter | undefined;
  #download: ProgressMeter | undefined;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  /** What code of the caller's threw; it ends the call as it is, whatever the transport makes of it. */
  #failure: { readonly error: unknown } | undefined;

  constructor(request: NormalizedRequest) {
    this.request = request;
    const { body, onUploadProgress } = request;
    if (!body || !onUploadProgress) return;
    const total = body.kind === "stream"
      ? undefined
      : body.kind === "bytes"
      ? body.bytes.byteLength
      : body.length;
    this.#upload = this.#meter("upload", total);
  }

  /** What the transport gets. */
  get given(): TransportRequest {
    const { method, url, headers, timeout, network } = this.request;
    return { method, url, headers: new Headers(headers), body: this.#body(), timeout, network };
  }

  /** The transport has answered: the request is sent, and a body may come. */
  answered({ status, headers }: TransportResponse): void {
    this.#upload?.finish();
    if (!this.request.onDownloadProgress) return;
    const given = new Headers(headers);
    if (isRedirect(status) && given.has("location")) return;
    const length = given.get("content-length") ?? "";
    const known = /^\d+$/.test(length) && !given.has("content-encoding");
    this.#download = this.#meter("download", known ? Number(length) : undefined);
  }

  /** Takes a chunk of the response; no more bytes than `maxResponseSize`. */
  add(chunk: Uint8Array): Uint8Array {
    const { maxResponseSize, stream } = this.request;
    if (!ArrayBuffer.isView(chunk)) throw new TypeError("a chunk of its body is no Uint8Array");
    this.#size += chunk.byteLength;
    if (maxResponseSize !== false && this.#size > maxResponseSize) {
      const message = `${this.#cannot("read the body of")}: larger than ${maxResponseSize} bytes`;
      throw new BodySizeError(message, this.#about());
    }
    if (!stream) this.#chunks.push(chunk);
    this.#download?.add(chunk.byteLength);
    return chunk;
  }

  /** The response is complete. */
  end(): void {
    this.#download?.finish();
  }

  /** The whole body, unless it is streamed. */
  whole(): Uint8Array<ArrayBuffer> {
    this.end();
    return joinChunks(this.#chunks, this.#size);
  }

  /** No response within the time limit; a transport may have found out itself. */
  late(cause?: unknown): TimeoutError {
    const { timeout } = this.request;
    const within = timeout === false ? "" : ` within ${timeout} ms`;
    return this.#timeout(`${this.#cannot("reach")}: no complete response${within}`, cause);
  }

  /** No chunk within the time limit. */
  stalled(): TimeoutError {
    return this.#timeout(
      `${this.#cannot("read the body of")}: no more data within ${this.request.timeout} ms ` +
        `(${this.#size} bytes received)`,
    );
  }

  /** What a transport throws is a failure of the network, unless it says otherwise. */
  explain(error: unknown): unknown {
    if (this.#failure) return this.#failure.error;
    if (isAxError(error)) return error;
    if ((error as { name?: unknown } | null)?.name === "TimeoutError") return this.late(error);
    const text = error instanceof Error ? error.message : String(error);
    return new NetworkError(`${this.#cannot("reach")}: ${text}`, this.#about(error));
  }

  #timeout(message: string, cause?: unknown): TimeoutError {
    return new TimeoutError(message, { phase: "attempt", ...this.#about(cause) });
  }

  #cannot(what: string): string {
    return `Cannot ${what} ${describe(this.request, this.request.redact)}`;
  }

  #about(cause?: unknown): AxErrorOptions {
    const { request, request: { redact } } = this;
    return { request: errorRequest(request, redact), redact, ...cause !== undefined && { cause } };
  }

  #body(): TransportBody {
    const { body } = this.request;
    if (body === null) return null;
    if (body.kind === "bytes") return body.bytes as Uint8Array<ArrayBuffer>;
    if (body.kind === "parts") return new Blob(body.parts as BlobPart[]);
    const { stream } = body;
    if (Symbol.iterator in stream) return this.#chunksOf(stream);
    if ("getReader" in stream) return this.#readable(stream);
    return this.#asyncChunksOf(stream);
  }

  #meter(direction: WireProgress["direction"], total: number | undefined): ProgressMeter {
    const listener = progressListener(this.request);
    return new ProgressMeter(direction, total, (progress) => {
      try {
        listener?.(progress);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #fail(error: unknown): never {
    this.#failure ??= { error };
    throw error;
  }

  #count(chunk: unknown): Uint8Array {
    const bytes = checkChunk(chunk);
    this.#upload?.add(bytes.byteLength);
    return bytes;
  }

  *#chunksOf(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
    try {
      for (const chunk of chunks) yield this.#count(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  async *#asyncChunksOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) yield this.#count(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  #readable(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = stream.getReader();
    return new ReadableStream<Uint8Array>({
      pull: async (controller): Promise<void> => {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(this.#count(value));
        } catch (error) {
          this.#fail(error);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }
}
