/** Which URLs a route answers. */
export interface UrlMatch {
  /** The same for two routes that are one. */
  readonly key: string;
  /** Of several that match, the one with the highest answers. */
  readonly exactness: number;
  matches(url: string): boolean;
}

/** What recordings hold in place of a secret. */
const MASKED = "***";

const ANY_ORIGIN = "http://any-origin";

/**
 * Makes the match of a URL with or without query, of a path on any origin, or of a pattern. A
 * segment `:name` stands for any one.
 *
 * @param literal Whether such a segment is text as any other: that of a recording.
 */
export function urlMatch(url: string | URL | RegExp, literal = false): UrlMatch {
  if (isPattern(url)) return patternMatch(url);
  const text = String(url);
  if (text === "*") return { key: "*", exactness: 0, matches: () => true };
  const isPath = /^\/(?![/\\])/.test(text);
  const wanted = parse(text, isPath);
  const place = placeOf(wanted, isPath);
  const pattern = literal ? undefined : segmentPattern(place);
  const isPlace = (other: string): boolean => pattern ? pattern.test(other) : other === place;
  const mark = literal && SEGMENT.test(place) ? " as it is" : "";
  const exactness = (isPath ? 2 : 6) + (pattern ? 0 : 2);
  if (!wanted.href.replace(/#.*/s, "").includes("?")) {
    const matches = (sent: string): boolean => isPlace(placeOf(new URL(sent), isPath));
    return { key: place + mark, exactness, matches };
  }
  const query = sorted(wanted);
  return {
    key: `${place}?${new URLSearchParams(query)}${mark}`,
    exactness: exactness + 1,
    matches: (sent) => {
      const other = new URL(sent);
      return isPlace(placeOf(other, isPath)) && sameQuery(sorted(other), query);
    },
  };
}

const SEGMENT = /\/:[A-Za-z_]\w*(?=\/|$)/;

/** What a place with segments `:name` matches. */
function segmentPattern(place: string): RegExp | undefined {
  if (!SEGMENT.test(place)) return undefined;
  const parts = place.split(new RegExp(SEGMENT, "g"));
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join("/[^/]+")}$`);
}

/** Known by its brand: another realm, such as that of a test runner, has a class of its own. */
function isPattern(url: string | URL | RegExp): url is RegExp {
  return Object.prototype.toString.call(url) === "[object RegExp]";
}

function patternMatch(pattern: RegExp): UrlMatch {
  // With the flags g and y a pattern would remember where its last test ended.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return { key: String(stateless), exactness: 1, matches: (sent) => stateless.test(sent) };
}

function parse(text: string, isPath: boolean): URL {
  try {
    return new URL(text, isPath ? ANY_ORIGIN : undefined);
  } catch (cause) {
    throw new TypeError(
      `Cannot register a route for "${text}": give an absolute URL, a path that begins with "/", ` +
        `"*" or a RegExp`,
      { cause },
    );
  }
}

/** Origin and path; userinfo is no part of it, as recordings mask it. */
function placeOf(url: URL, isPath: boolean): string {
  return isPath ? url.pathname : `${url.protocol}//${url.host}${url.pathname}`;
}

/** By name; values of one name keep their order, which means something. */
function sorted(url: URL): [string, string][] {
  const params = new URLSearchParams(url.search);
  params.sort();
  return [...params];
}

function sameQuery(sent: [string, string][], wanted: [string, string][]): boolean {
  return sent.length === wanted.length && wanted.every(([name, value], index) => {
    const other = sent[index];
    return other?.[0] === name && (value === MASKED || other[1] === value);
  });
}
