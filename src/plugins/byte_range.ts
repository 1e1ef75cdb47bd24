import { headerOf, type HeaderPairs } from "./cache_headers.ts";

/** A part of a body: the first byte and the one after the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of a stored body that a request asks for (RFC 9110, 14.2): `"whole"` where its `if-range`
 * names another response, `undefined` for what the origin has to answer: several ranges, other
 * units, none that the body has.
 */
export function requestedRange(
  request: Headers,
  stored: HeaderPairs,
  length: number,
): ByteRange | "whole" | undefined {
  const condition = request.get("if-range");
  if (condition !== null && !sameResponse(condition.trim(), stored)) return "whole";
  const range = (request.get("range") ?? "").replace(/\s+/g, "");
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(range) ?? [];
  if (first === undefined || last === undefined) return undefined;
  if (first === "") {
    const suffix = Number(last);
    return last === "" || suffix === 0 || length === 0
      ? undefined
      : { start: Math.max(length - suffix, 0), end: length };
  }
  const start = Number(first);
  const end = last === "" ? length : Math.min(Number(last) + 1, length);
  return start < end ? { start, end } : undefined;
}

/** RFC 9110, 13.1.5: a strong tag, or the exact date of the stored response. */
function sameResponse(condition: string, stored: HeaderPairs): boolean {
  return condition.startsWith('"')
    ? condition === headerOf(stored, "etag")
    : condition === headerOf(stored, "last-modified");
}

/** The fields of a 206 for a part of a stored body (RFC 9110, 15.3.7). */
export function partHeaders(
  headers: HeaderPairs,
  { start, end }: ByteRange,
  length: number,
): HeaderPairs {
  return [
    ...headers.filter(([name]) => name !== "content-length"),
    ["content-length", String(end - start)],
    ["content-range", `bytes ${start}-${end - 1}/${length}`],
  ];
}
