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

/** The headers of a call that stay on their origin: what is masked, and what its options name. */
export function credentialNames(
  { redact, sensitiveHeaders }: {
    readonly redact: readonly string[];
    readonly sensitiveHeaders: readonly string[];
  },
): string[] {
  return [...CREDENTIALS, ...redact, ...sensitiveHeaders];
}

function isSecret(name: string, redact: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return CREDENTIALS.includes(lower) || redact.some((extra) => extra.toLowerCase() === lower);
}

/**
 * Masks the userinfo of a URL and the parameters that `redact` names, as errors and logs do.
 * Works on text, so a URL that does not parse is masked as well, also where only a lenient parser
 * would see userinfo.
 */
export function maskUrl(url: string, redact: readonly string[] = []): string {
  const masked = maskUserinfo(url);
  return redact.length === 0 ? masked : maskQuery(masked, redact);
}

function maskUserinfo(url: string): string {
  if (!url.includes("@")) return url;
  let start = 0;
  // A scheme, and what parsers drop or take for slashes before the authority.
  const colon = url.indexOf(":");
  const slashes = /^[\s\0-\x20]*(?:[a-z][a-z0-9+.-]*:)?/i.exec(url.slice(0, colon + 1));
  if (colon >= 0 && slashes && slashes[0].length === colon + 1) start = colon + 1;
  while (start < url.length && /[\s/\\]/.test(url[start] as string)) start++;
  let end = start;
  while (end < url.length && !/[/\\?#]/.test(url[end] as string)) end++;
  const at = url.lastIndexOf("@", end - 1);
  return at < start ? url : `${url.slice(0, start)}${MASKED}${url.slice(at)}`;
}

function maskQuery(url: string, redact: readonly string[]): string {
  const hash = url.indexOf("#");
  const end = hash < 0 ? url.length : hash;
  const [path = "", ...pieces] = url.slice(0, end).split(/([?&])/);
  const masked = pieces.map((piece) => {
    const equals = piece.indexOf("=");
    if (equals < 0) return piece;
    const name = piece.slice(0, equals);
    return isSecret(decoded(name), redact) ? `${name}=${MASKED}` : piece;
  });
  return path + masked.join("") + url.slice(end);
}

function decoded(name: string): string {
  const plain = name.replaceAll("+", " ");
  try {
    return decodeURIComponent(plain);
  } catch {
    // A name that is not percent-encoded UTF-8 is compared as it stands.
    return plain;
  }
}

/** Masks what looks like a URL with userinfo, or with redacted parameters, in a text of others. */
export function maskText(text: string, redact: readonly string[] = []): string {
  return text.split(/([\s"'()<>]+)/).map((word) =>
    word.includes("://") ? maskUrl(word, redact) : word
  ).join("");
}

/** Masks header or record values by name. */
export function maskEntries(
  entries: Iterable<readonly [string, unknown]>,
  redact: readonly string[] = [],
): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    if (name === "__proto__") continue;
    masked[name] = isSecret(name, redact) ? MASKED : value;
  }
  return masked;
}

const REDACT = Symbol.for("@ax/client.redact");

/** Keeps with an error or response what it masks besides; also another copy can ask for it. */
export function keepRedact(holder: object, redact: readonly string[]): void {
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
  /** More header and parameter names to mask. */
  readonly redact?: readonly string[] | undefined;
}

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
 * `redact`, compared without regard to case.
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
  if (typeof value === "string") return maskUrl(value, redact);
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object URL]") return maskUrl(String(value), redact);
  const isHeaders = tag === "[object Headers]";
  return maskEntries(isHeaders ? value as Headers : Object.entries(value), redact);
}

type Inspect = (value: unknown, options?: unknown) => string;

/**
 * Has an object printed as something else, with its secrets masked: each runtime asks by a symbol
 * of its own, with its `inspect` as the first (Deno) or last argument (Node, Bun).
 *
 * @param title What stands before it, such as the name of a class.
 * @param shown What is printed instead.
 */
export function printAs<T extends object>(
  target: T,
  title: string,
  shown: (self: T) => unknown,
): void {
  function print(this: T, ...args: unknown[]): unknown {
    const inspect = args.find((arg) => typeof arg === "function") as Inspect | undefined;
    const options = args.find((arg) => typeof arg === "object");
    return inspect ? `${title}${inspect(shown(this), options)}` : shown(this);
  }
  for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    Object.defineProperty(target, Symbol.for(name), { value: print, configurable: true });
  }
}
