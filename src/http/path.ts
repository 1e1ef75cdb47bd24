import { kindOf } from "./pairs.ts";

/** What a user may give as `path`: a value for each name in braces. */
export type PathValues = Readonly<Record<string, string | number | bigint | boolean>>;

/**
 * Fills the names in braces of a URL (RFC 6570, level 1): each value becomes one segment, encoded.
 *
 * @throws {TypeError} For a name without a value, and a value without a name.
 */
export function fillPath(url: string, values: PathValues): string {
  const used = new Set<string>();
  const fail = (name: string, why: string): never => {
    throw new TypeError(`Cannot fill "{${name}}" of the URL: ${why}`);
  };
  const filled = url.replace(/\{([^{}/?#]{1,200})\}/g, (_, name: string) => {
    used.add(name);
    const value: unknown = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return fail(name, `"path" has no "${name}", give it`);
    const text = typeof value === "object" || typeof value === "symbol" || value === null ||
        typeof value === "function"
      ? fail(name, `its value is ${kindOf(value)}, give a string or a number`)
      : String(value);
    if (text === "" || text === "." || text === "..") {
      return fail(name, `its value is "${text}", which would be another path`);
    }
    return encodeURIComponent(text);
  });
  const unknown = Object.keys(values).find((name) => !used.has(name));
  if (unknown !== undefined) return fail(unknown, "the URL has no such name in braces");
  return filled;
}
