const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// RFC 9110, 5.6.7: the form to send, and two obsolete ones that must be understood.
const IMF_FIXDATE = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * How long a server asks to wait, in milliseconds, from its `retry-after` header. A date is taken
 * relative to the server's own `date` header where there is one, so that a wrong clock on either
 * side does not matter. What lies in the past is 0, what cannot be read is `undefined`.
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (value === undefined) return undefined;
  if (/^-?\d+$/.test(value)) {
    return Math.min(Math.max(Number(value), 0) * 1000, Number.MAX_SAFE_INTEGER);
  }
  const until = parseHttpDate(value, nowMs);
  if (until === undefined) return undefined;
  const sent = parseHttpDate(headers.get("date")?.trim() ?? "", nowMs);
  return Math.max(until - (sent ?? nowMs), 0);
}

/** Reads an HTTP date into milliseconds since the epoch. */
export function parseHttpDate(value: string, nowMs: number): number | undefined {
  const imf = IMF_FIXDATE.exec(value);
  if (imf) return utc(Number(imf[3]), imf[2], imf[1], imf.slice(4));
  const rfc850 = RFC_850.exec(value);
  if (rfc850) return utc(fullYear(Number(rfc850[3]), nowMs), rfc850[2], rfc850[1], rfc850.slice(4));
  const asctime = ASCTIME.exec(value);
  if (asctime) return utc(Number(asctime[6]), asctime[1], asctime[2], asctime.slice(3, 6));
  return undefined;
}

/** RFC 9110, 5.6.7: a year that seems more than 50 years in the future is one of the past. */
function fullYear(twoDigits: number, nowMs: number): number {
  const current = new Date(nowMs).getUTCFullYear();
  const year = current - current % 100 + twoDigits;
  return year > current + 50 ? year - 100 : year;
}

function utc(
  year: number,
  monthName: string | undefined,
  dayText: string | undefined,
  time: readonly string[],
): number | undefined {
  const month = MONTHS.indexOf(monthName ?? "");
  const day = Number(dayText);
  const [hour = NaN, minute = NaN, second = NaN] = time.map(Number);
  // 60 is a leap second, which the epoch does not count.
  if (!(hour < 24 && minute < 60 && second <= 60)) return undefined;
  const date = new Date(Date.UTC(year, month, day, hour, minute, Math.min(second, 59)));
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month &&
    date.getUTCDate() === day;
  return exists ? date.getTime() : undefined;
}
