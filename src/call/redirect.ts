import { describe, errorRequest, RedirectError } from "../errors.ts";
import { now, type Operation, send } from "../flow/flow.ts";
import { stripSensitive } from "../http/headers.ts";
import { type Answered, headerOf, isChunkSource, type Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { isRedirect } from "../http/semantics.ts";
import { maskUrl } from "../mask.ts";

/** The options of redirects. */
export interface RedirectRules {
  readonly followRedirects: boolean;
  readonly maxRedirects: number;
  readonly sensitiveHeaders: readonly string[];
  readonly protocols: readonly string[];
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
export function locationOf(received: Received, rules: RedirectRules): string | null {
  if (!rules.followRedirects || !isRedirect(received.status)) return null;
  return headerOf(received.headers, "location");
}

/**
 * Follows redirects from the first answer on (Fetch, 4.4 "HTTP-redirect fetch"), a hop at a time.
 *
 * @param began When the first hop was sent.
 */
export function* followRedirects(
  first: Answered,
  rules: RedirectRules,
  began: number,
): Generator<Operation, Answered, unknown> {
  let { received, request } = first;
  const { timeout } = request;
  for (let hops = 0;; hops++) {
    const location = locationOf(received, rules);
    if (location === null) return { received, request, redirected: true };
    if (isChunkSource(received.body)) received.body.close();
    if (hops >= rules.maxRedirects) {
      throw fail(first.request, `more than ${rules.maxRedirects} redirects ("maxRedirects")`);
    }
    request = nextHop(request, received.status, location, rules);
    // The limit is the attempt's: all of its hops share it.
    const left = timeout === false ? timeout : Math.max(1, timeout - ((yield* now()) - began));
    received = yield* send({ ...request, timeout: left });
  }
}

/** The request of the next hop. */
function nextHop(
  request: NormalizedRequest,
  status: number,
  location: string,
  rules: RedirectRules,
): NormalizedRequest {
  const url = locate(request, location, rules);
  const headers = new Headers(request.headers);
  if (url.origin !== new URL(request.url).origin) {
    stripSensitive(headers, rules.sensitiveHeaders);
    headers.delete("host");
  }
  const { method } = request;
  const toGet = status === 303
    ? method !== "GET" && method !== "HEAD"
    : (status === 301 || status === 302) && method === "POST";
  if (toGet) {
    for (const name of BODY_HEADERS) headers.delete(name);
    return { ...request, url: url.href, headers, method: "GET", body: null };
  }
  if (request.body?.kind === "stream") {
    throw fail(
      request,
      `status ${status} asks to send the body again, and a stream can be sent once; send ` +
        `bytes, or use "followRedirects: false"`,
    );
  }
  return { ...request, url: url.href, headers };
}

function locate(request: NormalizedRequest, location: string, rules: RedirectRules): URL {
  let url: URL;
  try {
    url = new URL(fromBytes(location), request.url);
  } catch (cause) {
    throw fail(request, `the location ${quoted(location, request)} is no valid URL`, cause);
  }
  if (!rules.protocols.includes(url.protocol)) {
    throw fail(request, `the protocol "${url.protocol}" of its location is not allowed`);
  }
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
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

function quoted(location: string, request: NormalizedRequest): string {
  return JSON.stringify(maskUrl(location.slice(0, 200), request.redact));
}

function fail(request: NormalizedRequest, why: string, cause?: unknown): RedirectError {
  const { redact } = request;
  return new RedirectError(`Cannot follow the redirect of ${describe(request, redact)}: ${why}`, {
    request: errorRequest(request, redact),
    redact,
    ...cause !== undefined && { cause },
  });
}
