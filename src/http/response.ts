import { DecodeError, describe, errorRequest, HTTPStatusError } from "../errors.ts";
import { keepRedact, redactOf } from "../errors.ts";
import { maskEntries, maskUrl } from "../mask.ts";
import { decodeBody, decodeText, type ResponseType } from "./decode.ts";
import { type Answered, headerOf, ownHeaders } from "./received.ts";
import { type SentRequest, SentView } from "./request.ts";
import { parseRetryAfter } from "./retry_after.ts";

/** When a call happened. */
export interface Timings {
  /** When the call began, milliseconds since the epoch. */
  readonly start: number;
  /** When its response was whole, milliseconds since the epoch. */
  readonly end: number;
  /** Milliseconds from start to end, waits and retries included. */
  readonly duration: number;
}

/** What an {@linkcode AxResponse} is made of. */
export interface ResponseInit<T> {
  status: number;
  statusText: string;
  url: string;
  redirected: boolean;
  /** The headers, or how to make them when they are first asked for. */
  headers: Headers | (() => Headers);
  request: SentRequest;
  /** The bytes, or how to get them when they are first asked for. */
  body: Uint8Array<ArrayBuffer> | (() => Uint8Array<ArrayBuffer>);
  data: T;
  redact?: readonly string[];
}

const BRAND = Symbol.for("@ax/client.response");
const EMPTY = new Uint8Array(0);

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
  /** The decoded body; interceptors may replace it. */
  data: T;
  /** What was sent. */
  readonly request: SentRequest;
  /** How many attempts the call took, this one included. */
  attempts = 1;
  /** When the call happened. */
  timings: Timings = { start: 0, end: 0, duration: 0 };
  readonly #body: Uint8Array<ArrayBuffer> | (() => Uint8Array<ArrayBuffer>);
  #headers: Headers | (() => Headers);

  /**
   * Makes a response; `createResponse` does so for users.
   *
   * @param init What the response is made of.
   */
  constructor(init: ResponseInit<T>) {
    this.status = init.status;
    this.statusText = init.statusText;
    this.url = init.url;
    this.redirected = init.redirected;
    this.#headers = init.headers;
    this.data = init.data;
    this.request = init.request;
    this.#body = init.body;
    keepRedact(this, init.redact);
  }

  /** The response headers; they may be changed. */
  get headers(): Headers {
    if (typeof this.#headers === "function") this.#headers = this.#headers();
    return this.#headers;
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
      return JSON.parse(text);
    } catch (cause) {
      const what = text === "" ? "the body is empty" : "the body is no valid JSON";
      throw decodeError(this, what, cause, redactOf(this));
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
    return typeof this.#body === "function" ? this.#body() : this.#body;
  }

  /**
   * Throws unless the status is one of success; for calls with `validateStatus: false`.
   *
   * @returns This response.
   * @throws {HTTPStatusError} If the status is not 200 to 299.
   */
  raiseForStatus(): this {
    if (!this.ok) throw statusError(this, this.timings.end, redactOf(this));
    return this;
  }

  /**
   * The response without its body and with secrets masked, for logs.
   *
   * @returns A record that `JSON.stringify` takes.
   */
  toJSON(): Record<string, unknown> {
    const { status, statusText, url, headers, request } = this;
    return {
      status,
      statusText,
      url: maskUrl(url, redactOf(this)),
      headers: maskEntries(headers, redactOf(this)),
      request: {
        method: request.method,
        url: maskUrl(request.url, redactOf(this)),
        headers: maskEntries(request.headers, redactOf(this)),
      },
    };
  }
}

Object.defineProperty(AxResponse.prototype, BRAND, { value: true });

/** Whether a value is a response, also one of another copy of the package. */
export function isResponse(value: unknown): value is AxResponse {
  return typeof value === "object" && value !== null && BRAND in value;
}

// Printing a response must not print its credentials; each runtime asks by a symbol of its own,
// with its `inspect` as the first (Deno) or last argument (Node, Bun).
for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
  Object.defineProperty(AxResponse.prototype, Symbol.for(name), {
    value(this: AxResponse, ...args: unknown[]): unknown {
      const shown = { ...this.toJSON(), data: this.data };
      const inspect = args.find((arg) => typeof arg === "function");
      const options = args.find((arg) => typeof arg === "object");
      return inspect ? `AxResponse ${(inspect as Inspect)(shown, options)}` : shown;
    },
  });
}

type Inspect = (value: unknown, options?: unknown) => string;

/** How a body is decoded. */
export interface DecodeRules {
  readonly responseType?: ResponseType | undefined;
  readonly redact: readonly string[];
}

/** A response of what was received, its body decoded, or as text where that fails and may. */
export function toResponse(
  { received, request, redirected }: Pick<Answered, "received" | "redirected"> & {
    readonly request: SentRequest;
  },
  { responseType, redact }: DecodeRules,
  lenient: boolean,
): AxResponse {
  const { status, statusText, url, headers } = received;
  const body = received.body instanceof Uint8Array ? received.body : EMPTY;
  const contentType = headerOf(headers, "content-type");
  let data: unknown;
  let failure: { readonly cause: unknown } | undefined;
  try {
    data = decodeBody(body, contentType, responseType);
  } catch (cause) {
    failure = { cause };
    data = decodeText(body, contentType);
  }
  const response = new AxResponse({
    status,
    statusText,
    url,
    redirected,
    headers: () => ownHeaders(headers),
    request: new SentView(request),
    body,
    data,
    redact,
  });
  if (!failure || lenient) return response;
  throw decodeError(response, "the body is no valid JSON", failure.cause, redact);
}

function decodeError(
  response: AxResponse,
  what: string,
  cause: unknown,
  redact: readonly string[],
): DecodeError {
  const message = `Cannot decode the response to ${describe(response.request, redact)}: ${what}`;
  return new DecodeError(message, { ...about(response, redact), cause });
}

/** The error for a response whose status is refused. */
export function statusError(
  response: AxResponse,
  nowMs: number,
  redact: readonly string[],
): HTTPStatusError {
  const { status, statusText } = response;
  const reason = statusText ? `${status} ${statusText}` : `${status}`;
  return new HTTPStatusError(`${describe(response.request, redact)} failed: status ${reason}`, {
    ...about(response, redact),
    status,
    retryAfter: parseRetryAfter(response.headers, nowMs),
  });
}

function about(response: AxResponse, redact: readonly string[]) {
  return { response, redact, request: errorRequest(response.request, redact) };
}
