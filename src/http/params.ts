import { entriesOf, isPlain, kindOf, tagOf } from "./pairs.ts";

/** One value of a query or form parameter: `null` is empty, a `Date` is written as ISO 8601. */
export type ParamValue = string | number | boolean | bigint | Date | null | undefined;

/** A nested object of parameters; it needs `paramsSerializer` to say how it is written. */
export interface NestedParams {
  /** Values by name. */
  readonly [name: string]: ParamValue | readonly (ParamValue | NestedParams)[] | NestedParams;
}

/** What a user may give as `params` or `form`. `undefined` removes an inherited parameter. */
export type Params =
  | URLSearchParams
  | Iterable<readonly [string, ParamValue | readonly ParamValue[]]>
  | NestedParams;

/** A parameter after merging. */
type ParamEntry = [string, ParamValue | readonly ParamValue[]];

/** How arrays and nested objects are written. */
export interface ParamsFormat {
  /**
   * `repeat`: `a=1&a=2`; `brackets`: `a[]=1&a[]=2`; `indices`: `a[0]=1&a[1]=2`; `comma`: `a=1,2`.
   *
   * @default {"repeat"}
   */
  arrayFormat?: "repeat" | "brackets" | "indices" | "comma" | undefined;
  /**
   * `brackets`: `a[b]=1`; `dots`: `a.b=1`. Without it a nested object is an error.
   *
   * @default {undefined}
   */
  nested?: "brackets" | "dots" | undefined;
}

/** Which option an error is about. */
type ParamsOption = "params" | "form";

/** What each format adds to the name of an array's item, `#` for its index; `comma` writes one name. */
const SUFFIXES: Readonly<Record<string, string>> = {
  repeat: "",
  brackets: "[]",
  indices: "[#]",
  comma: "",
};

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function paramEntries(params: Params, option: ParamsOption): ParamEntry[] {
  const entries: ParamEntry[] = entriesOf(params, option, "an object, pairs or URLSearchParams");
  if (Object.hasOwn(params, "0") && !(Symbol.iterator in params)) refuseSpread(entries, option);
  return entries;
}

/** Refuses what `{ ...pairs }` makes of pairs: names that are their places. */
function refuseSpread(entries: readonly ParamEntry[], option: ParamsOption): void {
  const numbered = entries.filter(([name]) => /^\d+$/.test(name));
  const isSpread = numbered.every(([name, value], index) =>
    name === `${index}` && isArray(value) && value.length === 2 && typeof value[0] === "string"
  );
  if (!isSpread) return;
  throw new TypeError(
    `Cannot use pairs that were spread into an object as "${option}": add one by ` +
      `"[...${option}, ["name", "value"]]", or give an object from the start`,
  );
}

/**
 * Merges layers by name; a later layer replaces same-named parameters of earlier ones. Values are
 * not looked at, since a user's serializer may take more than this module does.
 */
export function mergeParams(...layers: readonly (Params | undefined)[]): ParamEntry[] {
  let merged: ParamEntry[] = [];
  for (const layer of layers) {
    if (layer === undefined) continue;
    const entries = paramEntries(layer, "params");
    const names = new Set(entries.map(([name]) => name));
    const given = entries.filter(([, value]) => value !== undefined);
    merged = [...merged.filter(([name]) => !names.has(name)), ...given];
  }
  return merged;
}

