import { maskUrl, shorten } from "../mask.ts";
import { kindOf, tagOf } from "./pairs.ts";

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
const NO_PROTOCOL = "it has no protocol, start it with http:// or https://";
// What the URL standard cuts off at both ends, and what it drops within, "/\t/host" included.
const HIDDEN = /^[\0-\x20]|[\t\n\r]/;

/** Resolves the URL of a call against the base URL, see `baseURL` and `allowAbsoluteUrls`. */
export function resolveUrl(url: string | URL, rules: UrlRules): ResolvedUrl {
  const base = rules.baseURL === undefined ? undefined : parseBase(rules.baseURL, rules);
  if (base && typeof url === "string" && PLAIN.test(url)) {
    const slash = url.startsWith("/") ? "" : "/";
    return { url: base.root + slash + url, crossOrigin: false, ...base.credentials };
  }
  if (!base && typeof url === "string" && lastOrigin !== "" && url.startsWith(lastOrigin)) {
    const path = url.slice(lastOrigin.length);
    const known = rules.protocols.includes(lastOrigin.slice(0, lastOrigin.indexOf("/")));
    if (known && path.startsWith("/") && PLAIN.test(path)) return { url, crossOrigin: false };
  }
  return resolveAny(url, base, rules);
}

/** The origin of the last absolute URL, in the form that the parser gave it. */
let lastOrigin = "";

/** Whether a value is a `URL`, also one of another realm. */
export function isUrl(value: unknown): value is URL {
  return value instanceof URL || tagOf(value) === "URL";
}

function resolveAny(given: unknown, base: Base | undefined, rules: UrlRules): ResolvedUrl {
  if (typeof given !== "string" && !isUrl(given)) {
    throw new TypeError(`Cannot build URL: it is ${kindOf(given)}, give a string or a URL`);
  }
  const { allowAbsoluteUrls, protocols, redact, page } = rules;
  const fail: Fail = (reason) => {
    throw new TypeError(`Cannot build URL ${quote(String(given), redact)}: ${reason}`);
  };
  if (base && !allowAbsoluteUrls && typeof given === "string" && HIDDEN.test(given)) {
    fail("it holds spaces or control characters that a URL parser would drop, remove them");
  }
  const text = trimControls(String(given)).replace(/[\t\n\r]/g, "");
  const target = parse(text, base, page, fail);
  if (!protocols.includes(target.protocol)) fail(notAllowed(text, target, protocols));
  const crossOrigin = base !== undefined && !isSameOrigin(target, base.url);
  if (crossOrigin && !allowAbsoluteUrls) {
    fail(
      `it is on another origin than the base URL ("${base.url.protocol}//${base.url.host}"), ` +
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
  if (!base) lastOrigin = `${target.protocol}//${target.host}`;
  return { url: target.href, crossOrigin, ...credentials };
}

/** A text without the spaces and control characters at its ends. */
function trimControls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) <= 0x20) end--;
  let start = 0;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  return text.slice(start, end);
}

/** A text without the slashes at its end. */
function trimSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "/") end--;
  return text.slice(0, end);
}

/** Refuses a base URL that no call could use. */
export function checkBaseURL(baseURL: string | URL, rules: UrlRules): void {
  parseBase(baseURL, rules);
}

type Fail = (reason: string) => never;
type Credentials = Pick<ResolvedUrl, "credentials">;

/** A base URL, with what calls need of it. */
interface Base {
  readonly text: string;
  readonly url: URL;
  /** What paths are added to: no userinfo, no slash at the end. */
  readonly root: string;
  readonly credentials: Credentials | undefined;
}

/** The base URL of the last call: a client's is the same each time. */
let lastBase: Base | undefined;

function parseBase(baseURL: string | URL, { protocols, redact }: UrlRules): Base {
  const text = String(baseURL);
  const fail: Fail = (reason) => {
    throw new TypeError(`Cannot use base URL ${quote(text, redact)}: ${reason}`);
  };
  if (lastBase?.text !== text) {
    const url = tryParse(text) ?? fail("it is not an absolute URL, start it with https://");
    if (/[?#]/.test(url.href)) {
      fail('it has a query or a fragment, use "params" for parameters of every call');
    }
    const { protocol, host, pathname, username, password } = url;
    const root = `${protocol}//${host}${trimSlashes(pathname)}`;
    const credentials = username || password ? credentialsOf(url) : undefined;
    lastBase = { text, url, root, credentials };
  }
  if (!protocols.includes(lastBase.url.protocol)) fail(notAllowed(text, lastBase.url, protocols));
  return lastBase;
}

function parse(
  text: string,
  base: Base | undefined,
  page: string | undefined,
  fail: Fail,
): URL {
  // Never against a base, so that "http:host" means the same whatever the base's protocol is.
  if (SCHEME.test(text)) return tryParse(text) ?? fail("it is not a valid URL");
  if (!base && page) return tryParse(text, page) ?? fail("it is not a valid URL");
  if (SCHEME_RELATIVE.test(text)) {
    if (!base) fail(NO_PROTOCOL);
    const rest = text.replace(/^[/\\]+/, "");
    return tryParse(`${base.url.protocol}//${rest}`) ?? fail("it is not a valid URL");
  }
  if (!base) {
    fail(
      HOST_AND_PORT.test(text)
        ? NO_PROTOCOL
        : 'it is relative and there is no "baseURL", set one or give an absolute URL',
    );
  }
  return join(text, base, fail);
}

/** `URL.parse`, which Node 20 lacks. */
function tryParse(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** Joins with one slash; unlike WHATWG resolution the whole base path is kept. */
function join(text: string, { url: base, root }: Base, fail: Fail): URL {
  const [path = ""] = /^[^?#]*/.exec(text) ?? [];
  const rest = path.replace(/^[/\\]/, "");
  // Many servers decode slashes before they resolve the path.
  if (climbs(rest) || climbs(rest.replace(/%2f|%5c/gi, "/"))) {
    fail("its dot segments climb above the base path, remove them");
  }
  const slashes = base.pathname.slice(trimSlashes(base.pathname).length);
  const end = path === "" ? slashes : `/${rest}`;
  const target = tryParse(root + end + text.slice(path.length)) ?? fail("it is not a valid URL");
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
function credentialsOf(url: URL): Credentials {
  const bytes = `${url.username}:${url.password}`.replace(
    /%([0-9a-f]{2})/gi,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
  return { credentials: `Basic ${btoa(bytes)}` };
}

/** `origin` would be "null" for protocols that the URL standard does not know. */
function isSameOrigin(one: URL, two: URL): boolean {
  return one.protocol === two.protocol && one.host === two.host;
}

/** Quotes a URL for a message, masked before it is cut. */
function quote(url: string, redact?: readonly string[]): string {
  return JSON.stringify(shorten(maskUrl(url, redact)));
}

function notAllowed(text: string, { protocol }: URL, protocols: readonly string[]): string {
  // "localhost:3000/x" has a host where a protocol is read.
  if (HOST_AND_PORT.test(text)) return NO_PROTOCOL;
  const allowed = protocols.map((name) => `"${name}"`).join(" or ");
  return `the protocol "${shorten(protocol)}" is not allowed, use ${allowed}`;
}
