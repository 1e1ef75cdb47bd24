import { DecodeError, HTTPStatusError } from "../errors.ts";
import { describe, redactOf, shorten } from "../mask.ts";
import { decodeBody, decodeText, parseContentType, type ResponseType } from "./decode.ts";
import { headerOf, type HttpResponse } from "./message.ts";
import {
  AxResponse,
  type ParseJSON,
  type Redirected,
  type ResponseErrors,
  type ResponseInit,
  type SentRequest,
} from "./response.ts";
import { parseRetryAfter } from "./retry_after.ts";

const EMPTY = new Uint8Array(0);
const NONE: readonly Redirected[] = [];

/** The errors that responses make of themselves. */
export const RESPONSE_ERRORS: ResponseErrors = {
  notJSON,
  refused: (response, nowMs) => statusError(response, nowMs),
};

/** How a body is decoded. */
export interface DecodeRules {
  readonly responseType?: ResponseType | undefined;
  readonly parseJSON?: ParseJSON | undefined;
  readonly redact?: readonly string[] | undefined;
}

/** What came back, and to what. */
export interface Answer {
  readonly response: HttpResponse;
  readonly request: SentRequest;
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
  const { status, statusText, url, headers, redirected } = received;
  const body = received.body as Uint8Array | null ?? EMPTY;
  // Written out: members after a spread take Node 20 a microsecond each.
  const init: ResponseInit<unknown> = {
    status,
    statusText,
    url,
    headers,
    request,
    redirects,
    body,
    redact,
    parseJSON,
    errors: RESPONSE_ERRORS,
    redirected: redirected || redirects.length > 0,
    data: undefined,
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
  const request = { ...requestOf(response), redact: redactOf(response) };
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

function requestOf({ request: { method, url } }: AxResponse): { method: string; url: string } {
  return { method, url };
}

/** The error for a response whose status is refused; `cause` is why its body could not be read. */
export function statusError(
  response: AxResponse,
  nowMs: number,
  cause?: unknown,
): HTTPStatusError {
  const { status, statusText } = response;
  const reason = statusText ? `${status} ${shorten(statusText)}` : `${status}`;
  const request = { ...requestOf(response), redact: redactOf(response) };
  return new HTTPStatusError(`${describe(request)} failed: status ${reason}`, {
    ...{ request, response, status, cause },
    retryAfter: parseRetryAfter(response.headers, nowMs),
  });
}