/** The text of one value, `undefined` for one that is left out. */
function formatParam(name: string, value: unknown, option: ParamsOption): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "";
  const isForm = option === "form";
  const task = `Cannot encode ${isForm ? "form field" : "parameter"} "${name}"`;
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${task}: ${value} is not a finite number`);
      return String(value);
    case "string":
    case "boolean":
    case "bigint":
      return String(value);
  }
  if (tagOf(value) === "Date") {
    const date = value as Date;
    if (Number.isNaN(date.getTime())) throw new RangeError(`${task}: its date is invalid`);
    return date.toISOString();
  }
  const advice = isForm
    ? 'use "json" for data and "files" for files'
    : 'give "paramsSerializer", such as { nested: "brackets" }';
  throw new TypeError(`${task}: ${kindOf(value)} has no text form, ${advice}`);
}

/** The texts of a value, which may be an array. */
function textsOf(name: string, value: unknown, option: ParamsOption): string[] {
  return (isArray(value) ? value : [value])
    .map((item) => formatParam(name, item, option))
    .filter((text) => text !== undefined);
}

/** The names and texts of parameters, arrays repeated; used by the multipart encoder. */
export function formatEntries(params: Params, option: ParamsOption): [string, string][] {
  return paramEntries(params, option).flatMap(([name, value]) =>
    textsOf(name, value, option).map((text): [string, string] => [name, text])
  );
}

/** Writes a name and a text as `URLSearchParams` does. */
function encode(name: string, text: string): string {
  return new URLSearchParams([[name, text]]).toString();
}

/** Deeper objects refer to themselves, or are no parameters. */
const MAX_DEPTH = 32;

function isNested(value: unknown): value is NestedParams {
  return typeof value === "object" && value !== null && isPlain(value);
}

/** The entries without nested objects: their names are joined. */
function flatten(entries: ParamEntry[], nested: ParamsFormat["nested"]): ParamEntry[] {
  if (nested === undefined) return entries;
  if (nested !== "brackets" && nested !== "dots") {
    throw new TypeError(
      `Cannot encode parameters: unknown "nested" ${kindOf(nested)}, use "brackets" or "dots"`,
    );
  }
  const flat: ParamEntry[] = [];
  const add = (name: string, value: unknown, depth: number): void => {
    if (depth > MAX_DEPTH) {
      throw new TypeError(`Cannot encode parameter "${name}": it is nested too deep`);
    }
    const inside = (key: string) => nested === "dots" ? `${name}.${key}` : `${name}[${key}]`;
    if (isArray(value) && value.some(isNested)) {
      for (const [index, item] of value.entries()) add(inside(`${index}`), item, depth + 1);
    } else if (isNested(value)) {
      for (const [key, item] of Object.entries(value)) add(inside(key), item, depth + 1);
    } else flat.push([name, value as ParamValue]);
  };
  for (const [name, value] of entries) add(name, value, 0);
  return flat;
}

/** Serializes parameters as `application/x-www-form-urlencoded`. */
export function serializeParams(
  params: Params,
  { arrayFormat = "repeat", nested }: ParamsFormat = {},
  option: ParamsOption = "params",
): string {
  const suffix = Object.hasOwn(SUFFIXES, arrayFormat) ? SUFFIXES[arrayFormat] : undefined;
  if (suffix === undefined) {
    throw new TypeError(
      `Cannot encode parameters: unknown "arrayFormat" "${arrayFormat}", ` +
        'use "repeat", "brackets", "indices" or "comma"',
    );
  }
  return flatten(paramEntries(params, option), nested).flatMap(([name, value]) => {
    const texts = textsOf(name, value, option);
    if (!isArray(value)) return texts.map((text) => encode(name, text));
    if (arrayFormat !== "comma" || texts.length === 0) {
      return texts.map((text, index) => encode(name + suffix.replace("#", `${index}`), text));
    }
    // The separator stays a plain comma, so that one inside of a value (%2C) can be told apart.
    return [encode(name, "") + texts.map((text) => encode("", text).slice(1)).join(",")];
  }).join("&");
}

/** Puts a query in the place of that of a URL, after what is kept of it. */
function joinQuery(path: string, kept: string, added: string): string {
  const glue = kept !== "" && added !== "" && !kept.endsWith("&") ? "&" : "";
  const query = kept + glue + added;
  return path + (query === "" ? "" : "?") + query;
}

/** The path of a URL without fragment, and its query. */
function splitQuery(url: string): [path: string, query: string] {
  const mark = url.indexOf("?");
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}

/**
 * Adds parameters to a URL without fragment. They replace same-named ones (also those written
 * `name[]` or `name[0]`, for an array) and follow the others, which keep every byte.
 */
export function applyParams(url: string, params: Params, format?: ParamsFormat): string {
  const entries = flatten(mergeParams(params), format?.nested);
  if (entries.length === 0) return url;
  const names = new Set(entries.map(([name]) => name));
  const arrays = new Set(entries.filter(([, value]) => isArray(value)).map(([name]) => name));
  const [path, query] = splitQuery(url);
  const kept = query.split("&").filter((piece) => {
    // The leading "&" keeps a "?" that belongs to the name.
    const [name] = new URLSearchParams(`&${piece}`).keys();
    if (name === undefined) return true;
    return !names.has(name) && !arrays.has(name.replace(/\[\d*\]$/, ""));
  });
  return joinQuery(
    path,
    kept.join("&"),
    serializeParams(entries, { ...format, nested: undefined }),
  );
}

/** Adds what a user's serializer returned to the query of a URL without fragment. */
export function applyQuery(url: string, query: string): string {
  const [path, kept] = splitQuery(url);
  // What a URL parser would encode, or take for the start of a fragment, is encoded here.
  const added = query.replace(/^\?/, "").replace(
    /(?:[^\x21-\x7e]|[#"<>'])+/gu,
    (characters) => encode("", characters).slice(1).replaceAll("+", "%20"),
  );
  return joinQuery(path, kept, added);
}
