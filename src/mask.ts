import { isPlain, tagOf } from "./http/pairs.ts";

/** What stands where a secret was. */
export const MASKED = "***";

/** Headers that carry credentials, lower case: masked everywhere, and they never leave their origin. */
export const CREDENTIALS: readonly string[] = [
  "authorization",
  "cookie",
  "set-cookie",
  "proxy-authorization",
  "x-api-key",
];

/** What says which names are secret besides {@linkcode CREDENTIALS}. */
export interface SecretRules {
  readonly redact: readonly string[];
  readonly sensitiveHeaders: readonly string[];
}

/** The headers that stay on their origin, which are those that are masked. */
export function credentialNames({ redact, sensitiveHeaders }: SecretRules): readonly string[] {
  return [...CREDENTIALS, ...redact, ...sensitiveHeaders];
}

export function isSecret(name: string, redact: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return CREDENTIALS.includes(lower) || redact.some((extra) => extra.toLowerCase() === lower);
}

/**
 * Masks the userinfo of a URL and the parameters that `redact` names, as errors and logs do.
 * Works on text, so a URL that does not parse is masked as well, also where only a lenient parser
 * would see userinfo.
 */
export function maskUrl(url: string, redact: readonly string[] = []): string {
  return maskQuery(maskUserinfo(url), redact);
}

function maskUserinfo(url: string): string {
  const range = userinfoOf(url);
  return range ? `${url.slice(0, range[0])}${MASKED}${url.slice(range[1])}` : url;
}

/** A scheme, and what parsers drop or take for slashes before the authority. */
const BEFORE_AUTHORITY = /^[\s\0-\x20]*(?:[a-z][a-z0-9+.-]*:)?[\s/\\]*/i;

/** Where the userinfo of a URL begins and ends. */
export function userinfoOf(url: string): [start: number, end: number] | undefined {
  if (!url.includes("@")) return undefined;
  const [before = ""] = BEFORE_AUTHORITY.exec(url) ?? [];
  const start = before.length;
  let end = start;
  while (end < url.length && !/[/\\?#]/.test(url[end] as string)) end++;
  const at = url.lastIndexOf("@", end - 1);
  return at < start ? undefined : [start, at];
}

// Neither these nor those below hold two open-ended parts that overlap: their time is linear.
export const PARAM = /([?&#])([^=&?#\s]*)=([^&#\s"<>]*)/g;

/** Also in the fragment: a redirect may carry a token there. */
function maskQuery(text: string, redact: readonly string[]): string {
  if (redact.length === 0) return text;
  return text.replace(PARAM, (param, mark: string, name: string, value: string) => {
    // In a text, what follows a masked value is none of it.
    const shown = value.startsWith(MASKED) || !isSecret(decoded(name), redact);
    return shown ? param : `${mark}${name}=${MASKED}`;
  });
}

export function decoded(text: string): string {
  const plain = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(plain);
  } catch {
    // What is not percent-encoded UTF-8 is compared as it stands.
    return plain;
  }
}

/** Masks the URLs in a text of others: their userinfo, and redacted parameters. */
export function maskText(text: string, redact: readonly string[] = []): string {
  return maskQuery(maskUserinfos(text), redact);
}

/** What no userinfo in a text goes beyond. */
const ENDS = /[\s/\\?#"<>]/;

/**
 * Masks all userinfo in a text, up to the last "@" of an authority. By hand, since an expression
 * would look at the rest of the text from each scheme on.
 */
function maskUserinfos(text: string): string {
  let masked = "";
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", from)) {
    let start = at;
    while (start > from && !ENDS.test(text[start - 1] as string)) start--;
    let last = at;
    for (let end = at; end < text.length && !ENDS.test(text[end] as string); end++) {
      if (text[end] === "@") last = end;
    }
    const begin = userinfoStart(text, start, last);
    masked += begin === undefined ? text.slice(from, last) : text.slice(from, begin) + MASKED;
    from = last;
    masked += text[from++];
  }
  return masked + text.slice(from);
}

/** Where userinfo begins in a piece before an "@": after slashes, or after a scheme without them. */
function userinfoStart(text: string, start: number, last: number): number | undefined {
  const before = text.slice(Math.max(0, start - 8), start);
  if (/[/\\]{2}$/.test(before) || /https?:[/\\]$/i.test(before)) return start;
  const scheme = /https?:/i.exec(text.slice(start, last));
  return scheme ? start + scheme.index + scheme[0].length : undefined;
}

/** Deeper values are not shown: they may refer to themselves. */
const MAX_DEPTH = 8;

/** Masks header or record values by name, and the URLs in the others. */
export function maskEntries(
  entries: Iterable<readonly [string, unknown]>,
  redact: readonly string[] = [],
  depth = 0,
): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    if (name === "__proto__") continue;
    masked[name] = isSecret(name, redact) ? MASKED : maskValue(value, redact, depth);
  }
  return masked;
}

function maskValue(value: unknown, redact: readonly string[], depth: number): unknown {
  if (typeof value === "string") return maskText(value, redact);
  if (typeof value !== "object" || value === null) return value;
  if (depth === MAX_DEPTH) return MASKED;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, redact, depth + 1));
  const tag = tagOf(value);
  if (tag === "URL") return maskUrl(String(value), redact);
  if (tag === "Headers" || tag === "URLSearchParams") {
    return maskEntries(value as Headers | URLSearchParams, redact, depth + 1);
  }
  return isPlain(value) ? maskEntries(Object.entries(value), redact, depth + 1) : value;
}

