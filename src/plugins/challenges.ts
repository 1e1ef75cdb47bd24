/** One challenge of a `www-authenticate` header (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** The scheme, lower case. */
  readonly scheme: string;
  /** The parameters by their names in lower case, unquoted. */
  readonly params: ReadonlyMap<string, string>;
}

const SPACE = /[ \t]*/y;
const GAP = /[ \t,]*/y;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const PARAM = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",=]+))/y;
/** What a challenge has in place of parameters, such as the token of Negotiate. */
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Reads all challenges of a `www-authenticate` header, which may be several joined by commas, as
 * the parameters of each are too. It stops at the first place that is no challenge.
 */
export function readChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };
  while (true) {
    take(GAP);
    const [scheme] = take(TOKEN) ?? [];
    if (scheme === undefined) return challenges;
    const params = new Map<string, string>();
    challenges.push({ scheme: scheme.toLowerCase(), params });
    take(SPACE);
    if (take(TOKEN68)) continue;
    let match: RegExpExecArray | null;
    while ((match = take(PARAM)) !== null) {
      const [, name = "", quoted, plain = ""] = match;
      const key = name.toLowerCase();
      // The first of a name counts: a later one may have been smuggled in.
      if (!params.has(key)) params.set(key, quoted?.replace(/\\(.)/g, "$1") ?? plain);
      take(GAP);
    }
  }
}

/** Reads a header that is one list of parameters, such as `authentication-info`. */
export function readParams(header: string): ReadonlyMap<string, string> {
  return readChallenges(`list ${header}`)[0]?.params ?? new Map();
}

/** Writes text as a quoted string. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
