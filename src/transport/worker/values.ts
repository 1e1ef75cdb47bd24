/*
 * How values of user functions cross between the caller and the user worker. Structured clone
 * would drop `Headers` and class instances without a word; here everything has a form of its own,
 * and what cannot cross is *kept*: it stays with the caller, and reading it is an error.
 *
 * Objects that both sides know are *roots*: arguments, responses, errors, configs. A root that
 * comes back is the caller's own object again; only what the function changed in it is sent.
 */
import { redactOf } from "../../errors.ts";
import type { AxResponse } from "../../http/response.ts";
import { isResponse } from "../../http/response.ts";
import type { Wire, WireBody } from "./wire.ts";
import { toShallowWire } from "./wire_error.ts";

/** Larger bodies cross when they are first used. */
const EAGER_BYTES = 64 * 1024;

/** What one side needs to turn values into their crossing form. */
export interface EncodeContext {
  /** The root that an object is, where it is one. */
  rootOf(value: object): number | undefined;
  /** Makes a root of a config, a response or an error; only on the caller's side. */
  enter?(value: object): number;
  /** Keeps a value that cannot cross; `what` names its kind. */
  keep(value: unknown, what: string, path: string): Wire;
  /** The body of a response. */
  bodyOf(response: AxResponse): WireBody;
  /** Whether the form must not change with the value. */
  readonly snapshot?: boolean;
}

/** Where an encoder is: the objects around it, and their keys. */
type Trail = { readonly value: object; key: string }[];

/** The crossing form of a value. */
export function encode(value: unknown, context: EncodeContext, trail: Trail = []): Wire {
  if (typeof value === "function") {
    return keep(value, value.name ? `function "${value.name}"` : "a function", context, trail);
  }
  if (typeof value === "symbol") return keep(value, "a symbol", context, trail);
  if (typeof value !== "object" || value === null) return { t: "value", v: value };
  const known = context.rootOf(value);
  if (known !== undefined) return { t: "ref", id: known };
  if (trail.some((place) => place.value === value)) {
    return keep(value, "an object that contains itself", context, trail);
  }
  if (!context.enter || !isShared(value)) return encodeContent(value, context, trail);
  const id = context.enter(value);
  return { t: "root", id, v: encodeContent(value, context, trail) };
}

/** The crossing form of an object, whether it is a root or not. */
export function encodeContent(value: object, context: EncodeContext, trail: Trail = []): Wire {
  const place = { value, key: "" };
  trail.push(place);
  const inner = (member: unknown, key: string): Wire => {
    place.key = key;
    return encode(member, context, trail);
  };
  const wire = Array.isArray(value)
    ? encodeArray(value, inner)
    : isPlain(value)
    ? encodePlain(value, inner)
    : encodeInstance(value, context, inner);
  trail.pop();
  return wire ?? keep(value, describeClass(value), context, trail);
}

function keep(value: unknown, what: string, context: EncodeContext, trail: Trail): Wire {
  return context.keep(value, what, trail.map(({ key }) => key).join("."));
}

/** The key under which a decoded object lists what stayed with the caller; spreads copy it. */
export const KEPT: unique symbol = Symbol("kept by the calling thread");

/** A getter that stands for what has not crossed. */
export type Standin = (() => unknown) & { standsFor?: Wire };

type Inner = (member: unknown, key: string) => Wire;

function encodeArray(value: readonly unknown[], inner: Inner): Wire {
  // By index: an iterator would read what stands for something.
  const members = Array.from({ length: value.length }, (_, index) => {
    const key = String(index);
    return standinAt(value, key) ?? inner(value[index], key);
  });
  return { t: "array", v: members };
}

function encodePlain(value: object, inner: Inner): Wire {
  const members: Record<string, Wire> = {};
  for (const key of Object.getOwnPropertyNames(value)) {
    const wire = standinAt(value, key);
    if (wire) members[key] = wire;
    else if (Object.prototype.propertyIsEnumerable.call(value, key)) {
      put(members, key, inner((value as Record<string, unknown>)[key], key));
    }
  }
  const kept = (value as { [KEPT]?: { of: object; members: Record<string, Wire> } })[KEPT];
  if (kept && kept.of !== value) {
    for (const [key, wire] of Object.entries(kept.members)) {
      if (!Object.hasOwn(value, key)) members[key] = wire;
    }
  }
  return { t: "plain", v: members };
}

/** Sets a member of any name, `__proto__` included. */
export function put(target: object, key: string, value: unknown): void {
  const options = { enumerable: true, writable: true, configurable: true };
  Object.defineProperty(target, key, { value, ...options });
}

function standinAt(value: object, key: string): Wire | undefined {
  const get = Object.getOwnPropertyDescriptor(value, key)?.get as Standin | undefined;
  return get?.standsFor;
}

