import { DecodeError, describe, errorRequest, isAxError, NetworkError } from "../errors.ts";
import { maskUrl } from "../mask.ts";
import type { Failure } from "./failure.ts";
import type { WireRequest } from "./transport.ts";

interface Finding {
  readonly reason: string;
  readonly code?: string | undefined;
}

/**
 * Turns what fetch or its body threw into the package's error. What was thrown for bad input stays
 * as it is, and so does what a custom fetch threw that is not about the network.
 */
export function whyFetchFailed(
  request: WireRequest,
  { thrown, responded, encoding }: Failure,
  custom: boolean,
): unknown {
  if (isAxError(thrown)) return thrown;
  const links = chain(thrown);
  for (const link of links) maskText(link, request);
  const name = describe(request, request.redact);
  const options = { request: errorRequest(request, request.redact), cause: thrown };
  if (encoding && links.some(isDecoding)) {
    return new DecodeError(`Cannot decode the body of ${name}: not valid ${encoding}`, options);
  }
  const inBody = responded === true;
  const denied = links.find(isDenied);
  const finding = denied ? forbidden(deniedHost(denied, request)) : find(links, inBody);
  if (!finding && isOwnError(request, thrown, custom)) return thrown;
  const what = inBody ? "Cannot read the body of" : "Cannot reach";
  return new NetworkError(`${what} ${name}: ${finding?.reason ?? fallback(inBody)}`, {
    ...options,
    systemCode: finding?.code,
  });
}

/** The error for a host that this thread may not connect to; the same as where fetch finds out. */
export function notAllowed(request: WireRequest, host: string): NetworkError {
  const { reason, code } = forbidden(host);
  return new NetworkError(`Cannot reach ${describe(request, request.redact)}: ${reason}`, {
    systemCode: code,
    request: errorRequest(request, request.redact),
  });
}

/** The error and its causes, those of an `AggregateError` (one per address) included. */
function chain(error: unknown): Error[] {
  const links: Error[] = [];
  let link: unknown = error;
  while (link instanceof Error && links.length < 8) {
    links.push(link);
    if (link instanceof AggregateError && link.errors[0] instanceof Error) {
      links.push(link.errors[0]);
    }
    link = link.cause;
  }
  return links;
}

/** The runtime quotes the URL in its own words, some without the userinfo. */
function maskText(error: Error, { url, redact }: WireRequest): void {
  for (const quoted of [url, url.replace(/\/\/[^/?#]*@/, "//")]) {
    const masked = maskUrl(quoted, redact);
    if (masked === quoted || !error.message.includes(quoted)) continue;
    for (const name of ["message", "stack"] as const) {
      const value = error[name]?.replaceAll(quoted, masked);
      // The message of a DOMException has a getter only.
      Object.defineProperty(error, name, { value, configurable: true, writable: true });
    }
  }
}

function codeOf(error: Error): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}

function isOwnError(request: WireRequest, thrown: unknown, custom: boolean): boolean {
  if (!(thrown instanceof TypeError)) return custom;
  // A network failure and a bad option are both a TypeError of fetch: ask for the second.
  try {
    const { method, url, headers, fetchOptions } = request;
    new Request(url, { ...fetchOptions, method, headers: headers as [string, string][] });
    return false;
  } catch {
    return true;
  }
}

function isDecoding(link: Error): boolean {
  return /^(?:Z_|ERR_(?:ZLIB|BROTLI|ZSTD)?_|ERR__ERROR_)/.test(codeOf(link) ?? "") ||
    // Deno's decoders give text only.
    /gzip header|deflate|brotli|unexpected (?:end of file|EOF)/i.test(link.message);
}

function isDenied(error: Error): boolean {
  return error.name === "NotCapable" || error.name === "PermissionDenied";
}

function deniedHost({ message }: Error, { url }: WireRequest): string {
  return /net access to "([^"]+)"/.exec(message)?.[1] ?? new URL(url).host;
}

function forbidden(host: string): Finding {
  return { reason: `not allowed, run with --allow-net=${host}`, code: "NotCapable" };
}

