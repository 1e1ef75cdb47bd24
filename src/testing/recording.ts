import { mask, type TransportRequest, type TransportResponse } from "../public.ts";
import type { MockReply } from "./mock_reply.ts";

/**
 * One exchange as plain JSON: keep it in a file, replay it with `MockTransport.from`. Sensitive
 * headers and the userinfo of the URL are masked, bodies are not.
 */
export interface Recording {
  /** What was sent; its body is not kept. */
  readonly request: {
    /** The HTTP method, upper case. */
    readonly method: string;
    /** The absolute URL, with its query. */
    readonly url: string;
    /** The headers that were sent. */
    readonly headers: Readonly<Record<string, string>>;
  };
  /** What was answered. */
  readonly response: {
    /** The HTTP status. */
    readonly status: number;
    /** The reason phrase. */
    readonly statusText: string;
    /** The response headers. */
    readonly headers: Readonly<Record<string, string>>;
    /** The body as text, `null` for none. */
    readonly body: string | null;
    /** Whether `body` is base64, as bytes are that are not UTF-8. */
    readonly base64?: boolean;
  };
}

/** Makes a recording of what was sent and answered. */
export function recordingOf(
  request: TransportRequest,
  response: TransportResponse,
  body: Uint8Array | null,
  given: readonly string[],
): Recording {
  const redact = [...given, ...request.redact ?? []];
  const { status, statusText = "" } = response;
  const masked = (headers: TransportResponse["headers"]) =>
    mask(new Headers(headers), redact) as Record<string, string>;
  return {
    request: {
      method: request.method,
      url: mask(request.url, redact),
      headers: masked(request.headers),
    },
    response: { status, statusText, headers: masked(response.headers), ...textOf(body) },
  };
}

/** The reply that repeats a recording. */
export function replyOf({ response }: Recording): MockReply {
  const { status, statusText, headers, body, base64 } = response;
  // Bytes, so that nothing but the recorded headers says what they are.
  const bytes = body === null ? null : base64 ? fromBase64(body) : new TextEncoder().encode(body);
  return { status, statusText, headers, body: bytes };
}

function textOf(body: Uint8Array | null): { body: string | null; base64?: boolean } {
  if (body === null || body.byteLength === 0) return { body: null };
  try {
    return { body: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body) };
  } catch {
    return { body: toBase64(body), base64: true };
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
