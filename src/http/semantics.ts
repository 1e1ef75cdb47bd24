import { isToken } from "./headers.ts";
import { kindOf } from "./pairs.ts";

/** Methods that may be sent twice with the effect of once (RFC 9110, 9.2.2). */
export const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set([
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

/** Whether a status is one of success. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
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