const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ECONNABORTED: "connection aborted",
  EPIPE: "connection closed while sending",
  ENOTFOUND: "host name not found",
  EAI_AGAIN: "host name cannot be looked up at the moment",
  ETIMEDOUT: "connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "connection timed out",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  EADDRNOTAVAIL: "address not available",
  UND_ERR_SOCKET: "connection closed early",
  UND_ERR_HEADERS_TIMEOUT: "the runtime stopped waiting for the response headers",
  UND_ERR_BODY_TIMEOUT: "the runtime stopped waiting for the body",
  UND_ERR_HEADERS_OVERFLOW: "the response headers are larger than this runtime accepts",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "the request body does not match its content-length",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the body does not match its content-length",
  DEPTH_ZERO_SELF_SIGNED_CERT: "TLS certificate not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "TLS certificate not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "TLS certificate not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "TLS certificate not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "TLS certificate not trusted",
  CERT_HAS_EXPIRED: "TLS certificate expired",
  CERT_NOT_YET_VALID: "TLS certificate not yet valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "TLS certificate is for another host",
};

// Deno gives text with the number of the system: Linux, macOS, Windows.
const BY_NUMBER: readonly (readonly [code: string, numbers: readonly number[]])[] = [
  ["ECONNREFUSED", [111, 61, 10061]],
  ["ECONNRESET", [104, 54, 10054]],
  ["ECONNABORTED", [103, 53, 10053]],
  ["EPIPE", [32]],
  ["ETIMEDOUT", [110, 60, 10060]],
  ["EHOSTUNREACH", [113, 65, 10065]],
  ["ENETUNREACH", [101, 51, 10051]],
  ["EADDRNOTAVAIL", [99, 49, 10049]],
];

const BY_TEXT: readonly (readonly [pattern: RegExp, reason: string, code?: string])[] = [
  // Chromium, Firefox, Safari.
  [
    /^(?:Failed to fetch|NetworkError when .*|Load failed)$/,
    "no connection, or not allowed by CORS; a browser tells why in its console only",
  ],
  [/dns error.*(?:temporary failure|try again)/i, BY_CODE.EAI_AGAIN ?? "", "EAI_AGAIN"],
  [/dns error/i, BY_CODE.ENOTFOUND ?? "", "ENOTFOUND"],
  [/ports? \d* ?(?:are|is) blocked|^bad port$/i, "fetch blocks this port"],
  [/head is too large/, BY_CODE.UND_ERR_HEADERS_OVERFLOW ?? ""],
  [/invalid HTTP|does not match the HTTP|parse error/i, "the answer is not valid HTTP"],
  [/NotValidForName|CERT_COMMON_NAME/, "TLS certificate is for another host"],
  [/certificate.*expired/i, "TLS certificate expired"],
  [/NotValidYet/, "TLS certificate not yet valid"],
  [/invalid peer certificate/, "TLS certificate not trusted"],
  [/corrupt message|fatal alert|tls handshake|SSL routines/i, "TLS handshake failed"],
  [/connection closed|other side closed|reading a body from connection|^terminated$/, "closed"],
];

function find(links: readonly Error[], inBody: boolean): Finding | undefined {
  for (const link of links) {
    const code = codeOf(link) ?? codeInText(link.message);
    const reason = code === undefined ? undefined : BY_CODE[code] ?? family(code);
    if (reason) return { reason: place(reason, inBody), code };
  }
  // The innermost tells most.
  for (const link of links.toReversed()) {
    const hit = BY_TEXT.find(([pattern]) => pattern.test(link.message));
    if (hit) return { reason: place(hit[1], inBody), code: hit[2] };
  }
  return undefined;
}

function codeInText(message: string): string | undefined {
  const number = Number(/os error (\d+)/.exec(message)?.[1]);
  return BY_NUMBER.find(([, numbers]) => numbers.includes(number))?.[0];
}

function family(code: string): string | undefined {
  if (code.startsWith("HPE_")) return "the answer is not valid HTTP";
  if (/^(?:CERT_|UNABLE_TO_)/.test(code)) return "TLS certificate not trusted";
  if (/^(?:ERR_SSL_|ERR_TLS_|EPROTO)/.test(code)) return "TLS handshake failed";
  return undefined;
}

function place(reason: string, inBody: boolean): string {
  const closed = reason === "closed" || reason === BY_CODE.UND_ERR_SOCKET;
  return closed ? fallback(inBody) : reason;
}

function fallback(inBody: boolean): string {
  return inBody ? "connection lost before its end" : "connection closed without a response";
}
