import { hash } from "./hashes.ts";

// The names that errors and logs mask: a response to one of their values is not for another.
const CREDENTIALS = ["authorization", "cookie", "proxy-authorization", "x-api-key"];

/** The key of a resource: method and full URL. */
export function resourceKey(method: string, url: string): string {
  const [address = ""] = url.split("#", 1);
  return `${method} ${address}`;
}

/** The key of one of its variants. A URL in a key has no `#`, so it cannot be another resource's. */
export function variantKey(resource: string, generation: string, selector: string): string {
  return `${resource}#${generation}.${selector}`;
}

/**
 * What tells the variants of a resource apart: the values of the fields that `vary` names, and of
 * all credentials. Empty if there are none; hashed, so that no store sees a credential.
 *
 * @param vary The names of `vary`, sorted.
 * @param headers The fields of the request.
 * @param secrets More names of credentials.
 * @throws {TypeError} If the runtime has no synchronous hashes.
 */
export function variantSelector(
  vary: readonly string[],
  headers: Headers,
  secrets: readonly string[] = [],
): string {
  const names = [...CREDENTIALS, ...secrets.map((name) => name.toLowerCase())]
    .filter((name) => isToken(name) && headers.has(name));
  if (vary.length + names.length === 0) return "";
  const list = [...new Set([...vary, ...names])].sort();
  return hash(JSON.stringify(list.map((name) => [name, isToken(name) ? headers.get(name) : null])));
}

/** `Headers` throws on other names. */
function isToken(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name);
}
