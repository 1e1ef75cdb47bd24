import { DecodeError, HTTPStatusError } from "../errors.ts";
import { describe, type RawRequest, redactOf, shorten } from "../mask.ts";
import { encodeJSON } from "./body.ts";
import { parseContentType } from "./decode.ts";
import { type HeadersInput, mergeHeaders, withHeader } from "./headers.ts";
import { headerOf } from "./message.ts";
import { encodeText } from "./multipart.ts";
import { ownMembers } from "./pairs.ts";
import { AxResponse, type ResponseErrors, type ResponseInit, toResponse } from "./response.ts";
import { parseRetryAfter } from "./semantics.ts";

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
