import { checkChunk } from "../http/body.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { isRedirect } from "../http/semantics.ts";
import { ProgressMeter } from "../transport/progress.ts";
import type { TransportBody, TransportResponse, WireProgress } from "../transport/transport.ts";
import { progressListener } from "./wire.ts";

/** The caller's own code in one send of a user's transport: the body that it streams, its progress. */
export class CustomWatch {
  readonly request: NormalizedRequest;
  /** What that code threw; it ends the call as it is, whatever the transport makes of it. */
  failure: { readonly error: unknown } | undefined;
  readonly #upload: ProgressMeter | undefined;
  #download: ProgressMeter | undefined;

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

  /** The body for the transport. */
  get body(): TransportBody {
    const { body } = this.request;
    if (body === null) return null;
    if (body.kind === "bytes") return body.bytes as Uint8Array<ArrayBuffer>;
    if (body.kind === "parts") return new Blob(body.parts as BlobPart[]);
    const { stream } = body;
    if (Symbol.iterator in stream) return this.#chunks(stream);
    if ("getReader" in stream) return this.#readable(stream);
    return this.#asyncChunks(stream);
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

  /** So many bytes of the response have come. */
  received(bytes: number): void {
    this.#download?.add(bytes);
  }

  /** The response is whole. */
  ended(): void {
    this.#download?.finish();
  }

  #meter(direction: WireProgress["direction"], total: number | undefined): ProgressMeter {
    const listener = progressListener(this.request);
    return new ProgressMeter(direction, total, (progress) => {
      this.#guard(() => listener?.(progress));
    });
  }

  #guard<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  #count(chunk: unknown): Uint8Array {
    const bytes = checkChunk(chunk);
    this.#upload?.add(bytes.byteLength);
    return bytes;
  }

  *#chunks(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
    try {
      for (const chunk of chunks) yield this.#count(chunk);
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  async *#asyncChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) yield this.#count(chunk);
    } catch (error) {
      this.failure ??= { error };
      throw error;
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
          this.failure ??= { error };
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }
}
