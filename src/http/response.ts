import { keepRedact, maskEntries, maskUrl, printAs, redactOf } from "../mask.ts";
import { decodeBody, decodeText, type ResponseType } from "./decode.ts";
import {
  headerOf,
  type HeaderPairs,
  headersFrom,
  type HttpRequest,
  type HttpResponse,
} from "./message.ts";

/** When a call happened. */
export interface Timings {
  /** When the call began, milliseconds since the epoch. */
  readonly start: number;
  /** When its response was whole, milliseconds since the epoch. */
  readonly end: number;
  /** Milliseconds from start to end, waits and retries included. */
  readonly duration: number;
}

/** What was sent, as a response shows it. */
export interface SentRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The full URL, parameters included. */
  readonly url: string;
  /** The headers, a copy. */
  readonly headers: Headers;
}

/** One hop of a redirect that was followed. */
export interface Redirected {
  /** The status that redirected. */
  readonly status: number;
  /** The URL that it came from. */
  readonly url: string;
}

/** Reads a JSON text; the option `parseJSON`. */
export type ParseJSON = (text: string, state: { readonly response: AxResponse }) => unknown;

/** The errors that a response makes of itself; they stand above it. */
export interface ResponseErrors {
  notJSON(response: AxResponse, text: string, cause: unknown): Error;
  refused(response: AxResponse, nowMs: number): Error;
}

/** What was sent, as it is known before anybody looks. */
export type Sent = Pick<HttpRequest, "method" | "url"> & Pick<HttpResponse, "headers">;

/** What an {@linkcode AxResponse} is made of. */
export interface ResponseInit<T> extends Omit<HttpResponse, "body" | "failure"> {
  readonly redirects?: readonly Redirected[] | undefined;
  readonly request: Sent;
  /** The bytes, or how to get them when they are first asked for. */
  readonly body: Uint8Array | (() => Uint8Array);
  readonly data: T;
  readonly redact?: readonly string[] | undefined;
  readonly parseJSON?: ParseJSON | undefined;
  readonly errors: ResponseErrors;
}

const BRAND = Symbol.for("@ax/client.response");
const NO_REDIRECTS: readonly Redirected[] = [];
const EMPTY = new Uint8Array(0);
const NO_TIMINGS: Timings = Object.freeze({ start: 0, end: 0, duration: 0 });

/**
 * A response with its body read. The readers are synchronous, they work as often as they are
 * called, and they read what was received: what a transform made of it is in `data` only.
 *
 * @typeParam T The type of `data`, as the call named it.
 */
export class AxResponse<T = unknown> {
  // Declared only: the constructor sets them, and a field would be written twice.
  /** The HTTP status. */
  declare readonly status: number;
  /** The reason phrase; empty in HTTP/2. */
  declare readonly statusText: string;
  /** The URL that answered, after redirects. */
  declare readonly url: string;
  /** Whether a redirect was followed. */
  declare readonly redirected: boolean;
  /** The redirects that were followed, in order; not those that a browser follows by itself. */
  declare readonly redirects: readonly Redirected[];
  /** The decoded body; interceptors may replace it. */
  declare data: T;
  /** How many attempts the call took, this one included. */
  declare attempts: number;
  /** When the call happened. */
  declare timings: Timings;
  /** Set by the plugin `cache`: how it was answered, where it was not by the server alone. */
  declare fromCache?: "hit" | "revalidated" | "stale";
  readonly #init: ResponseInit<T>;
  #headers: Headers | undefined;
  #request: SentRequest | undefined;

  /**
   * Calls make responses, and so does `createResponse`.
   *
   * @param made What it is made of.
   */
  constructor(made: never) {
    const init: ResponseInit<T> = made;
    this.#init = init;
    this.status = init.status;
    this.statusText = init.statusText;
    this.url = init.url;
    this.redirected = init.redirected;
    this.redirects = init.redirects ?? NO_REDIRECTS;
    this.data = init.data;
    this.attempts = 1;
    this.timings = NO_TIMINGS;
    if (init.redact?.length) keepRedact(this, init.redact);
  }

  /** What was sent. */
  get request(): SentRequest {
    const { request } = this.#init;
    return this.#request ??= request instanceof SentView
      ? request
      : new SentView(request, redactOf(this));
  }

  /** The response headers; they may be changed. */
  get headers(): Headers {
    return this.#headers ??= headersFrom(this.#init.headers, redactOf(this));
  }

