import { maskUrl, shorten } from "../mask.ts";
import { kindOf, tagOf, trimEnd } from "./pairs.ts";

/** The options that decide which URL is sent. */
export interface UrlRules {
  /** What relative URLs are joined to. */
  baseURL?: string | URL | undefined;
  /** Whether a URL may leave the origin of `baseURL`; without `baseURL` every origin passes. */
  allowAbsoluteUrls?: boolean | undefined;
  /** The protocols that pass, with their colon. */
  protocols: readonly string[];
  /** Parameter names that error messages mask. */
  redact?: readonly string[] | undefined;
  /** In a page or its workers, what a relative URL is resolved against where there is no base. */
  page?: string | undefined;
}

/** A URL ready to be sent. */
export interface ResolvedUrl {
  /** Absolute and normalized, without userinfo and fragment. */
  url: string;
  /** Whether it is an allowed URL of another origin than that of `baseURL`. */
  crossOrigin: boolean;
  /** The `authorization` value that the URL's or the base URL's userinfo stands for. */
  credentials?: string;
}

const SCHEME = /^[a-z][a-z0-9+.\-]*:/i;
const SCHEME_RELATIVE = /^[/\\]{2}/;
// Paths and queries that every URL parser takes as they are: no dot segments, nothing to encode.
const PLAIN = /^\/?[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*\/?(?:\?[\w.~!$&()*+,;=:@/%-]*)?$/;
const HOST_AND_PORT = /^[\w.-]+:\d{2,5}(?:[/?#]|$)/;
/** The names in braces that `path` fills. */
const NAMES = /\{[^{}/?#]{1,200}\}/g;
const AUTHORITY = /^\s*(?:[a-z][a-z0-9+.\-]*:)?(?:[/\\]{2}[^/\\?#]*)?/i;
const NO_PROTOCOL = "it has no protocol, start it with http:// or https://";
// What the URL standard cuts off at both ends, and what it drops within, "/\t/host" included.
const HIDDEN = /^[\0-\x20]|[\t\n\r]/;

/** A base URL, with what calls need of it. */
interface Base {
  readonly url: URL;
  readonly protocol: string;
  /** What paths are added to: no userinfo, no slash at the end. */
  readonly root: string;
  readonly credentials: Pick<ResolvedUrl, "credentials"> | undefined;
}

/** The base URLs of the clients at work, by text: reading the parts of a URL takes its time. */
const bases = new Map<string, Base>();
const MAX_BASES = 100;
/** The origin of the last absolute URL, in the form that the parser gave it, and its protocol. */
let lastOrigin = "";
let lastProtocol = "";

/**
 * Resolves the URL of a call against the base URL, see `baseURL` and `allowAbsoluteUrls`. No parser
 * where base or origin are known, and the rest is plain.
 */
export function resolveUrl(url: string | URL, rules: UrlRules): ResolvedUrl {
  const { baseURL, protocols } = rules;
  let base: Base | undefined;
  if (baseURL !== undefined) {
    base = bases.get(baseURL as string);
    if (!base || !protocols.includes(base.protocol)) base = parseBase(baseURL, rules);
    if (typeof url === "string" && PLAIN.test(url)) {
      const slash = url.startsWith("/") ? "" : "/";
      return { url: base.root + slash + url, crossOrigin: false, ...base.credentials };
    }
  } else if (typeof url === "string" && lastOrigin !== "" && url.startsWith(lastOrigin)) {
    const path = url.slice(lastOrigin.length);
    if (path.startsWith("/") && protocols.includes(lastProtocol) && PLAIN.test(path)) {
      return { url, crossOrigin: false };
    }
  }
  return resolveAny(url, base, rules);
}

/** Whether a value is a `URL`, also one of another realm. */
export function isUrl(value: unknown): value is URL {
  return value instanceof URL || tagOf(value) === "URL";
}

/** Whether a value may be a URL in a config. */
export function isAddress(value: unknown): value is string | URL {
  return typeof value === "string" || isUrl(value);
}

function resolveAny(given: unknown, base: Base | undefined, rules: UrlRules): ResolvedUrl {
  if (!isAddress(given)) {
    throw new TypeError(`Cannot build URL: it is ${kindOf(given)}, give a string or a URL`);
  }
  const { allowAbsoluteUrls, protocols, redact, page } = rules;
  const fail: Fail = (reason) => {
    throw new TypeError(`Cannot build URL ${quote(String(given), redact)}: ${reason}`);
  };
  if (base && !allowAbsoluteUrls && typeof given === "string" && HIDDEN.test(given)) {
    fail("it holds spaces or control characters that a URL parser would drop, remove them");
  }
  if (typeof given === "string") refuseNames(given, fail);
  const trimmed = trimEnd(String(given), /[\0-\x20]/).replace(/^[\0-\x20]+/, "");
  const text = trimmed.replace(/[\t\n\r]/g, "");
  const target = locate(text, base, page, fail);
  if (!protocols.includes(target.protocol)) fail(notAllowed(text, target.protocol, protocols));
  // Not by `origin`, which is "null" for protocols that the URL standard does not know.
  const crossOrigin = base !== undefined &&
    (target.protocol !== base.protocol || target.host !== base.url.host);
  if (crossOrigin && !allowAbsoluteUrls) {
    fail(
      `it is on another origin than the base URL ("${base.protocol}//${base.url.host}"), ` +
        "set allowAbsoluteUrls to allow it",
    );
  }
  let credentials = crossOrigin ? undefined : base?.credentials;
  if (target.username || target.password) {
    credentials = credentialsOf(target);
    target.username = target.password = "";
  }
  // Each setter parses the URL anew, also where there is nothing to remove.
  if (target.href.includes("#")) target.hash = "";
  if (!base) {
    lastProtocol = target.protocol;
    lastOrigin = `${lastProtocol}//${target.host}`;
  }
  return { url: target.href, crossOrigin, ...credentials };
}

type Fail = (reason: string) => never;

/** Refuses a path with names in braces: where `path` was given, they are filled by now. */
function refuseNames(url: string, fail: Fail): void {
  // An authority is no path, and may have a password in it.
  const [path = ""] = /^[^?#]*/.exec(url.replace(AUTHORITY, "")) ?? [];
  const [first] = path.match(NAMES) ?? [];
  if (first === undefined) return;
  const name = first.slice(1, -1);
  const key = /^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name);
  fail(
    `"${first}" has no value, give "path: { ${key}: … }"; braces that are meant are %7B and %7D`,
  );
}

/** Parses a base URL; refuses one that no call could use. */
export function parseBase(baseURL: string | URL, { protocols, redact }: UrlRules): Base {
  const text = String(baseURL);
  const fail: Fail = (reason) => {
    throw new TypeError(`Cannot use base URL ${quote(text, redact)}: ${reason}`);
  };
  let base = bases.get(text);
  if (!base) {
    const url = parse(text, () => fail("it is not an absolute URL, start it with https://"));
    if (/[?#]/.test(url.href)) {
      fail('it has a query or a fragment, use "params" for parameters of every call');
    }
    const { protocol, host, pathname, username, password } = url;
    const root = `${protocol}//${host}${trimEnd(pathname, /\//)}`;
    const credentials = username || password ? credentialsOf(url) : undefined;
    base = { url, protocol, root, credentials };
    if (bases.size >= MAX_BASES) bases.clear();
    bases.set(text, base);
  }
  if (!protocols.includes(base.protocol)) fail(notAllowed(text, base.protocol, protocols));
  return base;
}

function locate(text: string, base: Base | undefined, page: string | undefined, fail: Fail): URL {
  // Never against a base, so that "http:host" means the same whatever the base's protocol is.
  if (SCHEME.test(text)) return parse(text, fail);
  if (!base && page) return parse(text, fail, page);
  const isRelative = !SCHEME_RELATIVE.test(text);
  if (base && isRelative) return join(text, base, fail);
  if (base) return parse(`${base.protocol}//${text.replace(/^[/\\]+/, "")}`, fail);
  return fail(
    isRelative && !HOST_AND_PORT.test(text)
      ? 'it is relative and there is no "baseURL", set one or give an absolute URL'
      : NO_PROTOCOL,
  );
}

/** `URL.parse`, which Node 20 lacks. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

function parse(text: string, fail: Fail, base?: string): URL {
  return parseUrl(text, base) ?? fail("it is not a valid URL");
}

/** Joins with one slash; unlike WHATWG resolution the whole base path is kept. */
function join(text: string, { url: base, root }: Base, fail: Fail): URL {
  const [path = ""] = /^[^?#]*/.exec(text) ?? [];
  const rest = path.replace(/^[/\\]/, "");
  // Many servers decode slashes before they resolve the path.
  if (climbs(rest) || climbs(rest.replace(/%2f|%5c/gi, "/"))) {
    fail("its dot segments climb above the base path, remove them");
  }
  const slashes = base.pathname.slice(trimEnd(base.pathname, /\//).length);
  const end = path === "" ? slashes : `/${rest}`;
  const target = parse(root + end + text.slice(path.length), fail);
  const inside = target.href.startsWith(root) &&
    /^(?:[/?#]|$)/.test(target.href.slice(root.length));
  return inside ? target : fail("it leaves the base URL");
}

/** Whether dot segments lead above the start at any point. */
function climbs(path: string): boolean {
  let depth = 0;
  return path.replace(/%2e/gi, ".").split(/[/\\]/).some((segment) => {
    if (segment === "..") depth--;
    else if (segment !== ".") depth++;
    return depth < 0;
  });
}

/** RFC 7617, with the percent-encoded UTF-8 of the URL turned into bytes. */
function credentialsOf(url: URL): Base["credentials"] {
  const bytes = `${url.username}:${url.password}`.replace(
    /%([0-9a-f]{2})/gi,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
  return { credentials: `Basic ${btoa(bytes)}` };
}

/** Quotes a URL for a message, masked before it is cut. */
function quote(url: string, redact?: readonly string[]): string {
  return JSON.stringify(shorten(maskUrl(url, redact)));
}

function notAllowed(text: string, protocol: string, protocols: readonly string[]): string {
  // "localhost:3000/x" has a host where a protocol is read.
  if (HOST_AND_PORT.test(text)) return NO_PROTOCOL;
  const allowed = protocols.map((name) => `"${name}"`).join(" or ");
  return `the protocol "${shorten(protocol)}" is not allowed, use ${allowed}`;
}

/** What a user may give as `path`: a value for each name in braces. */
export type PathValues = Readonly<Record<string, string | number | bigint | boolean>>;

/**
 * Fills the names in braces of a URL (RFC 6570, level 1): each value becomes one segment, encoded.
 *
 * @throws {TypeError} For a name without a value, and a value without a name.
 */
export function fillPath(url: string, values: PathValues): string {
  const used = new Set<string>();
  const fail = (name: string, why: string): never => {
    throw new TypeError(`Cannot fill "{${name}}" of the URL: ${why}`);
  };
  const filled = url.replace(NAMES, (braces) => {
    const name = braces.slice(1, -1);
    used.add(name);
    const value: unknown = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return fail(name, `"path" has no "${name}", give it`);
    const text = typeof value === "object" || typeof value === "symbol" || value === null ||
        typeof value === "function"
      ? fail(name, `its value is ${kindOf(value)}, give a string or a number`)
      : String(value);
    if (text === "" || text === "." || text === "..") {
      return fail(name, `its value is "${text}", which would be another path`);
    }
    return encodeURIComponent(text);
  });
  const unknown = Object.keys(values).find((name) => !used.has(name));
  if (unknown !== undefined) return fail(unknown, "the URL has no such name in braces");
  return filled;
}