const REDACT = Symbol.for("@ax/client.redact");

/**
 * Keeps with an error or response what it masks besides, unless it knows; also another copy of the
 * package can ask for it.
 */
export function keepRedact(holder: object, redact: readonly string[] = []): void {
  if (redact.length === 0 || REDACT in holder) return;
  Object.defineProperty(holder, REDACT, { value: redact });
}

/** The names that an error or response masks besides. */
export function redactOf(holder: object): readonly string[] {
  return (holder as { [REDACT]?: readonly string[] })[REDACT] ?? [];
}

/** A request as an error takes it: what it keeps of it is masked. */
export interface RawRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The URL. */
  readonly url: string | URL;
  /** The headers: what is secret of them is masked in texts of others. */
  readonly headers?: Iterable<readonly [name: string, value: string]> | undefined;
  /** How it goes: the password of a proxy is masked in them as well. */
  readonly network?: { readonly proxy?: string | undefined } | undefined;
  /** More header and parameter names to mask. */
  readonly redact?: readonly string[] | undefined;
}

/** Shorter values are no secrets, and would be found everywhere. */
export const MIN_SECRET = 4;

/** Longer URLs are cut in messages. */
const MAX_SHOWN = 2000;

/** Names a request in messages, quoted and masked: `"GET https://example.com/a"`. */
export function describe({ method, url, redact }: RawRequest): string {
  return `"${method} ${shorten(maskUrl(String(url), redact))}"`;
}

/** A text for messages: masked before, cut here. */
export function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/**
 * Masks a URL, headers or a record as errors and logs do: userinfo in a URL, and the values of
 * `authorization`, `cookie`, `set-cookie`, `proxy-authorization`, `x-api-key` and of every name in
 * `redact`, compared without regard to case. URLs in the other values are masked as well.
 *
 * @param value A URL (text or `URL`), `Headers`, or a plain record.
 * @param redact More header and parameter names to mask.
 * @returns A masked copy: a string for a URL, a record otherwise.
 *
 * @example Usage
 * ```ts
 * import { mask } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mask("https://me:secret@example.com/?key=1", ["key"]), "https://***@example.com/?key=***");
 * assertEquals(mask({ authorization: "Bearer 1", accept: "*" }), { authorization: "***", accept: "*" });
 * ```
 */
export function mask(value: string | URL, redact?: readonly string[]): string;
/** Masks headers or a record, see above. */
export function mask(
  value: Headers | Record<string, unknown>,
  redact?: readonly string[],
): Record<string, unknown>;
export function mask(
  value: string | URL | Headers | Record<string, unknown>,
  redact: readonly string[] = [],
): string | Record<string, unknown> {
  const tag = tagOf(value);
  if (tag === "String" || tag === "URL") return maskUrl(String(value), redact);
  return maskEntries(tag === "Headers" ? value as Headers : Object.entries(value), redact);
}

type Inspect = (value: unknown, options?: unknown) => string;

/**
 * Makes what prints an object as something else, to be spread into it or set on its prototype: each
 * runtime asks by a symbol of its own, with its `inspect` as the first (Deno) or last argument
 * (Node, Bun).
 *
 * @param title What stands before it, such as the name of a class.
 * @param shown What is printed instead, its secrets masked.
 */
export function printersOf<T extends object>(
  title: string,
  shown: (self: T) => unknown,
): Readonly<Record<symbol, unknown>> {
  function print(this: T, ...args: unknown[]): unknown {
    const inspect = args.find((arg) => typeof arg === "function") as Inspect | undefined;
    const options = args.find((arg) => typeof arg === "object");
    return inspect ? `${title}${inspect(shown(this), options)}` : shown(this);
  }
  return {
    [Symbol.for("nodejs.util.inspect.custom")]: print,
    [Symbol.for("Deno.customInspect")]: print,
  };
}

/** Has an object written as JSON as something else. */
export function writeAs<T extends object>(target: T, shown: (self: T) => unknown): void {
  function toJSON(this: T): unknown {
    return shown(this);
  }
  Object.defineProperty(target, "toJSON", { value: toJSON, configurable: true });
}

/** Has an object, or those of a prototype, printed and written as JSON as something else. */
export function printAs<T extends object>(
  target: T,
  title: string,
  shown: (self: T) => unknown,
): void {
  const printers = printersOf(title, shown);
  for (const name of Object.getOwnPropertySymbols(printers)) {
    Object.defineProperty(target, name, { value: printers[name], configurable: true });
  }
  // Bun has one for headers, which masks nothing.
  if (!Object.hasOwn(target, "toJSON")) writeAs(target, shown);
}
