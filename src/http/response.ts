import { keepRedact, maskEntries, maskUrl, printAs, redactOf } from "../mask.ts";
import { decodeText } from "./decode.ts";
import { type HeaderPairs, headersFrom } from "./message.ts";

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
  /** For a body that is no JSON. */
  notJSON(response: AxResponse, text: string, cause: unknown): Error;
  /** For a status that is none of success. */
  refused(response: AxResponse, nowMs: number): Error;
}

/** What an {@linkcode AxResponse} is made of. */
export interface ResponseInit<T> {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly redirects?: readonly Redirected[] | undefined;
  readonly headers: HeaderPairs | Headers;
  readonly request: SentRequest;
  /** The bytes, or how to get them when they are first asked for. */
  readonly body: Uint8Array | (() => Uint8Array);
  readonly data: T;
  readonly redact?: readonly string[] | undefined;
  readonly parseJSON?: ParseJSON | undefined;
  readonly errors: ResponseErrors;
}

const BRAND = Symbol.for("@ax/client.response");
const NONE: readonly Redirected[] = [];

/**
 * A response with its body read. The readers are synchronous, they work as often as they are
 * called, and they read what was received: what a transform made of it is in `data` only.
 *
 * @typeParam T The type of `data`, as the call named it.
 */
export class AxResponse<T = unknown> {
  /** The HTTP status. */
  readonly status: number;
  /** The reason phrase; empty in HTTP/2. */
  readonly statusText: string;
  /** The URL that answered, after redirects. */
  readonly url: string;
  /** Whether a redirect was followed. */
  readonly redirected: boolean;
  /** The redirects that were followed, in order; not those that a browser follows by itself. */
  readonly redirects: readonly Redirected[];
  /** The decoded body; interceptors may replace it. */
  data: T;
  /** What was sent. */
  readonly request: SentRequest;
  /** How many attempts the call took, this one included. */
  attempts = 1;
  /** When the call happened. */
  timings: Timings = { start: 0, end: 0, duration: 0 };
  /** Set by the plugin `cache`: how it was answered, where it was not by the server alone. */
  declare fromCache?: "hit" | "revalidated" | "stale";
  readonly #body: Uint8Array | (() => Uint8Array);
  readonly #given: HeaderPairs | Headers;
  readonly #parse: ParseJSON | undefined;
  readonly #errors: ResponseErrors;
  #headers: Headers | undefined;

  /**
   * Calls make responses, and so does `createResponse`.
   *
   * @param made What it is made of.
   */
  constructor(made: never) {
    const init: ResponseInit<T> = made;
    this.status = init.status;
    this.statusText = init.statusText;
    this.url = init.url;
    this.redirected = init.redirected;
    this.redirects = init.redirects ?? NONE;
    this.#given = init.headers;
    this.data = init.data;
    this.request = init.request;
    this.#body = init.body;
    this.#parse = init.parseJSON;
    this.#errors = init.errors;
    if (init.redact?.length) keepRedact(this, init.redact);
  }

  /** The response headers; they may be changed. */
  get headers(): Headers {
    return this.#headers ??= headersFrom(this.#given, redactOf(this));
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
    const text = this.text();
    try {
      return (this.#parse ? this.#parse(text, { response: this }) : JSON.parse(text)) as U;
    } catch (cause) {
      throw this.#errors.notJSON(this, text, cause);
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
    const bytes = typeof this.#body === "function" ? this.#body() : this.#body;
    return bytes as Uint8Array<ArrayBuffer>;
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
    if (!this.ok) throw this.#errors.refused(this, this.timings.end);
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
export class SentView implements SentRequest {
  readonly method: string;
  readonly url: string;
  readonly #sent: HeaderPairs | Headers;
  #headers: Headers | undefined;

  constructor(request: {
    readonly method: string;
    readonly url: string;
    readonly headers: HeaderPairs | Headers;
    readonly redact?: readonly string[] | undefined;
  }) {
    this.method = request.method;
    this.url = request.url;
    this.#sent = request.headers;
    if (request.redact?.length) keepRedact(this, request.redact);
  }

  get headers(): Headers {
    return this.#headers ??= headersFrom(this.#sent, redactOf(this));
  }

  toJSON(): Record<string, unknown> {
    return maskRequest(this, redactOf(this));
  }
}

printAs<SentView>(SentView.prototype, "SentRequest ", (request) => request.toJSON());
