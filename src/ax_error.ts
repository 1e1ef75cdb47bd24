import type { AxResponse } from "./http/response.ts";
import { isError } from "./http/pairs.ts";
import {
  decoded,
  isSecret,
  keepRedact,
  MASKED,
  maskEntries,
  maskText,
  maskUrl,
  MIN_SECRET,
  PARAM,
  type RawRequest,
  redactOf,
  userinfoOf,
} from "./mask.ts";

const BRAND = Symbol.for("@ax/client.error");

/** Which request an error is about. The URL is masked. */
export interface ErrorRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The full URL, with userinfo and redacted parameters masked. */
  readonly url: string;
}

/** What every {@linkcode AxError} can carry. */
export interface AxErrorOptions {
  /** The request that failed; the error keeps it masked. */
  request?: RawRequest | undefined;
  /** The response, where one was received. */
  response?: AxResponse | undefined;
  /** How many attempts were made. */
  attempts?: number | undefined;
  /** What was thrown below. It stays the same object; secrets of the request in its texts are masked. */
  cause?: unknown;
}

/**
 * The base of everything that this package throws, misuse aside (that is a `TypeError` or a
 * `RangeError`). The same call fails with the same class, code and message in both call styles.
 */
export class AxError extends Error {
  /** The name of the class. */
  override readonly name: string = "AxError";
  /** A constant for each class, safe to compare across copies of the package. */
  readonly code: string = "AX_ERROR";
  /** The request that failed; its URL is masked. */
  declare readonly request?: ErrorRequest;
  /** How many attempts were made when the call ended. */
  declare attempts?: number;
  /** The response, where one was received. Not enumerable, so that logging an error shows no body. */
  declare readonly response?: AxResponse;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(message: string, options: AxErrorOptions = {}) {
    const { cause, request, response, attempts } = options;
    // Messages may quote texts of others, which know nothing of secrets.
    const mask = maskerOf(request);
    super(mask(message), cause === undefined ? undefined : { cause: maskThrown(cause, mask) });
    Object.defineProperty(this, BRAND, { value: true });
    if (request) {
      const { method, url, redact } = request;
      if (redact?.length) keepRedact(this, redact);
      keep(this, { request: { method, url: maskUrl(String(url), redact) } });
    }
    if (attempts !== undefined) keep(this, { attempts });
    if (response) Object.defineProperty(this, "response", { value: response, configurable: true });
  }

  /**
   * The error as plain data, with secrets masked and without any body.
   *
   * @returns A record that `JSON.stringify` takes.
   */
  toJSON(): Record<string, unknown> {
    const { name, code, message, request, attempts, response } = this;
    return {
      name,
      code,
      message,
      ...request && { request: { method: request.method, url: request.url } },
      ...attempts !== undefined && { attempts },
      ...response && {
        response: {
          status: response.status,
          statusText: response.statusText,
          headers: maskEntries(response.headers, redactOf(this)),
        },
      },
      ...this.cause !== undefined && { cause: causeToJSON(this.cause, redactOf(this)) },
    };
  }
}

/** Sets members of an error that have a value. */
export function keep(error: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) Object.assign(error, { [name]: value });
  }
}

/** Deeper causes are left out: a chain may be a loop. */
const MAX_DEPTH = 8;
let depth = 0;

function causeToJSON(cause: unknown, redact: readonly string[]): unknown {
  if (isAxError(cause)) {
    if (depth === MAX_DEPTH) return undefined;
    depth++;
    try {
      return cause.toJSON();
    } finally {
      depth--;
    }
  }
  if (isError(cause)) return { name: cause.name, message: maskText(cause.message, redact) };
  if (typeof cause === "string") return maskText(cause, redact);
  return ["number", "boolean"].includes(typeof cause) || cause === null ? cause : undefined;
}

/**
 * Whether a value is an error of this package, also of another copy of it.
 *
 * @typeParam T The type of its response's data.
 * @param value Anything, such as what a `catch` got.
 * @returns Whether it is an {@linkcode AxError}.
 *
 * @example Usage
 * ```ts
 * import { create, isAxError } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://example.com/").reply(404);
 * const api = create({ transport });
 * try {
 *   api.getSync("https://example.com/");
 * } catch (error) {
 *   assertEquals(isAxError(error) && error.code, "AX_STATUS");
 * }
 * ```
 */
export function isAxError<T = unknown>(
  value: unknown,
): value is AxError & { readonly response?: AxResponse<T> } {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** A message with the reason of a cancel, where it is text. */
export function withReason(message: string, reason: unknown): string {
  const text = isError(reason) ? reason.message : reason;
  return typeof text === "string" && text !== "" ? `${message}: ${text}` : message;
}

/** The code of an error of this package, also of another copy of it. */
export function codeOf(error: unknown): string | undefined {
  return isAxError(error) ? error.code : undefined;
}

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
