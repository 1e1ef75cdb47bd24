import { encodeJson } from "./body.ts";
import { type HeadersInput, mergeHeaders } from "./headers.ts";
import { AxResponse, toResponse } from "./response.ts";

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

const encoder = new TextEncoder();

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
  const { status = 200, statusText = "", url = "", data, body } = init;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`Cannot make a response: "status" must be 200 to 599, got ${status}`);
  }
  if (data !== undefined && body !== undefined) {
    throw new TypeError('Cannot make a response: give "data" or "body", not both');
  }
  const headers = mergeHeaders(init.headers);
  const request = { method: "GET", url: String(url), headers: new Headers() };
  const received = { status, statusText, url: request.url, redirected: false, headers };
  if (data === undefined) {
    const bytes = typeof body === "string" ? encoder.encode(body) : body ?? null;
    const answered = { received: { ...received, body: bytes }, request, redirected: false };
    return toResponse(answered, { redact: [] }, false) as AxResponse<T>;
  }
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return new AxResponse<T>({ ...received, request, body: encodeJson(data), data });
}
