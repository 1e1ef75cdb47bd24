import { isAxError } from "../ax_error.ts";
import { describe, maskUrl, shorten } from "../mask.ts";
import { DecodeError, NetworkError } from "../errors.ts";
import type { HttpRequest } from "../http/message.ts";
import { isError } from "../http/pairs.ts";
import { codingsProblem } from "./decoding.ts";
import type { Failure } from "./failure.ts";

interface Finding {
  /** Empty for a connection that was closed. */
  readonly reason: string;
  readonly code?: string | undefined;
}

/**
 * Turns what fetch or its body threw into the package's error. What is not known to be a failure of
 * the network stays as it is: bad input, a mistake in a custom fetch or in a test double.
 */
export function whyThrown(
  request: HttpRequest,
  { thrown, responded, encoding, custom = false }: Failure,
): unknown {
  if (isAxError(thrown)) return thrown;
  const links = chain(thrown);
  const name = describe(request);
  const refused = links.find(isRefused);
  if (refused) {
    const reason = withoutUrl(refused.message, request).trim();
    return new TypeError(`Cannot send ${name}: ${reason}`, { cause: thrown });
  }
  const codings = links.map(codingsTold).find(Boolean);
  const problem = encoding && links.some(isDecoding)
    ? `not valid ${shorten(encoding)}`
    : codings && codingsProblem({ length: Number(codings) });
  if (problem) {
    const message = `Cannot decode the body of ${name}: ${problem}`;
    return new DecodeError(message, { request, cause: thrown });
  }
  const isOwn = custom ? !isFailed(thrown) : isMistake(thrown);
  const denied = links.find(isDenied);
  const finding = denied ? forbidden(deniedHost(denied, request)) : find(links, request, !isOwn);
  if (!finding && isOwn) return thrown;
  const what = responded ? "Cannot read the body of" : "Cannot reach";
  const way = responded || denied ? "" : wayOf(request);
  const reason = finding?.reason || fallback(responded === true);
  return new NetworkError(`${what} ${name}${way}: ${reason}`, {
    request,
    cause: thrown,
    systemCode: finding?.code,
  });
}

/** What stands between this program and the server, for messages. */
function wayOf({ network }: HttpRequest): string {
  const { proxy, unixSocket } = network ?? {};
  if (unixSocket !== undefined) return ` at the unix socket ${JSON.stringify(unixSocket)}`;
  if (proxy === undefined || proxy === "env") return "";
  return ` through the proxy ${JSON.stringify(maskUrl(proxy))}`;
}

/** The error and its causes, those of an `AggregateError` (one per address) included. */
function chain(error: unknown): Error[] {
  const links: Error[] = [];
  let link: unknown = error;
  while (isError(link) && links.length < 8) {
    links.push(link);
    const { errors } = link as { errors?: unknown };
    if (Array.isArray(errors) && isError(errors[0])) links.push(errors[0]);
    link = link.cause;
  }
  return links;
}

function withoutUrl(text: string, { url, redact }: HttpRequest): string {
  return text.replaceAll(url, "").replaceAll(maskUrl(url, redact), "");
}

function codeOf(error: Error): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}

/** What the fetch of a runtime, or its body, says of any failure; the cause tells more, or nothing. */
const FAILED =
  /^(?:fetch failed|terminated$|error sending request|client error|error reading|request or response body error|failed to fetch$|networkerror when|load failed$|network (?:error$|connection lost|request failed)|the network connection was lost|error in (?:input|body) stream)/i;

function isFailed(thrown: unknown): boolean {
  return isError(thrown) && FAILED.test(thrown.message);
}

/** Whether it is an error that code makes, not the network. */
function isMistake(thrown: unknown): boolean {
  if (!isError(thrown) || isFailed(thrown)) return false;
  return /^(?:Type|Range|Reference|Syntax)Error$/.test(thrown.name);
}

function isDecoding(link: Error): boolean {
  return /^(?:Z_|ZSTD_|ERR_(?:ZLIB|BROTLI|ZSTD)?_|ERR__ERROR_)|^Zlib|DecompressionError$/.test(
    codeOf(link) ?? "",
  ) ||
    // Deno's decoders give text only.
    /gzip header|deflate|brotli|unexpected (?:end of file|EOF)|^(?:CRC computed|amount of bytes read) does not match/i
      .test(link.message);
}

/** Node undoes no more codings than this package, and says so without a code. */
function codingsTold({ message }: Error): string | undefined {
  return /^too many content-encodings in response: (\d+)/.exec(message)?.[1];
}

/**
 * Whether the runtime refuses to send: Node's HTTP stack by a code, which it also gives a proxy that
 * wants more; Deno where a URL is longer than 64 kB.
 */
function isRefused(error: Error): boolean {
  return error.message.startsWith("Invalid URL ") ||
    (/^UND_ERR_(?:INVALID_ARG|NOT_SUPPORTED)$/.test(codeOf(error) ?? "") &&
      !PROXY_DENIES.test(error.message));
}

const PROXY_DENIES = /proxy authentication required|^proxy response \(407\)/i;

function isDenied(error: Error): boolean {
  return error.name === "NotCapable" || error.name === "PermissionDenied";
}

