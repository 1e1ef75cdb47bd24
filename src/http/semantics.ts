import { isToken } from "./headers.ts";
import { kindOf } from "./pairs.ts";

/** Whether a method may be sent twice with the effect of once (RFC 9110, 9.2.2). */
export function isIdempotent(method: string): boolean {
  return /^(?:GET|HEAD|PUT|DELETE|OPTIONS|QUERY)$/.test(method);
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
  if (/^\d+$/.test(value)) return secondsToMs(Number(value));
  const until = parseHttpDate(value, nowMs);
  if (until === undefined) return parseReset(headers, nowMs);
  // Relative to the server's own date, so that a wrong clock does not matter.
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
