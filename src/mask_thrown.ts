/*
 * What others have thrown: it knows nothing of secrets, and its texts may quote them.
 */
import { isError } from "./http/pairs.ts";
import {
  decoded,
  isSecret,
  MASKED,
  maskText,
  maskUrl,
  MIN_SECRET,
  PARAM,
  type RawRequest,
  userinfoOf,
} from "./mask.ts";

/** Makes what masks texts of others about a request: URLs in them, and the secrets it carries. */
export function maskerOf(request: Partial<RawRequest> | undefined): (text: string) => string {
  const { redact = [] } = request ?? {};
  const url = String(request?.url ?? "");
  let secrets: readonly string[] | undefined;
  return (text) => {
    // Its own URL first: only of that it is known where it ends.
    let masked = url === "" ? text : text.replaceAll(url, maskUrl(url, redact));
    masked = maskText(masked, redact);
    secrets ??= request ? secretsOf(request) : [];
    for (const secret of secrets) masked = masked.replaceAll(secret, MASKED);
    return masked;
  };
}

/** The secrets that a request carries, longest first. */
function secretsOf(
  { url = "", headers = [], network, redact = [] }: Partial<RawRequest>,
): string[] {
  const secrets: string[] = [];
  for (const [name, value] of headers) {
    // The scheme of a credential is none of it.
    if (isSecret(name, redact)) secrets.push(value, value.slice(value.indexOf(" ") + 1));
  }
  const urls = [String(url), network?.proxy ?? ""];
  for (const text of urls) {
    const userinfo = text.slice(...userinfoOf(text) ?? [0, 0]);
    secrets.push(userinfo, userinfo.slice(userinfo.indexOf(":") + 1));
    for (const [, , name = "", value = ""] of redact.length > 0 ? text.matchAll(PARAM) : []) {
      if (isSecret(decoded(name), redact)) secrets.push(value);
    }
  }
  return secrets.flatMap((secret) => [secret, decoded(secret)])
    .filter(({ length }) => length >= MIN_SECRET).sort((a, b) => b.length - a.length);
}

/** More causes stay as they are. */
const MAX_CAUSES = 64;

/**
 * Masks the texts of what others have thrown, its causes and its errors included, in place: it stays
 * the same object. Gives another one for what cannot be changed.
 */
export function maskThrown(
  thrown: unknown,
  mask: (text: string) => string,
  seen: Set<unknown> = new Set(),
): unknown {
  if (typeof thrown === "string") return mask(thrown);
  if (!isError(thrown) || seen.has(thrown) || seen.size === MAX_CAUSES) return thrown;
  seen.add(thrown);
  const inner = (value: unknown): unknown => maskThrown(value, mask, seen);
  const masked = (name: string, value: unknown): unknown => {
    if (name === "cause") return inner(value);
    if (name === "errors" && Array.isArray(value)) return inAll(value, inner);
    if (name === "request" && typeof value === "object") return maskRequest(value, mask);
    return typeof value === "string" ? mask(value) : value;
  };
  try {
    for (const name of new Set(["message", "stack", ...Object.getOwnPropertyNames(thrown)])) {
      const given: unknown = thrown[name as "message"];
      const value = masked(name, given);
      if (value === given) continue;
      const enumerable = Object.prototype.propertyIsEnumerable.call(thrown, name);
      // The message of a DOMException has a getter only.
      Object.defineProperty(thrown, name, {
        value,
        enumerable,
        configurable: true,
        writable: true,
      });
    }
    return thrown;
  } catch {
    // A frozen one.
    const copy = new Error(mask(thrown.message), { cause: inner(thrown.cause) });
    return Object.assign(copy, { name: thrown.name, stack: mask(thrown.stack ?? "") });
  }
}

/** What an error keeps of its request. */
function maskRequest(request: { readonly url?: unknown } | null, mask: (text: string) => string) {
  if (typeof request?.url !== "string") return request;
  const url = mask(request.url);
  return url === request.url ? request : { ...request, url };
}

function inAll(items: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  const changed = items.map(change);
  return changed.some((item, index) => item !== items[index]) ? changed : items;
}
