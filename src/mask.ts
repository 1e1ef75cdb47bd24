/** What stands where a secret was. */
export const MASKED = "***";

const SENSITIVE = new Set([
  "authorization",
  "cookie",
  "set-cookie",
  "proxy-authorization",
  "x-api-key",
]);

function isSecret(name: string, redact: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return SENSITIVE.has(lower) || redact.some((extra) => extra.toLowerCase() === lower);
}

/**
 * Masks the userinfo of a URL and the parameters that `redact` names, as errors and logs do.
 * Works on text, so a URL that does not parse is masked as well.
 */
export function maskUrl(url: string, redact: readonly string[] = []): string {
  const masked = url.replace(/^([^/?#]*\/\/)[^/?#]*@/, `$1${MASKED}@`);
  if (redact.length === 0) return masked;
  return masked.replace(/([?&])([^=&#]*)=([^&#]*)/g, (whole, mark, name) => {
    let plain = name.replaceAll("+", " ");
    try {
      plain = decodeURIComponent(plain);
    } catch {
      // A name that is not percent-encoded UTF-8 is compared as it stands.
    }
    return isSecret(plain, redact) ? `${mark}${name}=${MASKED}` : whole;
  });
}

/** Masks header or record values by name. */
export function maskEntries(
  entries: Iterable<readonly [string, unknown]>,
  redact: readonly string[] = [],
): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    if (name === "__proto__") continue;
    masked[name] = isSecret(name, redact) ? MASKED : value;
  }
  return masked;
}

/**
 * Masks a URL, headers or a record as errors and logs do: userinfo in a URL, and the values of
 * `authorization`, `cookie`, `set-cookie`, `proxy-authorization`, `x-api-key` and of every name in
 * `redact`, compared without regard to case.
 *
 * @param value A URL (text or `URL`), `Headers`, or a plain record.
 * @param redact More header and parameter names to mask.
 * @returns A masked copy: a string for a URL, a record otherwise.
 *
 * @example Usage
 * ```ts
 * import { mask } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mask("https://me:secret@example.com/?key=1", ["key"]), "https://***@example.com/?key=***");
 * assertEquals(mask({ authorization: "Bearer 1", accept: "*" }), { authorization: "***", accept: "*" });
 * ```
 */
export function mask(value: string | URL, redact?: readonly string[]): string;
/** Masks headers or a record, see above. */
export function mask(
  value: Headers | Record<string, unknown>,
  redact?: readonly string[],
): Record<string, unknown>;
export function mask(
  value: string | URL | Headers | Record<string, unknown>,
  redact: readonly string[] = [],
): string | Record<string, unknown> {
  if (typeof value === "string" || value instanceof URL) return maskUrl(String(value), redact);
  return maskEntries(value instanceof Headers ? value : Object.entries(value), redact);
}
