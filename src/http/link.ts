/** One link of a `link` header. */
export interface Link {
  /** What it points to, as written; it may be relative. */
  readonly target: string;
  /** Its parameters by lower-case name, such as `rel`. */
  readonly params: Record<string, string>;
}

const SEPARATORS = /[\s,]*/y;
const PARAMETER = /\s*;\s*(?:([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\[^])*)"|([^;,"\s]*)))?)?/y;
// Up to a comma outside of quotes. A quote that is never closed reaches to the end.
const REST = /(?:[^",]|"(?:[^"\\]|\\[^]?)*(?:"|$))*/y;

/**
 * Parses a `link` header (RFC 8288, 3 and appendix B). What cannot be read is skipped up to the
 * next comma; of a parameter that repeats the first counts, as the RFC says for `rel`.
 */
export function parseLink(value: string): Link[] {
  const links: Link[] = [];
  let position = 0;
  const match: Match = (pattern) => {
    pattern.lastIndex = position;
    const found = pattern.exec(value);
    if (found) position = pattern.lastIndex;
    return found;
  };
  for (match(SEPARATORS); position < value.length; match(SEPARATORS)) {
    if (value[position] === "<") {
      const end = value.indexOf(">", position);
      if (end < 0) break;
      const target = value.slice(position + 1, end).trim();
      position = end + 1;
      links.push({ target, params: readParams(match) });
    }
    match(REST);
  }
  return links;
}

/** Matches a sticky pattern at the current position and moves behind it. */
type Match = (pattern: RegExp) => RegExpExecArray | null;

function readParams(match: Match): Record<string, string> {
  const params = new Map<string, string>();
  for (let found = match(PARAMETER); found; found = match(PARAMETER)) {
    const [, name, quoted, plain] = found;
    const key = name?.toLowerCase();
    if (key === undefined || key === "__proto__" || params.has(key)) continue;
    params.set(key, quoted?.replace(/\\([^])/g, "$1") ?? plain ?? "");
  }
  return Object.fromEntries(params);
}

/** Whether a link has a relation; relations are separated by spaces, case does not count. */
export function hasRelation(link: Link, relation: string): boolean {
  const relations = (link.params.rel ?? "").toLowerCase().split(/\s+/);
  return relations.includes(relation.toLowerCase());
}

/** The target of the first link of a relation; one with an anchor is about something else. */
export function targetOf(relation: string, headers: Headers): string | undefined {
  const links = parseLink(headers.get("link") ?? "");
  return links.find((link) => hasRelation(link, relation) && link.params.anchor === undefined)
    ?.target;
}
