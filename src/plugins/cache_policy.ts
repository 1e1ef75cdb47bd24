import Library from "http-cache-semantics";
import {
  type Directives,
  freshenHeaders,
  headerOf,
  type HeaderPairs,
  httpDate,
  parseDirectives,
  secondsOf,
} from "./cache_headers.ts";

/** What is kept of a response besides its body. */
export interface StoredResponse {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderPairs;
  /** When it was asked for and when its head came, milliseconds since the epoch. */
  readonly requested: number;
  readonly received: number;
  /** Whether the request had an `authorization` field. */
  readonly authorized: boolean;
}

/** What a cache does with a stored response that matches a request. */
export type Decision =
  | { readonly use: "fresh" }
  /** `refresh`: ask the origin afterwards (stale-while-revalidate). */
  | { readonly use: "stale"; readonly refresh: boolean }
  /** `ifError`: it may serve in place of an error (stale-if-error). */
  | { readonly use: "validate"; readonly ifError: boolean };

/** What {@linkcode decide} goes by. */
export interface DecisionInput {
  readonly stored: StoredResponse;
  readonly request: Headers;
  readonly nowMs: number;
  readonly shared: boolean;
}

interface Policy {
  storable(): boolean;
  maxAge(): number;
  revalidationHeaders(request: PolicyRequest): Record<string, string>;
}

interface PolicyRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
}

interface PolicyClass {
  new (
    request: PolicyRequest,
    response: { readonly status: number; readonly headers: Record<string, string> },
    options: { readonly shared: boolean; readonly immutableMinTimeToLive: number },
  ): Policy;
  readonly prototype: Policy;
}

// Without "proxy-revalidate", by which the library means that nothing is fresh.
const FLAGS = ["no-cache", "no-store", "private", "public", "must-revalidate", "immutable"];

/** The library with the time at which the response came as its clock. */
class PolicyThen extends (Library as unknown as PolicyClass) {
  static receivedMs = 0;

  now(): number {
    return PolicyThen.receivedMs;
  }
}

/** The field as the library reads it: lower case, no lists in quotes, whole numbers. */
function plainDirectives(directives: Directives): string {
  const flags = FLAGS.filter((name) => directives.has(name))
    // RFC 9111, 5.2.2.3: who knows the status goes by what else the field says.
    .filter((name) => name !== "no-store" || !directives.has("must-understand"));
  const seconds = ["max-age", "s-maxage"].filter((name) => directives.has(name))
    .map((name) => `${name}=${secondsOf(directives, name)}`);
  return [...flags, ...seconds].join(", ");
}

function policyOf(stored: StoredResponse, shared: boolean): Policy {
  const { method, url, status, headers, authorized } = stored;
  const plain: Record<string, string> = {};
  for (const name of ["date", "expires", "last-modified"]) {
    const field = headerOf(headers, name);
    if (field === null) continue;
    const ms = httpDate(field);
    plain[name] = Number.isNaN(ms) ? "invalid" : new Date(ms).toUTCString();
  }
  const etag = headerOf(headers, "etag");
  if (etag !== null) plain["etag"] = etag;
  const directives = plainDirectives(parseDirectives(headerOf(headers, "cache-control")));
  if (directives !== "") plain["cache-control"] = directives;
  PolicyThen.receivedMs = stored.received;
  const asked = { method, url, headers: authorized ? { authorization: "given" } : {} };
  // RFC 8246: "immutable" does not lengthen the life of a response.
  const options = { shared, immutableMinTimeToLive: 0 };
  return new PolicyThen(asked as PolicyRequest, { status, headers: plain }, options);
}

/** Whether a response may be stored (RFC 9111, 3). `headers` are all that came. */
export function isStorable(
  response: StoredResponse,
  request: Headers,
  shared: boolean,
): boolean {
  const { headers } = response;
  const directives = parseDirectives(headerOf(headers, "cache-control"));
  if (parseDirectives(request.get("cache-control")).has("no-store")) return false;
  // A response that sets a cookie may be for one user alone; the server can say that it is not.
  const personal = headerOf(headers, "set-cookie") !== null && !directives.has("public");
  return !(shared && personal) && policyOf(response, shared).storable();
}

/** For how many seconds a response is fresh (RFC 9111, 4.2.1), heuristics included (4.2.2). */
export function freshnessLifetime(stored: StoredResponse, shared: boolean): number {
  return policyOf(stored, shared).maxAge();
}

/** The age of a stored response in seconds (RFC 9111, 4.2.3). */
export function currentAge(
  { headers, requested, received }: StoredResponse,
  nowMs: number,
): number {
  const [first = ""] = (headerOf(headers, "age") ?? "").split(",");
  const told = /^\s*\d+\s*$/.test(first) ? Math.min(Number(first), 2 ** 31) : 0;
  const date = httpDate(headerOf(headers, "date") ?? "");
  // A date has whole seconds: the rest is no age.
  const apparent = Number.isNaN(date) ? 0 : Math.max(Math.floor((received - date) / 1000), 0);
  const initial = Math.max(apparent, told + (received - requested) / 1000);
  return initial + Math.max(nowMs - received, 0) / 1000;
}

