import { type HeaderPairs, pairsOf } from "./message.ts";
import { entriesOf, kindOf, tagOf, trimEnd } from "./pairs.ts";

/** What a user may give as `headers`. `undefined` removes an inherited header. */
export type HeadersInput =
  | Headers
  | Iterable<readonly [string, string | undefined]>
  | Record<string, string | undefined>;

/** A token of RFC 9110, 5.6.2, at the start of a text. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*/;

/** Longer names are cut in messages. */
const MAX_SHOWN = 200;

/** What is neither visible ASCII, space nor tab, nor the rest of Latin-1. */
const UNSENDABLE = /[^\t -~\x80-\xff]/;

/** The token that a text starts with; for messages, which must not show what is after it. */
function tokenOf(text: string): string {
  return TOKEN.exec(text)?.[0] ?? "";
}

/** Whether a text is a token, as names of headers and methods are. */
export function isToken(text: string): boolean {
  return text !== "" && tokenOf(text) === text;
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

/** Refuses a name that is no token, and a value that could break out of its line. */
function checkHeader(name: string, value: unknown): void {
  const fail = (problem: string): never => {
    // A whole line ("authorization: Bearer …") given as name must not reach the message.
    const start = tokenOf(name.slice(0, MAX_SHOWN));
    throw new TypeError(`Cannot set header "${start}${start === name ? "" : "…"}": its ${problem}`);
  };
  if (!isToken(name)) fail("name must be made of letters, digits and !#$%&'*+-.^_`|~ only");
  if (value === undefined) return;
  if (typeof value !== "string") {
    const advice = value === null
      ? "use undefined to remove the header"
      : Array.isArray(value)
      ? "give a string, or one pair for each value"
      : "give a string";
    return fail(`value is ${kindOf(value)}, ${advice}`);
  }
  const index = value.search(UNSENDABLE);
  if (index < 0) return;
  const kind = value.charCodeAt(index) > 0xff
    ? "a character outside of Latin-1"
    : /[\r\n]/.test(value)
    ? "a line break"
    : "a control character";
  fail(`value holds ${kind} at position ${index}, remove or encode it`);
}

/** The pairs of a layer of headers. */
export function headerEntries(layer: HeadersInput): [string, string | undefined][] {
  if (tagOf(layer) === "Headers") checkHeaders(layer);
  return entriesOf(layer, "headers", "an object, pairs or a Headers object");
}

/**
 * Merges a layer of headers over others, without regard to case; it replaces same-named ones, and
 * its pairs that repeat a name are all kept. Names become lower case.
 */
export function mergeHeaders(
  below: HeaderPairs | Headers,
  layer: HeadersInput | undefined,
): HeaderPairs {
  if (layer === undefined) return pairsOf(below);
  const entries = headerEntries(layer);
  const names = new Set(entries.map(([name]) => name.toLowerCase()));
  const merged = pairsOf(below).filter(([name]) => !names.has(name));
  for (const [name, value] of entries) {
    checkHeader(name, value);
    if (value === undefined) continue;
    // As the platform would (Fetch, "normalize").
    const trimmed = trimEnd(value, /[ \t]/).replace(/^[ \t]+/, "");
    merged.push([name.toLowerCase(), trimmed]);
  }
  return merged;
}

/** Pairs with one header set. */
export function withHeader(pairs: HeaderPairs, name: string, value: string): HeaderPairs {
  return [...withoutHeaders(pairs, [name]), [name, value]];
}

/** Pairs without the headers of these names, whatever their case. */
export function withoutHeaders(pairs: HeaderPairs, names: Iterable<string>): HeaderPairs {
  const gone = new Set(Array.from(names, (name) => name.toLowerCase()));
  return pairs.filter(([name]) => !gone.has(name));
}

/** Refuses a `Headers` object with an own property, which would silently not be sent. */
export function checkHeaders(headers: object): void {
  const [name] = Object.keys(headers);
  if (name === undefined) return;
  const shown = tokenOf(name.slice(0, MAX_SHOWN));
  throw new TypeError(
    `Cannot set header "${shown}" as a property of Headers: use headers.set("${shown}", value)`,
  );
}

// RFC 9110, 5.6.6: token or quoted string. Sticky, so that what is inside of quotes never counts.
const PARAMETER = /\s*;\s*(?:([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\[^])*)"|([^;,"\s]*)))?)?/gy;

/**
 * The parameters at the start of a text such as `; rel="next"; title=x`, by lower-case name. Of one
 * that repeats the first counts; what comes after something else is left.
 */
export function headerParams(text: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(PARAMETER)) {
    const key = name?.toLowerCase();
    if (key === undefined || params.has(key)) continue;
    params.set(key, quoted?.replace(/\\([^])/g, "$1") ?? plain ?? "");
  }
  return params;
}

/** One web link of a `link` header. */
export interface WebLink {
  /** What it points to, as written; it may be relative. */
  readonly target: string;
  /** Its parameters by lower-case name, such as `rel`. */
  readonly params: ReadonlyMap<string, string>;
}

// A target, and what follows up to a comma outside of quotes. What is never closed reaches to the
// end. No two open-ended parts overlap, so that the time grows with the length and no faster.
const ELEMENT = /[\s,]*(?:<([^>]*)(>|$))?((?:[^",]|"(?:[^"\\]|\\[^]?)*(?:"|$))*)/g;

/**
 * Parses a `link` header (RFC 8288, 3 and appendix B). What cannot be read is skipped up to the
 * next comma; of a parameter that repeats the first counts, as the RFC says for `rel`.
 */
export function parseLinks(value: string): WebLink[] {
  const links: WebLink[] = [];
  for (const [, target = "", closed, rest = ""] of value.matchAll(ELEMENT)) {
    if (closed) links.push({ target: target.trim(), params: headerParams(rest) });
  }
  return links;
}

/**
 * The target of the first link of a relation, whatever its case; one with an anchor is about
 * something else.
 */
export function targetOf(relation: string, value: string | null): string | undefined {
  return parseLinks(value ?? "").find(({ params }) => {
    const relations = (params.get("rel") ?? "").toLowerCase().split(/\s+/);
    return relations.includes(relation) && !params.has("anchor");
  })?.target;
}
