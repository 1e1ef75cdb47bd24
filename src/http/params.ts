/** One value of a query or form parameter: `null` is empty, a `Date` is written as ISO 8601. */
export type ParamValue = string | number | boolean | bigint | Date | null | undefined;

/** What a user may give as `params` or `form`. `undefined` removes an inherited parameter. */
export type Params =
  | URLSearchParams
  | Iterable<readonly [string, ParamValue | readonly ParamValue[]]>
  | Record<string, ParamValue | readonly ParamValue[]>;

/** A parameter after merging. */
export type ParamEntry = [string, ParamValue | readonly ParamValue[]];

/** How arrays are written. */
export interface ParamsFormat {
  /**
   * `repeat`: `a=1&a=2`; `brackets`: `a[]=1&a[]=2`; `indices`: `a[0]=1&a[1]=2`; `comma`: `a=1,2`.
   *
   * @default {"repeat"}
   */
  arrayFormat?: "repeat" | "brackets" | "indices" | "comma" | undefined;
}

/** Which option an error is about. */
export type ParamsOption = "params" | "form";

const FORMATS: ReadonlySet<unknown> = new Set(["repeat", "brackets", "indices", "comma"]);
const PROTO_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function entriesOf(params: Params, option: ParamsOption): ParamEntry[] {
  const given: unknown = params;
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      `Cannot use ${given === null ? "null" : `a ${typeof given}`} as "${option}": ` +
        "give an object, pairs or URLSearchParams",
    );
  }
  if (!isPairs(params)) return Object.entries(params).filter(([name]) => !PROTO_KEYS.has(name));
  return Array.from(params, (pair) => {
    if (!isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string") {
      throw new TypeError(
        `Cannot use an iterable as "${option}": each of its items must be a pair of name and value`,
      );
    }
    return [pair[0], pair[1]];
  });
}

function isPairs(params: Params): params is Exclude<Params, Record<string, unknown>> {
  return Symbol.iterator in params && typeof params[Symbol.iterator] === "function";
}

/**
 * Merges layers by name; a later layer replaces same-named parameters of earlier ones. Values are
 * not looked at, since a user's serializer may take more than this module does.
 */
export function mergeParams(...layers: readonly (Params | undefined)[]): ParamEntry[] {
  let merged: ParamEntry[] = [];
  for (const layer of layers) {
    if (layer === undefined) continue;
    const entries = entriesOf(layer, "params");
    const names = new Set(entries.map(([name]) => name));
    merged = merged.filter(([name]) => !names.has(name));
    merged.push(...entries.filter(([, value]) => value !== undefined));
  }
  return merged;
}

/** The text of one value, `undefined` for one that is left out. */
export function formatParam(
  name: string,
  value: unknown,
  option: ParamsOption = "params",
): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  const task = `Cannot encode ${option === "form" ? "form field" : "parameter"} "${name}"`;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return String(value);
    throw new TypeError(`${task}: ${value} is not a finite number`);
  }
  if (value instanceof Date) {
    if (!Number.isNaN(value.getTime())) return value.toISOString();
    throw new RangeError(`${task}: its date is invalid`);
  }
  if (typeof value !== "object") throw new TypeError(`${task}: a ${typeof value} has no text form`);
  const kind = isArray(value) ? "array" : "object";
  throw new TypeError(
    option === "form"
      ? `${task}: a nested ${kind} has no text form, use "json" for data and "files" for files`
      : `${task}: a nested ${kind} has no text form, give a "paramsSerializer"`,
  );
}

/** The names and texts of parameters, arrays repeated; used by the multipart encoder. */
export function formatEntries(params: Params, option: ParamsOption): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, value] of entriesOf(params, option)) {
    for (const item of isArray(value) ? value : [value]) {
      const text = formatParam(name, item, option);
      if (text !== undefined) pairs.push([name, text]);
    }
  }
  return pairs;
}

/** Encodes one name or value as `URLSearchParams` does. */
function encode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

