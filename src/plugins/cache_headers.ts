/** Header fields as pairs, in the order they came. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** Directives of `cache-control`: lower-case names; `true` for those without a value. */
export type Directives = ReadonlyMap<string, string | true>;

const DIRECTIVE = /([^\s,;="]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}$/;

// RFC 9111, 3.1: fields of one connection, which are not stored.
const CONNECTION = [
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  ...["upgrade", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization"],
];

// RFC 9111, 3.2: what describes the stored body, which a 304 does not bring anew.
const OF_THE_BODY = ["content-encoding", "content-length", "content-range"];

/** Reads a `cache-control` field. Of a directive that comes twice the first counts (RFC 9111, 4.2.1). */
export function parseDirectives(field: string | null): Directives {
  const directives = new Map<string, string | true>();
  for (const [, name = "", quoted, token] of (field ?? "").matchAll(DIRECTIVE)) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted?.replace(/\\(.)/g, "$1") ?? token ?? true);
  }
  return directives;
}

/** The seconds of a directive; `undefined` without it, 0 where it has no number (RFC 9111, 4.2.1). */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return /^\d+$/.test(String(value)) ? Math.min(Number(value), 2 ** 31) : 0;
}

/** Reads an HTTP date (RFC 9110, 5.6.7) into milliseconds since the epoch; `NaN` if it is none. */
export function httpDate(value: string): number {
  const text = ASCTIME.test(value) ? `${value} GMT` : value;
  return text.endsWith(" GMT") ? Date.parse(text) : NaN;
}

/** The first value of a field, or `null`. */
export function headerOf(headers: HeaderPairs, name: string): string | null {
  const values = headers.filter(([key]) => key === name).map(([, value]) => value);
  return values.length > 0 ? values.join(", ") : null;
}

/**
 * What is stored of the fields of a response: not those of the connection, and not `set-cookie`,
 * which would set an old cookie again at each hit. The stored body is decoded, so the fields of its
 * coding go too.
 */
export function storedHeaders(headers: HeaderPairs, hasBody: boolean): HeaderPairs {
  const named = (headerOf(headers, "connection") ?? "").toLowerCase().split(",");
  const coded = hasBody && headerOf(headers, "content-encoding") !== null;
  const dropped = new Set([
    ...[...CONNECTION, "set-cookie", ...named.map((name) => name.trim())],
    ...coded ? ["content-encoding", "content-length"] : [],
  ]);
  return headers.filter(([name]) => !dropped.has(name));
}

/** The stored fields after a 304, or the answer to a HEAD (RFC 9111, 3.2). */
export function freshenHeaders(stored: HeaderPairs, update: HeaderPairs): HeaderPairs {
  const given = storedHeaders(update, false).filter(([name]) => !OF_THE_BODY.includes(name));
  const names = new Set(given.map(([name]) => name));
  return [...stored.filter(([name]) => !names.has(name)), ...given];
}

/** The names that a `vary` field lists, sorted; `undefined` for `*`, which nothing matches. */
export function varyNames(field: string | null): string[] | undefined {
  const names = (field ?? "").toLowerCase().split(",").map((name) => name.trim());
  return names.includes("*") ? undefined : [...new Set(names)].filter((name) => name !== "").sort();
}
