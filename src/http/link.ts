import { headerParams } from "./header_params.ts";

/** One link of a `link` header. */
export interface Link {
  /** What it points to, as written; it may be relative. */
  readonly target: string;
  /** Its parameters by lower-case name, such as `rel`. */
  readonly params: ReadonlyMap<string, string>;
}

// A target, and what follows up to a comma outside of quotes. What is never closed reaches to the
// end.
const ELEMENT = /[\s,]*(?:<([^>]*)(>|$))?((?:[^",]|"(?:[^"\\]|\\[^]?)*(?:"|$))*)/g;

/**
 * Parses a `link` header (RFC 8288, 3 and appendix B). What cannot be read is skipped up to the
 * next comma; of a parameter that repeats the first counts, as the RFC says for `rel`.
 */
export function parseLink(value: string): Link[] {
  const links: Link[] = [];
  for (const [, target = "", closed, rest = ""] of value.matchAll(ELEMENT)) {
    if (closed) links.push({ target: target.trim(), params: headerParams(rest) });
  }
  return links;
}

/** Whether a link has a relation; relations are separated by spaces, case does not count. */
export function hasRelation({ params }: Link, relation: string): boolean {
  return (params.get("rel") ?? "").toLowerCase().split(/\s+/).includes(relation);
}

/** The target of the first link of a relation; one with an anchor is about something else. */
export function targetOf(relation: string, headers: Headers): string | undefined {
  const links = parseLink(headers.get("link") ?? "");
  return links.find((link) => hasRelation(link, relation) && !link.params.has("anchor"))?.target;
}