function deniedHost({ message }: Error, { url }: HttpRequest): string {
  return /net access to "([^"]+)"/.exec(message)?.[1] ?? new URL(url).host;
}

/** The finding for a host that this thread may not connect to. */
export function forbidden(host: string): Finding {
  return { reason: `not allowed, run with --allow-net=${host}`, code: "NotCapable" };
}

/**
 * What codes of Node and texts of the others mean, and the code where there is only a text: Deno
 * quotes the number of the system (Linux, macOS, Windows). What tells most stands first.
 */
const MEANINGS: readonly (readonly [pattern: RegExp, reason: string, code?: string])[] = [
  [PROXY_DENIES, "the proxy wants credentials"],
  [/^Proxy response \(|unsuccessful tunnel/, "the proxy refused to connect to the host"],
  [/^the proxy hung up|eof while tunneling/, "the proxy closed the connection", "ECONNRESET"],
  [
    /ECONNREFUSED|ConnectionRefused|os error (?:111|61|10061)\b/,
    "connection refused",
    "ECONNREFUSED",
  ],
  [/ECONNRESET|os error (?:104|54|10054)\b/, "connection reset", "ECONNRESET"],
  [/ECONNABORTED|os error (?:103|53|10053)\b/, "connection aborted", "ECONNABORTED"],
  [/EPIPE|os error 32\b/, "connection closed while sending", "EPIPE"],
  [
    /EAI_AGAIN|(?:dns error|address information): (?:temporary failure|try again)/i,
    "host name cannot be looked up at the moment",
    "EAI_AGAIN",
  ],
  [/ENOTFOUND|dns error/i, "host name not found", "ENOTFOUND"],
  [
    /ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|os error (?:110|60|10060)\b/,
    "connection timed out",
    "ETIMEDOUT",
  ],
  [/EHOSTUNREACH|os error (?:113|65|10065)\b/, "host unreachable", "EHOSTUNREACH"],
  [/ENETUNREACH|os error (?:101|51|10051)\b/, "network unreachable", "ENETUNREACH"],
  [/EADDRNOTAVAIL|os error (?:99|49|10049)\b/, "address not available", "EADDRNOTAVAIL"],
  [/HEADERS_TIMEOUT/, "the runtime stopped waiting for the response headers"],
  [/BODY_TIMEOUT/, "the runtime stopped waiting for the body"],
  [
    /HEADERS_OVERFLOW|head is too large/,
    "the response headers are larger than this runtime accepts",
  ],
  [/REQ_CONTENT_LENGTH/, "the request body does not match its content-length"],
  [/RES_CONTENT_LENGTH/, "the body does not match its content-length"],
  // Chromium, Firefox, Safari.
  [
    /^(?:Failed to fetch|NetworkError when .*|Load failed)$/,
    "no connection, or not allowed by CORS; a browser tells why in its console only",
  ],
  [/ports? (?:\d+ )?(?:are|is) blocked|^bad port$/i, "fetch blocks this port"],
  [/HPE_|invalid HTTP|does not match the HTTP|parse error/i, "the answer is not valid HTTP"],
  [/NotValidForName|CERT_COMMON_NAME|ALTNAME/, "TLS certificate is for another host"],
  [/certificate(?::| has)? expired|CERT_HAS_EXPIRED/i, "TLS certificate expired"],
  [/NotValidYet|CERT_NOT_YET/, "TLS certificate not yet valid"],
  [/CERT|UNABLE_TO_|invalid peer certificate/, "TLS certificate not trusted"],
  [
    /ERR_SSL_|ERR_TLS_|EPROTO|corrupt message|fatal alert|tls handshake|SSL routines/i,
    "TLS handshake failed",
  ],
];

/** Of a unix socket's path. */
const PATH_MEANINGS: typeof MEANINGS = [
  [/ENOENT|os error 2\b/, "there is no such socket", "ENOENT"],
  [/EACCES|os error 13\b/, "permission denied", "EACCES"],
];

/** @param readTexts Whether the texts are a runtime's, so that they mean something. */
function find(
  links: readonly Error[],
  request: HttpRequest,
  readTexts: boolean,
): Finding | undefined {
  // A runtime quotes the URL, which may hold any word.
  const texts = links.map(({ message }) => readTexts ? withoutUrl(message, request) : "");
  const ofPath = request.network?.unixSocket === undefined ? [] : PATH_MEANINGS;
  for (const [pattern, reason, known] of [...ofPath, ...MEANINGS]) {
    for (const [index, link] of links.entries()) {
      const code = codeOf(link);
      if (pattern.test(code ?? "") || pattern.test(texts[index] as string)) {
        return { reason, code: code ?? known };
      }
    }
  }
  const isClosed = links.some((link, index) => {
    return codeOf(link) === "UND_ERR_SOCKET" ||
      /connection closed|other side closed|reading a body from connection|^terminated$/
        .test(texts[index] as string);
  });
  return isClosed ? { reason: "", code: links.map(codeOf).find(Boolean) } : undefined;
}

function fallback(inBody: boolean): string {
  return inBody ? "connection lost before its end" : "connection closed without a response";
}
