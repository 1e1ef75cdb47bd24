import { DecodeError, HTTPStatusError } from "../errors.ts";
import { describe, type RawRequest, redactOf, shorten } from "../mask.ts";
import { encodeJSON } from "./body.ts";
import { decodeBody, decodeText, parseContentType, type ResponseType } from "./decode.ts";
import { type HeadersInput, mergeHeaders, withHeader } from "./headers.ts";
import { headerOf, type HttpResponse } from "./message.ts";
import { encodeText } from "./multipart.ts";
import { ownMembers } from "./pairs.ts";
import {
  AxResponse,
  type ParseJSON,
  type Redirected,
  type ResponseErrors,
  type ResponseInit,
  type Sent,
} from "./response.ts";
import { parseRetryAfter } from "./semantics.ts";

const EMPTY = new Uint8Array(0);
const NONE: readonly Redirected[] = [];

/** The errors that responses make of themselves. */
export const RESPONSE_ERRORS: ResponseErrors = { notJSON, refused: statusError };

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
  { response: received, request, redirects = NONE }: Answer,
  { responseType, parseJSON, redact }: DecodeRules,
  lenient: boolean,
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
    errors: RESPONSE_ERRORS,
  };
  const response = new AxResponse<unknown>(init as never);
  const contentType = headerOf(headers, "content-type");
  const parse = parseJSON && ((text: string) => parseJSON(text, { response }));
  try {
    response.data = decodeBody(body, contentType, responseType, parse);
  } catch (cause) {
    const text = response.data = decodeText(body, contentType);
    if (!lenient) throw notJSON(response, text, cause);
  }
  return response;
}

/** The error for a body that is no JSON. */
function notJSON(response: AxResponse, text: string, cause: unknown): DecodeError {
  const { type } = parseContentType(response.headers.get("content-type"));
  const named = type === "" ? "without a content type" : `of content type "${shorten(type)}"`;
  const what = text === ""
    ? "it is empty"
    : `it is no valid JSON${
      /^\s{0,99}</.test(text) ? '; it starts with "<", as a page of a proxy does' : ""
    }`;
  const request = requestOf(response);
  const message = `Cannot decode the response to ${describe(request)}, ${named}: ${what}`;
  return new DecodeError(message, { request, response, cause: withoutText(cause) });
}

/**
 * Parsers quote the body, which may be a secret; where they stopped tells enough. They are known by
 * the name of their error: it may be of another realm, or no error at all.
 */
function withoutText(cause: unknown): unknown {
  const { name, message } = Object(cause) as { name?: unknown; message?: unknown };
  if (!/^(?:Syntax|JSON)Error$/.test(String(name))) return cause;
  const [, position] = /at position (\d+)/.exec(String(message)) ?? [];
  return new SyntaxError(`Not valid JSON${position ? ` at position ${position}` : ""}`);
}

function requestOf(response: AxResponse): RawRequest {
  const { method, url } = response.request;
  return { method, url, redact: redactOf(response) };
}

/** The error for a response whose status is refused; `cause` is why its body could not be read. */
export function statusError(
  response: AxResponse,
  nowMs: number,
  cause?: unknown,
): HTTPStatusError {
  const { status, statusText } = response;
  const reason = statusText ? `${status} ${shorten(statusText)}` : `${status}`;
  const request = requestOf(response);
  return new HTTPStatusError(`${describe(request)} failed: status ${reason}`, {
    ...{ request, response, status, cause },
    retryAfter: parseRetryAfter(response.headers, nowMs),
  });
}

/**
 * What {@linkcode createResponse} takes; at most one of `data` and `body`.
 *
 * @typeParam T The type of `data`.
 */
export interface CreateResponseInit<T = unknown> {
  /**
   * The HTTP status.
   *
   * @default {200}
   */
  status?: number | undefined;
  /**
   * The reason phrase.
   *
   * @default {""}
   */
  statusText?: string | undefined;
  /** The response headers. */
  headers?: HeadersInput | undefined;
  /** The decoded body; `text()` and the like read it as JSON. */
  data?: T | undefined;
  /** The received body; `data` is decoded from it by its content type. */
  body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** The URL that it stands for. */
  url?: string | URL | undefined;
}

/**
 * Makes a response without the network, for middleware that answers itself.
 *
 * @typeParam T The type of `data`.
 * @param init What the response is made of.
 * @returns A response as calls return it.
 * @throws {RangeError} If the status is not from 200 to 599.
 * @throws {DecodeError} If the content type of `body` is JSON and it is none.
 *
 * @example Usage
 * ```ts
 * import { create, createResponse } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * const api = create({ baseURL: "https://example.com" });
 * api.use((request, next) =>
 *   request.url === "/health" ? createResponse({ data: { ok: true } }) : next(request)
 * );
 * assertEquals(api.getSync("/health").data, { ok: true });
 * assertEquals((await api.get("/health")).data, { ok: true });
 * ```
 */
export function createResponse<T = unknown>(init: CreateResponseInit<T> = {}): AxResponse<T> {
  const { status = 200, statusText = "", url = "", headers: given, data, body } = ownMembers(init);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`Cannot make a response: "status" must be 200 to 599, got ${status}`);
  }
  if (data !== undefined && body !== undefined) {
    throw new TypeError('Cannot make a response: give "data" or "body", not both');
  }
  let headers = mergeHeaders([], given);
  if (data !== undefined && headerOf(headers, "content-type") === null) {
    headers = withHeader(headers, "content-type", "application/json");
  }
  const request = { method: "GET", url: String(url), headers: [] };
  const response = { status, statusText, url: request.url, redirected: false, headers };
  if (data === undefined) {
    const bytes = typeof body === "string" ? encodeText(body) : body ?? null;
    const answer = { response: { ...response, body: bytes }, request };
    return toResponse(answer, {}, false) as AxResponse<T>;
  }
  const made = { ...response, request, body: encodeJSON(data), data, errors: RESPONSE_ERRORS };
  return new AxResponse<T>(made satisfies ResponseInit<T> as never);
}
