/** Requests for the transport's tests, and the fetch port as a promise. */

import {
  type Attachments,
  type BodySource,
  headersFrom,
  type HttpRequest,
  type HttpResponse,
  isSource,
} from "../../src/http/message.ts";
import { startExchange } from "../../src/transport/fetch.ts";
import { native } from "../../src/transport/native.ts";
import type { ByteCount } from "../../src/transport/progress.ts";

/** A buffered request with short limits. */
export function wire(url: string, rest: Partial<HttpRequest> = {}): Buffered {
  return {
    method: "GET",
    headers: [],
    body: null,
    timeoutMs: 5_000,
    maxResponseBytes: 2 ** 26,
    maxRequestBytes: false,
    redirect: "manual",
    ...rest,
    url,
    stream: false,
  };
}

/** The same, streamed. */
export function streamed(url: string, rest: Partial<HttpRequest> = {}): Streamed {
  return { ...wire(url, rest), stream: true };
}

type Buffered = HttpRequest & { readonly stream: false };
type Streamed = HttpRequest & { readonly stream: true };

/** What of a send is no data. */
export interface SendEvents extends Pick<Attachments, "fetch"> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: ByteCount) => void;
}

/** A response with `Headers` and a body for `await`. */
export interface Sent<Body> extends Omit<HttpResponse, "headers" | "body"> {
  readonly headers: Headers;
  readonly body: Body;
}

/** A streamed body. */
export class Reading {
  readonly #source: BodySource;

  constructor(source: BodySource) {
    this.#source = source;
  }

  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      this.#source.read((outcome) => {
        if (outcome.ok) resolve(outcome.value);
        else reject(outcome.error);
      });
    });
  }

  cancel(): void {
    this.#source.close();
  }
}

/** Sends by the fetch port; a body that cannot be read rejects. */
export function sendFetch(
  request: Buffered,
  events?: SendEvents,
): Promise<Sent<Uint8Array<ArrayBuffer>>>;
/** The same for a streamed body. */
export function sendFetch(request: Streamed, events?: SendEvents): Promise<Sent<Reading | null>>;
/** The same for either. */
export function sendFetch(request: HttpRequest, events?: SendEvents): Promise<Sent<unknown>>;
export function sendFetch(
  request: HttpRequest,
  { fetch, signal, onProgress }: SendEvents = {},
): Promise<Sent<unknown>> {
  return new Promise((resolve, reject) => {
    native.refuse(request, fetch !== undefined);
    if (signal?.aborted) return reject(signal.reason);
    const options = { explain: undefined, report: onProgress };
    const end = (): void => signal?.removeEventListener("abort", abort);
    const stop = startExchange(request, { fetch }, native, (outcome) => {
      end();
      if (!outcome.ok) return reject(outcome.error);
      const { headers, body, failure, ...head } = outcome.value;
      if (failure !== undefined) return reject(failure);
      resolve({
        ...head,
        headers: headersFrom(headers),
        body: isSource(body) ? new Reading(body) : body,
      });
    }, options);
    const abort = (): void => {
      end();
      stop(signal?.reason);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
  });
}

/** Reads a streamed body to its end. */
export async function drain(body: Reading | null): Promise<number> {
  let size = 0;
  for (let chunk = await body?.read(); chunk; chunk = await body?.read()) size += chunk.byteLength;
  return size;
}

/** A signal that knows how many listeners it has. */
export function watchedSignal(): { control: AbortController; listeners: () => number } {
  const control = new AbortController();
  const { signal } = control;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    count--;
    remove(...args);
  };
  return { control, listeners: () => count };
}
