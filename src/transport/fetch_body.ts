import { isRedirect, statusHasBody } from "../http/semantics.ts";
import type { Attempt } from "./attempt.ts";
import { codingsLeft, decode } from "./content_encoding.ts";
import { ProgressMeter } from "./progress.ts";
import type { WireProgress, WireRequest } from "./transport.ts";

/** Whether a response brings a body at all. */
export function hasBody(request: WireRequest, response: Response): boolean {
  return request.method !== "HEAD" && statusHasBody(response.status);
}

/** The body of a redirect is not what was asked for. */
function leadsOn({ status, headers }: Response): boolean {
  return isRedirect(status) && headers.has("location");
}

/** Whether so many bytes are more than `maxResponseSize`. */
export function isTooLarge({ maxResponseSize }: WireRequest, size: number): boolean {
  return maxResponseSize !== false && size > maxResponseSize;
}

/** The whole body, chunk by chunk: decoded, counted, and no larger than `maxResponseSize`. */
export async function collect(body: FetchBody): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await body.next(); chunk; chunk = await body.next()) chunks.push(chunk);
  const whole = new Uint8Array(body.received);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** Deno reads a compressed body by 4 KiB into buffers of 64 KiB: who keeps chunks keeps those. */
function compact(chunk: Uint8Array): Uint8Array {
  return chunk.byteLength * 2 < chunk.buffer.byteLength ? chunk.slice() : chunk;
}

/** A response body in decoded chunks, counted against `maxResponseSize`. */
export class FetchBody {
  readonly #attempt: Attempt;
  readonly #response: Response;
  readonly #meter: ProgressMeter | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #done = false;

  constructor(attempt: Attempt, response: Response) {
    this.#attempt = attempt;
    this.#response = response;
    attempt.received = 0;
    const { request, events } = attempt;
    if (request.progress?.download && events.onProgress && !leadsOn(response)) {
      const report = (progress: WireProgress): void => attempt.report(progress);
      this.#meter = new ProgressMeter("download", attempt.declared, report);
    }
  }

  /** How many bytes have been read, after decoding. */
  get received(): number {
    return this.#attempt.received ?? 0;
  }

  /**
   * The next chunk, or `undefined` at the end. Waits no longer than the request's `timeout`; an
   * error is final and comes again. One read at a time.
   */
  async read(): Promise<Uint8Array | undefined> {
    const attempt = this.#attempt;
    if (attempt.ended) throw attempt.ended.error;
    if (this.#done) return undefined;
    attempt.startTimer();
    try {
      const chunk = await attempt.guard(this.next());
      if (!chunk) attempt.end();
      return chunk;
    } catch (error) {
      const reason = attempt.explain(error);
      this.cancel();
      throw reason;
    } finally {
      attempt.stopTimer();
    }
  }

  /** Stops reading and frees the connection. */
  cancel(reason?: unknown): void {
    if (this.#done) return;
    this.#done = true;
    const cancelled = this.#reader
      ? this.#reader.cancel(reason)
      : this.#response.body?.cancel(reason);
    cancelled?.catch(() => {});
    this.#attempt.end();
  }

  /** The next chunk without a limit in time, and with errors as fetch throws them. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#done) return undefined;
    const reader = this.#reader ??= await this.#open();
    if (this.#done) {
      // It was cancelled while it opened, when nobody had the reader yet.
      reader.cancel().catch(() => {});
      return undefined;
    }
    const { done, value } = await this.#attempt.guardCustom(reader.read());
    if (done) {
      this.#done = true;
      this.#meter?.finish();
      return undefined;
    }
    this.#count(value.byteLength);
    return compact(value);
  }

  #count(size: number): void {
    const attempt = this.#attempt;
    const received = this.received + size;
    attempt.received = received;
    if (isTooLarge(attempt.request, received)) {
      this.cancel();
      throw attempt.fail({ why: "size" });
    }
    this.#meter?.add(size);
  }

  async #open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const stream = this.#response.body ?? new Blob([]).stream();
    const { encoding = "", request } = this.#attempt;
    // A part of an encoded body is no encoded body.
    const codings = this.#response.status === 206 ? [] : codingsLeft(encoding, request);
    if (codings.length === 0) return stream.getReader();
    const decoded = await decode(
      stream,
      codings,
      (problem, thrown) => this.#attempt.fail({ why: "coding", problem, thrown }),
    );
    return decoded.getReader();
  }
}