function encodeInstance(value: object, context: EncodeContext, inner: Inner): Wire | undefined {
  if (value instanceof Headers) return { t: "headers", v: [...value], ...ownOf(value) };
  if (value instanceof URL) return { t: "url", v: value.href };
  if (value instanceof URLSearchParams) return { t: "params", v: value.toString() };
  if (isResponse(value)) return encodeResponse(value, context, inner);
  if (value instanceof Error) return encodeError(value, inner);
  if (!isCloneable(value)) return undefined;
  const own = ownBytes(value);
  return { t: "value", v: context.snapshot && own === value ? copyOf(value) : own };
}

function ownOf(headers: Headers): { own?: Record<string, string> } {
  const own = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return own.length > 0 ? { own: Object.fromEntries(own) } : {};
}

function encodeError(error: Error, inner: Inner): Wire {
  const { response, cause, errors } = error as {
    response?: unknown;
    cause?: unknown;
    errors?: unknown;
  };
  const redact = redactOf(error);
  return {
    t: "error",
    v: toShallowWire(error),
    ...isResponse(response) && { response: inner(response, "response") },
    ...cause !== undefined && { cause: nested(cause, "cause", inner) },
    ...Array.isArray(errors) && { errors: errors.map((each) => nested(each, "errors", inner)) },
    ...redact.length > 0 && { redact },
  };
}

/** What is no error may be anything, and must not be what an error fails to cross for. */
function nested(value: unknown, key: string, inner: Inner): Wire {
  if (value instanceof Error) return inner(value, key);
  return { t: "error", v: toShallowWire(value) };
}

function encodeResponse(response: AxResponse, context: EncodeContext, inner: Inner): Wire {
  const { status, statusText, url, redirected, request, attempts, timings } = response;
  const { method, url: sent, headers } = request;
  const body = context.bodyOf(response);
  const later = standinAt(response, "data") ?? (body === "asked" ? { t: "later" } : undefined);
  return {
    t: "response",
    v: {
      ...{ status, statusText, url, redirected, attempts },
      headers: [...response.headers],
      ...ownOf(response.headers),
      request: { method, url: sent, headers: [...headers] },
      timings: { ...timings },
      redact: redactOf(response),
    },
    data: later as Wire | undefined ?? inner(response.data, "data"),
    body,
  };
}

/** The body of a response for the other side, at once where it is small. */
export function eagerBody(response: AxResponse): WireBody {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = response.bytes();
  } catch {
    return "streamed";
  }
  return bytes.byteLength <= EAGER_BYTES ? ownBytes(bytes).buffer : "asked";
}

/** A copy of a cloneable value; what never changes is itself. */
export function copyOf(value: unknown): unknown {
  const shared = typeof value !== "object" || value === null || value instanceof Blob;
  return shared ? value : structuredClone(ownBytes(value));
}

/** A view that does not bring the rest of its memory with it, nor memory that is shared. */
export function ownBytes<T extends object>(value: T): T {
  if (!ArrayBuffer.isView(value)) return value;
  const { buffer, byteOffset, byteLength } = value;
  const whole = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  if (whole) return value;
  const copy = new Uint8Array(buffer, byteOffset, byteLength).slice().buffer;
  return new (value.constructor as new (buffer: ArrayBuffer) => T)(copy);
}

/** Whether an object stays the same one on both sides wherever it turns up. */
function isShared(value: object): boolean {
  if (isResponse(value) || value instanceof Error) return true;
  return "context" in value && "attempt" in value &&
    (value as { headers?: unknown }).headers instanceof Headers;
}

/** Whether an object is a plain record. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const CLONEABLE = /^\[object (?:Date|RegExp|ArrayBuffer|DataView|\w+Array|Blob|Map|Set)\]$/;

/** Whether a structured clone of an instance loses nothing. */
function isCloneable(value: object): boolean {
  const { constructor } = value;
  if (!CLONEABLE.test(Object.prototype.toString.call(value))) return false;
  if ((globalThis as Record<string, unknown>)[constructor?.name] !== constructor) return false;
  if (!(value instanceof Map || value instanceof Set)) return true;
  const items: unknown[] = value instanceof Map ? [...value].flat() : [...value];
  return items.every((item) => isWhole(item));
}

function isWhole(value: unknown, depth = 0): boolean {
  if (typeof value === "function" || typeof value === "symbol" || depth > 16) return false;
  if (typeof value !== "object" || value === null) return true;
  if (!Array.isArray(value) && !isPlain(value)) return isCloneable(value);
  return Object.values(value).every((member) => isWhole(member, depth + 1));
}

function describeClass(value: object): string {
  const name = value.constructor?.name;
  return name ? `an instance of ${name}` : "an object without a class";
}
