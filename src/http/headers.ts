import { entriesOf, kindOf, tagOf } from "./pairs.ts";

/** What a user may give as `headers`. `undefined` removes an inherited header. */
export type HeadersInput =
  | Headers
  | Iterable<readonly [string, string | undefined]>
  | Record<string, string | undefined>;

/** Headers that carry credentials, lower case. They never leave their origin. */
export const SENSITIVE_HEADERS: readonly string[] = [
  "authorization",
  "cookie",
  "proxy-authorization",
];

/** A token of RFC 9110, 5.6.2, at the start of a text. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*/;

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

/** Refuses a name that is no token, and a value that could break out of its line. */
function checkHeader(name: string, value: unknown): void {
  const fail = (problem: string): never => {
    // A whole line ("authorization: Bearer …") given as name must not reach the message.
    const start = tokenOf(name);
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
 * Merges layers of headers without regard to case; a later layer replaces same-named headers of
 * earlier ones, pairs of one layer that repeat a name are all kept.
 */
export function mergeHeaders(...layers: readonly (HeadersInput | undefined)[]): Headers {
  let merged: Headers | undefined;
  for (const layer of layers) {
    if (layer === undefined) continue;
    if (!merged && layer instanceof Headers) {
      // It has refused line breaks itself, so it is taken as a whole.
      checkHeaders(layer);
      merged = new Headers(layer);
    } else {
      mergeLayer(merged ??= new Headers(), layer);
    }
  }
  return merged ?? new Headers();
}

function mergeLayer(merged: Headers, layer: HeadersInput): void {
  const seen = new Set<string>();
  for (const [name, value] of headerEntries(layer)) {
    checkHeader(name, value);
    const key = name.toLowerCase();
    if (value === undefined) merged.delete(key);
    else if (seen.has(key)) merged.append(key, value);
    else merged.set(key, value);
    seen.add(key);
  }
}

/** Refuses a `Headers` object with an own property, which would silently not be sent. */
export function checkHeaders(headers: object): void {
  const [name] = Object.keys(headers);
  if (name === undefined) return;
  const shown = tokenOf(name);
  throw new TypeError(
    `Cannot set header "${shown}" as a property of Headers: use headers.set("${shown}", value)`,
  );
}

/** Removes the headers that carry credentials, and those that `extra` names. */
export function stripSensitive(headers: Headers, extra: readonly string[]): void {
  for (const name of [...SENSITIVE_HEADERS, ...extra]) headers.delete(name);
}
