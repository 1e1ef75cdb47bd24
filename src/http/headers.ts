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

// RFC 9110, 5.6.2.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TOKEN_START = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*/;
const PROTO_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Refuses a name that is no token of RFC 9110. */
function checkName(name: unknown): asserts name is string {
  if (typeof name !== "string") {
    throw new TypeError(`Cannot set a header: its name is ${kindOf(name)}, give a string`);
  }
  if (TOKEN.test(name)) return;
  // A whole line ("authorization: Bearer …") given as name must not reach the message.
  const start = TOKEN_START.exec(name)?.[0] ?? "";
  throw new TypeError(
    `Cannot set header "${start}${start === name ? "" : "…"}": ` +
      "its name must be made of letters, digits and !#$%&'*+-.^_`|~ only",
  );
}

/** Refuses a value that is no string or that could break out of its line. */
function checkValue(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") {
    const advice = value === null
      ? "use undefined to remove the header"
      : Array.isArray(value)
      ? "give a string, or one pair for each value"
      : "give a string";
    throw new TypeError(`Cannot set header "${name}": its value is ${kindOf(value)}, ${advice}`);
  }
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code > 0xff) {
      throw new TypeError(
        `Cannot set header "${name}": its value holds a character outside of Latin-1 ` +
          `at position ${index}, encode it first`,
      );
    }
    if (code < 0x20 && code !== 0x09 || code === 0x7f) {
      throw new TypeError(
        `Cannot set header "${name}": its value holds ${controlName(code)} ` +
          `at position ${index}, remove it`,
      );
    }
  }
}

function controlName(code: number): string {
  if (code === 0x0d) return "a carriage return";
  if (code === 0x0a) return "a line feed";
  return code === 0 ? "a NUL" : "a control character";
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (value === undefined) return "undefined";
  const type = typeof value;
  return type === "object" ? "an object" : `a ${type}`;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === "function";
}

/** Whether a value is a `Headers` object, also one of another implementation. */
function isHeadersLike(value: unknown): boolean {
  return value instanceof Headers || Object.prototype.toString.call(value) === "[object Headers]";
}

function* entriesOf(layer: unknown): Generator<readonly [unknown, unknown]> {
  if (typeof layer !== "object" || layer === null) {
    throw new TypeError(
      `Cannot use ${kindOf(layer)} as headers: give an object, pairs or a Headers object`,
    );
  }
  if (isHeadersLike(layer)) checkHeaders(layer);
  if (!isIterable(layer)) {
    for (const entry of Object.entries(layer)) {
      if (!PROTO_KEYS.has(entry[0])) yield entry;
    }
    return;
  }
  for (const pair of layer) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(
        "Cannot use an iterable as headers: each of its items must be a pair of name and value",
      );
    }
    yield [pair[0], pair[1]];
  }
}

/**
 * Merges layers of headers without regard to case; a later layer replaces same-named headers of
 * earlier ones, pairs of one layer that repeat a name are all kept.
 */
export function mergeHeaders(...layers: readonly (HeadersInput | undefined)[]): Headers {
  const merged = new Headers();
  for (const layer of layers) {
    if (layer !== undefined) mergeLayer(merged, layer);
  }
  return merged;
}

function mergeLayer(merged: Headers, layer: unknown): void {
  const seen = new Set<string>();
  for (const [name, value] of entriesOf(layer)) {
    checkName(name);
    const key = name.toLowerCase();
    if (value === undefined) {
      merged.delete(key);
      seen.add(key);
      continue;
    }
    checkValue(name, value);
    if (seen.has(key)) {
      merged.append(key, value);
    } else {
      seen.add(key);
      merged.set(key, value);
    }
  }
}

/** Refuses a `Headers` object with an own property, which would silently not be sent. */
export function checkHeaders(headers: object): void {
  const [name] = Object.keys(headers);
  if (name === undefined) return;
  const shown = TOKEN_START.exec(name)?.[0] ?? "";
  throw new TypeError(
    `Cannot set header "${shown}" as a property of Headers: use headers.set("${shown}", value)`,
  );
}

/**
 * What the `headers` of a returned config mean: a `Headers` object replaces the current ones, a
 * plain object or pairs merge over them, `undefined` keeps them.
 */
export function applyReturnedHeaders(current: Headers, returned: unknown): Headers {
  checkHeaders(current);
  if (returned === undefined || returned === current) return current;
  if (returned instanceof Headers) {
    checkHeaders(returned);
    return returned;
  }
  // `mergeLayer` validates at run time what the type cannot promise.
  const merged = isHeadersLike(returned) ? new Headers() : mergeHeaders(current);
  mergeLayer(merged, returned);
  return merged;
}

/** Removes the headers that carry credentials, and those that `extra` names. */
export function stripSensitive(headers: Headers, extra: readonly string[]): void {
  for (const name of SENSITIVE_HEADERS) headers.delete(name);
  for (const name of extra) headers.delete(name);
}