/** What to do with a stored response that matches (RFC 9111, 4 and 4.2.4; RFC 5861). */
export function decide({ stored, request, nowMs, shared }: DecisionInput): Decision {
  const told = parseDirectives(headerOf(stored.headers, "cache-control"));
  const asked = requestDirectives(request);
  const age = currentAge(stored, nowMs);
  const lifetime = freshnessLifetime(stored, shared);
  const staleFor = age - lifetime;
  const firm = told.has("no-cache") || told.has("must-revalidate") ||
    shared && (told.has("proxy-revalidate") || told.has("s-maxage"));
  const within = (directives: Directives, name: string): boolean =>
    staleFor < (secondsOf(directives, name) ?? -Infinity);
  const ifError = !firm && !asked.has("no-cache") &&
    (within(told, "stale-if-error") || within(asked, "stale-if-error"));
  const validate: Decision = { use: "validate", ifError };

  if (asked.has("no-cache")) return validate;
  if (age > (secondsOf(asked, "max-age") ?? Infinity)) return validate;
  if (lifetime - age < (secondsOf(asked, "min-fresh") ?? -Infinity)) return validate;
  // Stored in the future: the clock was set back, and its age is not known.
  if (stored.received > nowMs) return validate;
  if (staleFor < 0) return { use: "fresh" };
  if (firm) return validate;
  if (asked.get("max-stale") === true || staleFor <= (secondsOf(asked, "max-stale") ?? -1)) {
    return { use: "stale", refresh: false };
  }
  return within(told, "stale-while-revalidate") ? { use: "stale", refresh: true } : validate;
}

/** The directives of a request; RFC 9111, 5.4: `pragma` counts where `cache-control` is missing. */
export function requestDirectives(request: Headers): Directives {
  const field = request.get("cache-control");
  const old = field === null && /\bno-cache\b/i.test(request.get("pragma") ?? "");
  return parseDirectives(old ? "no-cache" : field);
}

/** The fields that ask whether a stored response is still good (RFC 9111, 4.3.1). */
export function validators(stored: StoredResponse, shared: boolean): HeaderPairs {
  const { method, url } = stored;
  const fields = policyOf(stored, shared).revalidationHeaders({ method, url, headers: {} });
  return Object.entries(fields)
    .filter(([name]) => name === "if-none-match" || name === "if-modified-since");
}

/** What a 304, or the answer to a HEAD, says about a stored response. */
export interface Update {
  readonly headers: HeaderPairs;
  readonly requested: number;
  readonly received: number;
}

/**
 * The stored response after a 304 (RFC 9111, 4.3.4); `undefined` if its validators name another one.
 * A 304 without validators is about the one response that was asked for.
 */
export function freshen(stored: StoredResponse, update: Update): StoredResponse | undefined {
  const etag = headerOf(update.headers, "etag");
  const modified = headerOf(update.headers, "last-modified");
  const same = etag !== null
    ? sameEtag(headerOf(stored.headers, "etag"), etag)
    : modified === null || modified === headerOf(stored.headers, "last-modified");
  if (!same) return undefined;
  const { requested, received } = update;
  // The age and date of the first response say nothing about the time since the 304.
  const kept = stored.headers.filter(([name]) => name !== "age" && name !== "date");
  const headers = freshenHeaders(kept, update.headers);
  return { ...stored, headers, requested, received };
}

/** A strong tag matches the same one; a weak one also the strong form (RFC 9110, 8.8.3.2). */
function sameEtag(stored: string | null, given: string): boolean {
  const opaque = (tag: string): string => tag.replace(/^W\//, "");
  if (stored === null) return false;
  return given.startsWith("W/") ? opaque(stored) === opaque(given) : stored === given;
}

/**
 * Whether the answer to a HEAD is about the stored response to a GET (RFC 9111, 4.3.5); `undefined`
 * where nothing tells.
 */
export function headMatches(stored: StoredResponse, headers: HeaderPairs): boolean | undefined {
  const told = ["etag", "last-modified", "content-length"]
    .map((name) => [headerOf(stored.headers, name), headerOf(headers, name)])
    .filter(([before, after]) => before !== null && after !== null);
  return told.length === 0 ? undefined : told.every(([before, after]) => before === after);
}

/** The fields of a stored response as they are served, with its age (RFC 9111, 5.1). */
export function servedHeaders(stored: StoredResponse, nowMs: number): HeaderPairs {
  const age = Math.floor(currentAge(stored, nowMs));
  return [...stored.headers.filter(([name]) => name !== "age"), ["age", String(age)]];
}