/** Serializes parameters as `application/x-www-form-urlencoded`. */
export function serializeParams(
  params: Params,
  format: ParamsFormat = {},
  option: ParamsOption = "params",
): string {
  const arrayFormat = format.arrayFormat ?? "repeat";
  if (!FORMATS.has(arrayFormat)) {
    throw new TypeError(
      `Cannot encode parameters: unknown "arrayFormat" "${arrayFormat}", ` +
        'use "repeat", "brackets", "indices" or "comma"',
    );
  }
  const parts: string[] = [];
  for (const [name, value] of entriesOf(params, option)) {
    const texts = (isArray(value) ? value : [value])
      .map((item) => formatParam(name, item, option))
      .filter((text) => text !== undefined)
      .map(encode);
    if (isArray(value)) parts.push(...joinArray(name, texts, arrayFormat));
    else if (texts.length > 0) parts.push(`${encode(name)}=${texts[0]}`);
  }
  return parts.join("&");
}

function joinArray(
  name: string,
  texts: string[],
  arrayFormat: NonNullable<ParamsFormat["arrayFormat"]>,
): string[] {
  if (arrayFormat === "comma") {
    // The separator stays a plain comma, so that one inside of a value (%2C) can be told apart.
    return texts.length > 0 ? [`${encode(name)}=${texts.join(",")}`] : [];
  }
  const suffix = {
    repeat: () => "",
    brackets: () => "[]",
    indices: (index: number) => `[${index}]`,
  };
  return texts.map((text, index) => `${encode(name + suffix[arrayFormat](index))}=${text}`);
}

/** Splits a URL into what stands before the query, the query, and the fragment. */
function splitUrl(url: string): [head: string, query: string, fragment: string] {
  const hash = url.indexOf("#");
  const fragment = hash < 0 ? "" : url.slice(hash);
  const rest = hash < 0 ? url : url.slice(0, hash);
  const mark = rest.indexOf("?");
  return mark < 0 ? [rest, "", fragment] : [rest.slice(0, mark), rest.slice(mark + 1), fragment];
}

function joinUrl(head: string, kept: string, added: string, fragment: string): string {
  const glue = kept !== "" && added !== "" && !kept.endsWith("&") ? "&" : "";
  const query = kept + glue + added;
  return head + (query === "" ? "" : "?") + query + fragment;
}

/** The decoded name of one `name=value` piece of a query. */
function nameOf(piece: string): string | undefined {
  // The leading "&" keeps a "?" that belongs to the name.
  for (const name of new URLSearchParams(`&${piece}`).keys()) return name;
  return undefined;
}

/**
 * Adds parameters to a URL. They replace same-named ones (also those written `name[]` or
 * `name[0]`, for an array) and follow the others, which keep every byte.
 */
export function applyParams(url: string, params: Params, format: ParamsFormat = {}): string {
  const entries = mergeParams(params);
  if (entries.length === 0) return url;
  const names = new Set(entries.map(([name]) => name));
  const arrays = new Set(entries.filter(([, value]) => isArray(value)).map(([name]) => name));
  const [head, query, fragment] = splitUrl(url);
  const kept = query.split("&").filter((piece) => {
    const name = nameOf(piece);
    if (name === undefined) return true;
    return !names.has(name) && !arrays.has(name.replace(/\[\d*\]$/, ""));
  });
  return joinUrl(head, kept.join("&"), serializeParams(entries, format), fragment);
}

/** Adds what a user's serializer returned to the query of a URL. */
export function applyQuery(url: string, query: string): string {
  if (typeof query !== "string") {
    throw new TypeError(
      `Cannot build the query: "paramsSerializer" returned ${typeof query}, return a string`,
    );
  }
  const [head, kept, fragment] = splitUrl(url);
  // What a URL parser would encode, or take for the start of a fragment, is encoded here.
  const added = query.replace(/^\?/, "").replace(
    /[^\x21-\x7e]|[#"<>']/gu,
    (character) => character === " " ? "%20" : encode(character),
  );
  return joinUrl(head, kept, added, fragment);
}