  /** Whether the status is one of success, 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /**
   * The received body as JSON.
   *
   * @typeParam U What the caller takes it for.
   * @returns The parsed body.
   * @throws {DecodeError} If the body is empty or no JSON.
   */
  json<U = unknown>(): U {
    const { parseJSON, errors } = this.#init;
    const text = this.text();
    try {
      return (parseJSON ? parseJSON(text, { response: this }) : JSON.parse(text)) as U;
    } catch (cause) {
      throw errors.notJSON(this, text, cause);
    }
  }

  /**
   * The received body as text, by the charset of its content type, UTF-8 by default.
   *
   * @returns The text, without a byte order mark.
   */
  text(): string {
    return decodeText(this.bytes(), this.headers.get("content-type"));
  }

  /**
   * The received body.
   *
   * @returns The bytes, after decompression; not a copy.
   */
  bytes(): Uint8Array<ArrayBuffer> {
    const { body } = this.#init;
    return (typeof body === "function" ? body() : body) as Uint8Array<ArrayBuffer>;
  }

  /**
   * The received body as a `Blob` of its content type.
   *
   * @returns The blob.
   */
  blob(): Blob {
    return new Blob([this.bytes()], { type: this.headers.get("content-type") ?? "" });
  }

  /**
   * Throws unless the status is one of success; for calls with `validateStatus: false`.
   *
   * @returns This response.
   * @throws {HTTPStatusError} If the status is not 200 to 299.
   */
  raiseForStatus(): this {
    if (!this.ok) throw this.#init.errors.refused(this, this.timings.end);
    return this;
  }

  /**
   * The response without its body and with secrets masked, for logs.
   *
   * @returns A record that `JSON.stringify` takes.
   */
  toJSON(): Record<string, unknown> {
    const { status, statusText, url, headers, request } = this;
    const redact = redactOf(this);
    return {
      status,
      statusText,
      url: maskUrl(url, redact),
      headers: maskEntries(headers, redact),
      request: maskRequest(request, redact),
    };
  }
}

Object.defineProperty(AxResponse.prototype, BRAND, { value: true });

// Printing a response must not print its credentials.
printAs<AxResponse>(
  AxResponse.prototype,
  "AxResponse ",
  (response) => ({ ...response.toJSON(), data: response.data }),
);

function maskRequest({ method, url, headers }: SentRequest, redact: readonly string[]) {
  return { method, url: maskUrl(url, redact), headers: maskEntries(headers, redact) };
}

/** Whether a value is a response, also one of another copy of the package. */
export function isResponse(value: unknown): value is AxResponse {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** A request as its response shows it: the headers are copied only when somebody looks. */
class SentView implements SentRequest {
  readonly method: string;
  readonly url: string;
  readonly #given: HeaderPairs | Headers;
  #headers: Headers | undefined;

  constructor({ method, url, headers }: Sent, redact: readonly string[]) {
    this.method = method;
    this.url = url;
    this.#given = headers;
    keepRedact(this, redact);
  }

  get headers(): Headers {
    return this.#headers ??= headersFrom(this.#given, redactOf(this));
  }

  toJSON(): Record<string, unknown> {
    return maskRequest(this, redactOf(this));
  }
}

printAs<SentView>(SentView.prototype, "SentRequest ", (request) => request.toJSON());

/** How a body is decoded. */
export interface DecodeRules {
  readonly responseType?: ResponseType | undefined;
  readonly parseJSON?: ParseJSON | undefined;
  readonly redact?: readonly string[] | undefined;
}

/** What came back, and to what. */
export interface Answer {
  readonly response: HttpResponse;
  readonly request: Sent;
  readonly redirects?: readonly Redirected[];
}

/**
 * A response of what was received, its body decoded.
 *
 * @param lenient For a refused status: a body that does not parse leaves its text as data.
 */
export function toResponse(
  { response: received, request, redirects = NO_REDIRECTS }: Answer,
  { responseType, parseJSON, redact }: DecodeRules,
  lenient: boolean,
  errors: ResponseErrors,
): AxResponse {
  const { headers } = received;
  const body = received.body as Uint8Array | null ?? EMPTY;
  // Written out: members after a spread take Node 20 a microsecond each.
  const init: ResponseInit<unknown> = {
    status: received.status,
    statusText: received.statusText,
    url: received.url,
    redirected: received.redirected || redirects.length > 0,
    redirects,
    headers,
    request,
    body,
    data: undefined,
    redact,
    parseJSON,
    errors,
  };
  const response = new AxResponse<unknown>(init as never);
  const contentType = headerOf(headers, "content-type");
  const parse = parseJSON && ((text: string) => parseJSON(text, { response }));
  try {
    response.data = decodeBody(body, contentType, responseType, parse);
  } catch (cause) {
    const text = response.data = decodeText(body, contentType);
    if (!lenient) throw errors.notJSON(response, text, cause);
  }
  return response;
}
