import { isToken } from "./headers.ts";
import type { HeaderPairs } from "./message.ts";
import { isPromiseLike, kindOf } from "./pairs.ts";

/** Methods that may be sent twice with the effect of once (RFC 9110, 9.2.2). */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "PUT",
  "DELETE",
  "OPTIONS",
  "QUERY",
]);

/** Whether a method may be sent twice with the effect of once. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT_METHODS.has(method);
}

/** Whether a status is a redirect to follow, given a `location` header (Fetch, 2.2.3). */
export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** The options that decide which statuses are accepted. */
export interface StatusRules {
  readonly validateStatus?: ((status: number) => boolean) | false | undefined;
  readonly followRedirects: boolean;
}

/** Whether a status is accepted. */
export function acceptsStatus(status: number, rules: StatusRules): boolean {
  const { validateStatus } = rules;
  if (validateStatus === false) return true;
  // What `no-cors` lets through says nothing, and that is no failure.
  if (validateStatus === undefined) {
    return (status >= 200 && status < 300) || status === 0 ||
      (!rules.followRedirects && status >= 300 && status < 400);
  }
  const answer: unknown = validateStatus(status);
  // A promise is truthy: it would accept every status.
  if (!isPromiseLike(answer)) return Boolean(answer);
  answer.then(undefined, () => {});
  throw new TypeError('Cannot use option "validateStatus": it returned a promise, not a boolean');
}

/** Validates a method and gives it in upper case; refuses what fetch refuses. */
export function normalizeMethod(method: string): string {
  if (typeof method !== "string" || !isToken(method)) {
    const shown = typeof method === "string" ? JSON.stringify(method.slice(0, 50)) : kindOf(method);
    throw new TypeError(`Cannot use method ${shown}: give an HTTP method such as "GET"`);
  }
  const upper = method.toUpperCase();
  if (/^(?:CONNECT|TRACE|TRACK)$/.test(upper)) {
    throw new TypeError(`Cannot use method "${upper}": fetch forbids it, use another method`);
  }
  return upper;
}

/** Whether fetch takes a body with a method. */
export function mayHaveBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Whether a response of a status can have a body (Fetch, "null body status"). */
export function statusHasBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 205 && status !== 304;
}

/** Headers that no fetch sends as they are: it drops them, or fails as if the network had. */
const UNSENDABLE_NAMES: Readonly<Record<string, string>> = {
  "host": "it is always that of the URL",
  "transfer-encoding": "the runtime frames the body itself",
  "keep-alive": "the runtime keeps its connections itself",
  "expect": "the runtime cannot wait for 100 Continue",
  "upgrade": "a call cannot change the protocol",
};

/**
 * Refuses headers that the runtime cannot send.
 *
 * @param size The bytes of the body; `undefined` for a stream.
 * @throws {TypeError} With the header's name.
 */
export function checkSendable(pairs: HeaderPairs, size: number | undefined): void {
  for (const [name, value] of pairs) {
    if (Object.hasOwn(UNSENDABLE_NAMES, name)) {
      throw new TypeError(
        `Cannot send header "${name}": ${UNSENDABLE_NAMES[name]}, leave the header out`,
      );
    }
    if (name === "connection" && !/^(?:close|keep-alive)$/i.test(value)) {
      throw new TypeError(
        'Cannot send header "connection": the runtime keeps its connections itself, give "close" ' +
          "or leave the header out",
      );
    }
    if (name !== "content-length") continue;
    if (!/^\d{1,15}$/.test(value) || (size !== undefined && Number(value) !== size)) {
      const what = size === undefined
        ? "it must be a number of bytes"
        : `the body has ${size} bytes`;
      throw new TypeError(`Cannot send header "content-length": ${what}, leave the header out`);
    }
  }
}

// RFC 9110, 5.6.7: the form to send ("Sun, 06 Nov 1994 08:49:37 GMT"), and two obsolete ones that
// must be understood ("Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994").
const DATE = /^[A-Z][a-z]+, ([ \d]\d)[ -]([A-Z][a-z]+)[ -](\d\d|\d{4}) ([\d:]{8}) GMT$/;
const ASCTIME = /^([A-Z][a-z]+) ([A-Z][a-z]+) ([ \d]\d) ([\d:]{8}) (\d{4})$/;

/**
 * How long a server asks to wait, in milliseconds: by its `retry-after` header (RFC 9110, 10.2.3),
 * else by when its rate limit starts anew. What lies in the past is 0; what is no time is ignored.
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  return parseWait(value, headers, nowMs) ?? parseReset(headers, nowMs);
}

/** A date is taken relative to the server's own `date`, so that a wrong clock does not matter. */
function parseWait(value: string, headers: Headers, nowMs: number): number | undefined {
  if (/^\d+$/.test(value)) return secondsToMs(Number(value));
  const until = parseHttpDate(value, nowMs);
  if (until === undefined) return undefined;
  const sent = parseHttpDate(headers.get("date")?.trim() ?? "", nowMs);
  return Math.max(until - (sent ?? nowMs), 0);
}

const PREFIXES = ["ratelimit", "x-ratelimit", "x-rate-limit"];
/** Larger numbers are no seconds to wait, but seconds since the epoch. */
const EPOCH_S = 1_000_000_000;

/** When a rate limit starts anew, where nothing is left of it, or nobody says what is. */
function parseReset(headers: Headers, nowMs: number): number | undefined {
  for (const prefix of PREFIXES) {
    const reset = headers.get(`${prefix}-reset`)?.trim() ?? "";
    if (!/^\d{1,15}(?:\.\d{1,9})?$/.test(reset)) continue;
    const remaining = headers.get(`${prefix}-remaining`)?.trim();
    if (remaining !== undefined && Number(remaining) !== 0) return undefined;
    const seconds = Number(reset);
    if (seconds < EPOCH_S) return secondsToMs(seconds);
    const until = seconds < EPOCH_S * 1000 ? seconds * 1000 : seconds;
    return Math.max(until - nowMs, 0);
  }
  return undefined;
}

function secondsToMs(seconds: number): number {
  return Math.min(seconds * 1000, Number.MAX_SAFE_INTEGER);
}

/** Reads an HTTP date into milliseconds since the epoch. */
export function parseHttpDate(value: string, nowMs: number): number | undefined {
  const text = value.replace(ASCTIME, "$1, $3 $2 $5 $4 GMT");
  const [, day, month, year, time] = DATE.exec(text) ?? [];
  if (!day || !month || !year || !time) return undefined;
  // 60 is a leap second, which the epoch does not count.
  const date = `${day.replace(" ", "0")} ${month} ${fullYear(year, nowMs)} ${
    time.replace(/:60$/, ":59")
  } GMT`;
  const ms = Date.parse(date);
  // A day that does not exist would be one of the next month.
  return new Date(ms).toUTCString().endsWith(date) ? ms : undefined;
}

/** RFC 9110, 5.6.7: a year that seems more than 50 years in the future is one of the past. */
function fullYear(digits: string, nowMs: number): string | number {
  if (digits.length > 2) return digits;
  const current = new Date(nowMs).getUTCFullYear();
  const year = current - current % 100 + Number(digits);
  return year > current + 50 ? year - 100 : year;
}
