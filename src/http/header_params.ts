// RFC 9110, 5.6.6: token or quoted string. Sticky, so that what is inside of quotes never counts.
const PARAMETER = /\s*;\s*(?:([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\[^])*)"|([^;,"\s]*)))?)?/gy;

/**
 * The parameters at the start of a text such as `; rel="next"; title=x`, by lower-case name. Of one
 * that repeats the first counts; what comes after something else is left.
 */
export function headerParams(text: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const [, name, quoted, plain] of text.matchAll(PARAMETER)) {
    const key = name?.toLowerCase();
    if (key === undefined || params.has(key)) continue;
    params.set(key, quoted?.replace(/\\([^])/g, "$1") ?? plain ?? "");
  }
  return params;
}
