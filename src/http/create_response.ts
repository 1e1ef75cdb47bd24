import { encodeJSON } from "./body.ts";
import { type HeadersInput, mergeHeaders, withHeader } from "./headers.ts";
import { headerOf } from "./message.ts";
import { RESPONSE_ERRORS, toResponse } from "./answer.ts";
import { ownMembers } from "./pairs.ts";
import { AxResponse, type ResponseInit, SentView } from "./response.ts";

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
  const headers = mergeHeaders([], given);
  const sent = { method: "GET", url: String(url), headers: [] };
  const response = { status, statusText, url: sent.url, redirected: false, headers };
  const request = new SentView(sent);
  if (data === undefined) {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body ?? null;
    const answer = { response: { ...response, body: bytes }, request };
    return toResponse(answer, {}, false) as AxResponse<T>;
  }
  const typed = headerOf(headers, "content-type") === null
    ? withHeader(headers, "content-type", "application/json")
    : headers;
  return new AxResponse<T>(
    {
      ...response,
      headers: typed,
      request,
      body: encodeJSON(data),
      data,
      errors: RESPONSE_ERRORS,
    } satisfies ResponseInit<T> as never,
  );
}
