import { type HeaderPairs, pairsOf } from "./message.ts";
import { entriesOf, kindOf, tagOf } from "./pairs.ts";

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
    if (value !== undefined) merged.push([name.toLowerCase(), trimSpace(value)]);
  }
  return merged;
}

/** The names that a layer mentions, lower case; also of those that it removes. */
export function headerNames(layer: HeadersInput): Set<string> {
  return new Set(headerEntries(layer).map(([name]) => name.toLowerCase()));
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

/** What the platform would drop at both ends of a value (Fetch, "normalize"). */
function trimSpace(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === " " || value[end - 1] === "\t")) end--;
  return value.slice(0, end).replace(/^[ \t]+/, "");
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
