import { getPublicSuffix } from "tough-cookie";

/** How a request relates to the site that the call began at (RFC 6265bis, 5.2). */
export type SiteContext = "strict" | "lax" | "none";

/** RFC 6265bis, 5.5: no cookie lives longer. */
const LONGEST_SECONDS = 400 * 24 * 60 * 60;
const SAFE = ["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"];

/**
 * A `set-cookie` field with `expires` in place of `max-age`. The jar counts `max-age` from the last
 * use of a cookie, and by the computer's clock; it ends at a fixed time of the client's clock.
 */
export function withExpiry(field: string, nowMs: number): string {
  const [pair = "", ...attributes] = field.split(";");
  const seconds = attributes.map((text) => /^\s*max-age\s*=\s*(-?\d+)\s*$/i.exec(text)?.[1])
    .findLast((value) => value !== undefined);
  if (seconds === undefined) return field;
  const lifetime = Math.min(Number(seconds), LONGEST_SECONDS);
  // Dates have whole seconds: none shorter than told, and what has ended is far in the past.
  const until = lifetime <= 0 ? 0 : Math.ceil(nowMs / 1000 + lifetime) * 1000;
  const rest = attributes.filter((text) => !/^\s*(max-age|expires)\s*(=|$)/i.test(text));
  return [pair, ...rest, ` Expires=${new Date(until).toUTCString()}`].join(";");
}

/** The site of a URL: scheme and registrable domain, or the host where there is none. */
export function siteOf(url: string): string {
  const { protocol, hostname } = new URL(url);
  const domain = getPublicSuffix(hostname, { allowSpecialUseDomain: true, ignoreError: true });
  return `${protocol}//${domain ?? hostname}`;
}

/**
 * Which cookies with `SameSite` a request may carry: all of them, as long as the call and its
 * redirects stay on one site; else `Lax` ones with safe methods, as a browser that follows a link.
 */
export function siteContext(sites: readonly string[], method: string): SiteContext {
  if (new Set(sites).size <= 1) return "strict";
  return SAFE.includes(method) ? "lax" : "none";
}

/** A `cookie` field of the jar's cookies and the caller's own, which win over those of the same name. */
export function cookieField(
  ofJar: readonly { readonly name: string; readonly text: string }[],
  own: string | null,
): string | undefined {
  const pairs = (own ?? "").split(";").map((pair) => pair.trim()).filter((pair) => pair !== "");
  const names = new Set(pairs.map((pair) => pair.split("=", 1)[0]?.trim()));
  const kept = ofJar.filter(({ name }) => !names.has(name)).map(({ text }) => text);
  const all = [...kept, ...pairs];
  return all.length > 0 ? all.join("; ") : undefined;
}
