import { credentialNames, describe, maskUrl, printAs, type SecretRules, shorten } from "../mask.ts";
import { RedirectError } from "../errors.ts";
import type { Flow, Operation } from "../flow/flow.ts";
import { withoutHeaders } from "../http/headers.ts";
import {
  headerOf,
  type HttpRequest,
  type HttpResponse,
  isOneShot,
  isRedirect,
  pairsOf,
} from "../http/message.ts";
import type { Redirected } from "../http/response.ts";

/** The options of redirects. */
export interface RedirectRules extends SecretRules {
  readonly followRedirects: boolean;
  readonly maxRedirects: number;
  readonly protocols: readonly string[];
}

/** What answered in the end, and to which request. */
export interface Arrived {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly redirects: readonly Redirected[];
}

/** Headers that describe a body, dropped with it (Fetch, "request-body-header name"). */
const BODY_HEADERS = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
];

/** Where a response redirects to, if it does and the rules follow. */
function locationOf(response: HttpResponse, rules: RedirectRules): string | null {
  if (!rules.followRedirects || !isRedirect(response.status)) return null;
  return headerOf(response.headers, "location");
}

/**
 * Follows redirects from the first answer on (Fetch, 4.4 "HTTP-redirect fetch"), a hop at a time.
 *
 * @param elapsedMs How long the attempt has taken so far: its hops share one limit.
 */
export function* followRedirects(
  first: Arrived,
  rules: RedirectRules,
  sendHop: (request: HttpRequest) => Flow<HttpResponse>,
  elapsedMs: () => number,
): Generator<Operation, Arrived, unknown> {
  let { request, response } = first;
  const redirects: Redirected[] = [];
  for (;;) {
    const location = locationOf(response, rules);
    if (location === null) return { request, response, redirects };
    if (redirects.length >= rules.maxRedirects) {
      throw fail(first.request, `more than ${rules.maxRedirects} redirects ("maxRedirects")`);
    }
    redirects.push(redirected(response, request));
    request = nextHop(request, response, location, rules);
    const { timeoutMs } = request;
    if (timeoutMs !== false) {
      request = { ...request, leftMs: Math.max(1, timeoutMs - elapsedMs()) };
    }
    response = yield* sendHop(request);
  }
}

function redirected({ status }: HttpResponse, { url, redact }: HttpRequest): Redirected {
  const hop = { status, url };
  printAs<Redirected>(hop, "", () => ({ status, url: maskUrl(url, redact) }));
  return hop;
}

/** The request of the next hop. */
function nextHop(
  request: HttpRequest,
  { status, headers: answered }: HttpResponse,
  location: string,
  rules: RedirectRules,
): HttpRequest {
  const url = locate(request, location, answered, rules);
  const from = new URL(request.url);
  const leaves = url.origin !== from.origin;
  const headers = leaves
    ? withoutHeaders(request.headers, credentialNames(rules))
    : request.headers;
  const { method } = request;
  const toGet = status === 303
    ? method !== "GET" && method !== "HEAD"
    : (status === 301 || status === 302) && method === "POST";
  if (toGet) {
    const kept = withoutHeaders(headers, BODY_HEADERS);
    return { ...request, url: url.href, headers: kept, method: "GET", body: null };
  }
  if (isOneShot(request.body)) {
    throw fail(
      request,
      `status ${status} asks to send the body again, and a stream can be sent once; send ` +
        `bytes, or use "followRedirects: false"`,
    );
  }
  return { ...request, url: url.href, headers };
}

function locate(
  request: HttpRequest,
  location: string,
  headers: HttpResponse["headers"],
  rules: RedirectRules,
): URL {
  let url: URL;
  try {
    url = new URL(fromBytes(location), request.url);
  } catch {
    throw fail(request, `the location ${quoted(location, request)} is no valid URL`);
  }
  if (isRepeated(headers)) throw fail(request, "it has more than one location");
  if (!rules.protocols.includes(url.protocol)) {
    throw fail(request, `the protocol "${shorten(url.protocol)}" of its location is not allowed`);
  }
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

/** Platforms join what came twice; a comma before what looks like a URL is no part of one. */
function isRepeated(headers: HttpResponse["headers"]): boolean {
  const twice = pairsOf(headers).filter(([name]) => name === "location").length > 1;
  return twice || /, (?:https?:|\/)/i.test(headerOf(headers, "location") ?? "");
}

/** A header's value has one character a byte; servers that send more than ASCII there mean UTF-8. */
function fromBytes(location: string): string {
  if (/^[\0-\x7f]*$/.test(location)) return location;
  try {
    const bytes = Uint8Array.from(location, (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return location;
  }
}

function quoted(location: string, request: HttpRequest): string {
  return JSON.stringify(shorten(maskUrl(location, request.redact)));
}

function fail(request: HttpRequest, why: string): RedirectError {
  return new RedirectError(`Cannot follow the redirect of ${describe(request)}: ${why}`, {
    request,
  });
}
