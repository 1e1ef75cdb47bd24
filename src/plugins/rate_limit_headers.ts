/** What a response says about the limits of its server, in milliseconds from now. */
export interface RateAnswer {
  /** How long to send nothing. */
  readonly pause?: number;
  /** How many requests are left until `reset`. */
  readonly left?: number;
  /** When the count begins anew. */
  readonly reset?: number;
}

/** Seconds from this on are a time since 1970, and no duration (that would be 31 years). */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;
const PREFIXES = ["ratelimit-", "x-ratelimit-", "x-rate-limit-"] as const;

/**
 * Reads `Retry-After` (of 429 and 503), `RateLimit` as in the drafts of the IETF, and
 * `RateLimit-*`, `X-RateLimit-*` and `X-Rate-Limit-*`. A server's times of day are taken relative
 * to its own `date`, so that a wrong clock on either side does not matter.
 *
 * @param fallback The pause after a 429 that says nothing else.
 */
export function readRateLimit(
  status: number,
  headers: Headers,
  now: number,
  fallback: number,
): RateAnswer {
  const serverNow = httpDate(headers.get("date")) ?? now;
  const quota = structuredQuota(headers.get("ratelimit")) ?? plainQuota(headers, serverNow);
  const { left, reset } = quota;
  const none = reset !== undefined && (left === 0 || (status === 429 && left === undefined));
  if (status !== 429 && status !== 503) return none ? { pause: reset, ...quota } : quota;
  const after = retryAfter(headers.get("retry-after"), serverNow);
  const pause = after ?? (none ? reset : status === 429 ? fallback : undefined);
  return { ...quota, ...pause !== undefined && { pause } };
}

function retryAfter(value: string | null, serverNow: number): number | undefined {
  const seconds = number(value);
  if (seconds !== undefined) return seconds * 1000;
  const until = httpDate(value);
  return until === undefined ? undefined : Math.max(0, until - serverNow);
}

/** `"default";r=50;t=30` of the current draft, of the list's items the one with least left. */
function structuredQuota(value: string | null): RateAnswer | undefined {
  if (value === null) return undefined;
  let least: RateAnswer | undefined;
  for (const item of value.slice(0, 1_000).split(",")) {
    const left = number(/;\s*r=([\d.]+)/.exec(item)?.[1]);
    const reset = number(/;\s*t=([\d.]+)/.exec(item)?.[1]);
    if (left === undefined) continue;
    const less = least?.left === undefined || left < least.left ||
      (left === least.left && (reset ?? 0) * 1000 > (least.reset ?? 0));
    if (less) least = { left, ...reset !== undefined && { reset: reset * 1000 } };
  }
  return least ?? olderQuota(value);
}

/** `limit=100, remaining=50, reset=30` of the earlier drafts. */
function olderQuota(value: string): RateAnswer | undefined {
  const left = number(/(?:^|[,\s])remaining=([\d.]+)/.exec(value)?.[1]);
  const reset = number(/(?:^|[,\s])reset=([\d.]+)/.exec(value)?.[1]);
  if (left === undefined) return undefined;
  return { left, ...reset !== undefined && { reset: reset * 1000 } };
}

function plainQuota(headers: Headers, serverNow: number): RateAnswer {
  for (const prefix of PREFIXES) {
    const left = number(headers.get(`${prefix}remaining`));
    const reset = resetAfter(headers.get(`${prefix}reset`), serverNow);
    if (left === undefined && reset === undefined) continue;
    return { ...left !== undefined && { left }, ...reset !== undefined && { reset } };
  }
  return {};
}

/** Seconds, or a time since 1970 in seconds or milliseconds. */
function resetAfter(value: string | null, serverNow: number): number | undefined {
  const given = number(value);
  if (given === undefined) return undefined;
  if (given < EPOCH_SECONDS) return given * 1000;
  return Math.max(0, (given < EPOCH_MS ? given * 1000 : given) - serverNow);
}

function number(value: string | null | undefined): number | undefined {
  const text = value?.trim() ?? "";
  return /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/** The one form of a date that may be sent (RFC 9110, 5.6.7). */
function httpDate(value: string | null): number | undefined {
  const text = value?.trim() ?? "";
  if (!/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
