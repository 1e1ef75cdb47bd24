import { maskUrl } from "../mask.ts";

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
// What the URL standard cuts off or drops without a word, "/\t/host" included.
const CONTROLS_AT_ENDS = /^[\0-\x20]+|[\0-\x20]+$/g;
const CONTROLS_WITHIN = /[\t\n\r]/g;
const HIDDEN_CONTROLS = /^[\0-\x20]|[\t\n\r]/;
const DOUBLE_DOT = /^(?:\.|%2e){2}$/i;
const SINGLE_DOT = /^(?:\.|%2e)$/i;

/** Resolves the URL of a call against the base URL, see `baseURL` and `allowAbsoluteUrls`. */
export function resolveUrl(url: string | URL, rules: UrlRules): ResolvedUrl {
  if (typeof url !== "string" && !(url instanceof URL)) {
    throw new TypeError(
      `Cannot build URL: it is ${url === null ? "null" : `of type ${typeof url}`}, ` +
        "give a string or a URL",
    );
  }
  const fail: Fail = (reason) => {
    throw new TypeError(`Cannot build URL ${quote(String(url), rules.redact)}: ${reason}`);
  };
  const base = rules.baseURL === undefined ? undefined : parseBase(rules.baseURL, rules);
  const text = String(url).replace(CONTROLS_AT_ENDS, "").replace(CONTROLS_WITHIN, "");
  const absolute = SCHEME.test(text) || SCHEME_RELATIVE.test(text);
  if (base && !rules.allowAbsoluteUrls && typeof url === "string" && HIDDEN_CONTROLS.test(url)) {
    fail("it holds spaces or control characters that a URL parser would drop, remove them");
  }
  const target = absolute ? parse(text, base, fail) : join(text, base, fail);
  if (!rules.protocols.includes(target.protocol)) {
    fail(`the protocol "${target.protocol}" is not allowed, use ${list(rules.protocols)}`);
  }
  const crossOrigin = base !== undefined && !isSameOrigin(target, base);
  if (crossOrigin && !rules.allowAbsoluteUrls) {
    fail(
      `it is on another origin than the base URL ("${base.protocol}//${base.host}"), ` +
        "set allowAbsoluteUrls to allow it",
    );
  }
  return finish(target, crossOrigin ? undefined : base, crossOrigin);
}

/** Refuses a base URL that no call could use. */
export function checkBaseURL(baseURL: string | URL, rules: UrlRules): void {
  parseBase(baseURL, rules);
}

type Fail = (reason: string) => never;

/** The base URL of the last call: a client's is the same each time. */
let lastBase: { readonly text: string; readonly url: URL } | undefined;

function parseBase(baseURL: string | URL, rules: UrlRules): URL {
  const text = String(baseURL);
  const base = lastBase?.text === text ? lastBase.url : checkBase(text, rules);
  if (!rules.protocols.includes(base.protocol)) {
    throw new TypeError(
      `Cannot use base URL ${quote(text, rules.redact)}: the protocol "${base.protocol}" is not ` +
        `allowed, use ${list(rules.protocols)}`,
    );
  }
  lastBase = { text, url: base };
  return base;
}

function checkBase(baseURL: string, rules: UrlRules): URL {
  const fail: Fail = (reason) => {
    throw new TypeError(
      `Cannot use base URL ${quote(baseURL, rules.redact)}: ${reason}`,
    );
  };
  const base = tryParse(baseURL) ??
    fail("it is not an absolute URL, start it with https://");
  if (/[?#]/.test(base.href)) {
    fail('it has a query or a fragment, use "params" for parameters of every call');
  }
  return base;
}

function parse(text: string, base: URL | undefined, fail: Fail): URL {
  // Never against a base, so that "http:host" means the same whatever the base's protocol is.
  if (SCHEME.test(text)) return tryParse(text) ?? fail("it is not a valid URL");
  if (!base) fail("it has no protocol, start it with https://");
  const rest = text.replace(/^[/\\]+/, "");
  return tryParse(`${base.protocol}//${rest}`) ?? fail("it is not a valid URL");
}

/** `URL.parse`, which Node 20 lacks. */
function tryParse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Joins with one slash; unlike WHATWG resolution the whole base path is kept. */
function join(text: string, base: URL | undefined, fail: Fail): URL {
  if (!base) {
    fail('it is relative and there is no "baseURL", set one or give an absolute URL');
  }
  const [path = ""] = /^[^?#]*/.exec(text) ?? [];
  const suffix = text.slice(path.length);
  const rest = path.replace(/^[/\\]/, "");
  if (climbs(rest.split(/[/\\]/)) || climbs(rest.split(/[/\\]|%2f|%5c/i))) {
    fail("its dot segments climb above the base path, remove them");
  }
  const root = trimSlashes(base.pathname);
  const pathname = path === "" ? base.pathname : `${root}/${rest}`;
  const target = tryParse(`${base.protocol}//${base.host}${pathname}${suffix}`) ??
    fail("it is not a valid URL");
  const inside = target.pathname === base.pathname || target.pathname.startsWith(`${root}/`);
  return inside && isSameOrigin(target, base) ? target : fail("it leaves the base URL");
}

/**
 * Whether dot segments lead above the start at any point. The caller also asks with encoded
 * slashes taken as slashes, since many servers decode them before they resolve the path.
 */
function climbs(segments: readonly string[]): boolean {
  let depth = 0;
  for (const segment of segments) {
    if (DOUBLE_DOT.test(segment)) depth--;
    else if (!SINGLE_DOT.test(segment)) depth++;
    if (depth < 0) return true;
  }
  return false;
}

function finish(target: URL, base: URL | undefined, crossOrigin: boolean): ResolvedUrl {
  const owner = hasUserinfo(target) ? target : base;
  const credentials = owner && hasUserinfo(owner) ? basic(owner) : undefined;
  // Each setter parses the URL anew, also where there is nothing to remove.
  if (credentials !== undefined && owner === target) target.username = target.password = "";
  if (target.hash !== "" || target.href.endsWith("#")) target.hash = "";
  return { url: target.href, crossOrigin, ...credentials !== undefined && { credentials } };
}

function hasUserinfo(url: URL): boolean {
  return url.username !== "" || url.password !== "";
}

/** RFC 7617, with the percent-encoded UTF-8 of the URL turned into bytes. */
function basic(url: URL): string {
  const bytes = `${url.username}:${url.password}`.replace(
    /%([0-9a-f]{2})/gi,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
  return `Basic ${btoa(bytes)}`;
}

/** `origin` would be "null" for protocols that the URL standard does not know. */
function isSameOrigin(one: URL, two: URL): boolean {
  return one.protocol === two.protocol && one.host === two.host;
}

function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

/** Quotes a URL for a message, masked, also where only a lenient parser would see userinfo. */
function quote(url: string, redact?: readonly string[]): string {
  const lenient = /^(\s*[a-z][a-z0-9+.\-]*:[\s/\\]*|\s*[/\\]\s*[/\\][\s/\\]*)[^/\\?#]*@/i;
  return JSON.stringify(maskUrl(url.replace(lenient, "$1***@"), redact));
}

function list(protocols: readonly string[]): string {
  return protocols.map((protocol) => `"${protocol}"`).join(" or ");
}
