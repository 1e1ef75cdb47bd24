import { DecodeError, HTTPStatusError } from "../errors.ts";
import { describe, type RawRequest, redactOf, shorten } from "../mask.ts";
import { encodeJSON } from "./body.ts";
import { parseContentType } from "./decode.ts";
import { type HeadersInput, mergeHeaders, withHeader } from "./headers.ts";
import { headerOf } from "./message.ts";
import { encodeText } from "./multipart.ts";
import { ownMembers } from "./pairs.ts";
import { AxResponse, type ResponseErrors, type ResponseInit, toResponse } from "./response.ts";

/** The errors that responses make of themselves. */
export const RESPONSE_ERRORS: ResponseErrors = { notJSON, refused: statusError };

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

// RFC 9110, 5.6.7: the form to send ("Sun, 06 Nov 1994 08:49:37 GMT"), and two obsolete ones that
// must be understood ("Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994").
const DATE = /^[A-Z][a-z]+, ([ \d]\d)[ -]([A-Z][a-z]+)[ -](\d\d|\d{4}) ([\d:]{8}) GMT$/;
const ASCTIME = /^([A-Z][a-z]+) ([A-Z][a-z]+) ([ \d]\d) ([\d:]{8}) (\d{4})$/;

/**
 * How long a server asks to wait, in milliseconds: by its `retry-after` header (RFC 9110, 10.2.3),
 * else by when its rate limit starts anew. What lies in the past is 0; what is no time is ignored.
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(value)) return secondsToMs(Number(value));
  const until = parseHttpDate(value, nowMs);
  if (until === undefined) return parseReset(headers, nowMs);
  // Relative to the server's own date, so that a wrong clock does not matter.
  const sent = parseHttpDate(headers.get("date")?.trim() ?? "", nowMs);
  return Math.max(until - (sent ?? nowMs), 0);
}

const PREFIXES = ["ratelimit", "x-ratelimit", "x-rate-limit"];
/** Larger numbers are no seconds to wait, but seconds since the epoch. */
const EPOCH_S = 1_000_000_000;

/** When a rate limit starts anew, where nothing is left of it, or nobody says what is. */
function parseReset(headers: Headers, nowMs: number): number | undefined {
  for (const prefix of PREFIXES) {
    const reset = headers.get(`${prefix}-reset`)?.trim() ?? "";
    if (!/^\d{1,15}(?:\.\d{1,9})?$/.test(reset)) continue;
    const remaining = headers.get(`${prefix}-remaining`)?.trim();
    if (remaining !== undefined && Number(remaining) !== 0) return undefined;
    const seconds = Number(reset);
    if (seconds < EPOCH_S) return secondsToMs(seconds);
    const until = seconds < EPOCH_S * 1000 ? seconds * 1000 : seconds;
    return Math.max(until - nowMs, 0);
  }
  return undefined;
}

function secondsToMs(seconds: number): number {
  return Math.min(seconds * 1000, Number.MAX_SAFE_INTEGER);
}

/** Reads an HTTP date into milliseconds since the epoch. */
export function parseHttpDate(value: string, nowMs: number): number | undefined {
  const text = value.replace(ASCTIME, "$1, $3 $2 $5 $4 GMT");
  const [, day, month, year, time] = DATE.exec(text) ?? [];
  if (!day || !month || !year || !time) return undefined;
  // 60 is a leap second, which the epoch does not count.
  const date = `${day.replace(" ", "0")} ${month} ${fullYear(year, nowMs)} ${
    time.replace(/:60$/, ":59")
  } GMT`;
  const ms = Date.parse(date);
  // A day that does not exist would be one of the next month.
  return new Date(ms).toUTCString().endsWith(date) ? ms : undefined;
}

/** RFC 9110, 5.6.7: a year that seems more than 50 years in the future is one of the past. */
function fullYear(digits: string, nowMs: number): string | number {
  if (digits.length > 2) return digits;
  const current = new Date(nowMs).getUTCFullYear();
  const year = current - current % 100 + Number(digits);
  return year > current + 50 ? year - 100 : year;
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
    return toResponse(answer, {}, false, RESPONSE_ERRORS) as AxResponse<T>;
  }
  const made = { ...response, request, body: encodeJSON(data), data, errors: RESPONSE_ERRORS };
  return new AxResponse<T>(made satisfies ResponseInit<T> as never);
}
