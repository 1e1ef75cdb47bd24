import { headerParams } from "./headers.ts";

/** One web link of a `link` header. */
export interface WebLink {
  /** What it points to, as written; it may be relative. */
  readonly target: string;
  /** Its parameters by lower-case name, such as `rel`. */
  readonly params: ReadonlyMap<string, string>;
}

// A target, and what follows up to a comma outside of quotes. What is never closed reaches to the
// end. No two open-ended parts overlap, so that the time grows with the length and no faster.
const ELEMENT = /[\s,]*(?:<([^>]*)(>|$))?((?:[^",]|"(?:[^"\\]|\\[^]?)*(?:"|$))*)/g;

/**
 * Parses a `link` header (RFC 8288, 3 and appendix B). What cannot be read is skipped up to the
 * next comma; of a parameter that repeats the first counts, as the RFC says for `rel`.
 */
export function parseLinks(value: string): WebLink[] {
  const links: WebLink[] = [];
  for (const [, target = "", closed, rest = ""] of value.matchAll(ELEMENT)) {
    if (closed) links.push({ target: target.trim(), params: headerParams(rest) });
  }
  return links;
}

/**
 * The target of the first link of a relation, whatever its case; one with an anchor is about
 * something else.
 */
export function targetOf(relation: string, value: string | null): string | undefined {
  return parseLinks(value ?? "").find(({ params }) => {
    const relations = (params.get("rel") ?? "").toLowerCase().split(/\s+/);
    return relations.includes(relation) && !params.has("anchor");
  })?.target;
}
