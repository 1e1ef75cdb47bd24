/*
 * How values of user functions cross between the caller and the user worker. Structured clone
 * would drop `Headers` and class instances without a word; here everything has a form of its own,
 * and what cannot cross is *kept*: it stays with the caller, and reading it is an error.
 *
 * Objects that both sides know are *roots*: arguments, responses, errors. A root that comes back
 * is the caller's own object again; only what the function changed in it is sent.
 */
import { SyncBridgeError } from "../../errors.ts";
import { checkHeaders } from "../../http/headers.ts";
import type { AxResponse, ResponseInit } from "../../http/response.ts";
import { isResponse } from "../../http/response.ts";
import { fromWire, toWire, type WireError } from "./wire_error.ts";

/** A value as it crosses. */
export type Wire =
  | { readonly t: "value"; readonly v: unknown }
  | { readonly t: "plain"; readonly v: Readonly<Record<string, Wire>> }
  | { readonly t: "array"; readonly v: readonly Wire[] }
  | { readonly t: "headers"; readonly v: readonly (readonly [string, string])[] }
  | { readonly t: "url" | "params"; readonly v: string }
  | { readonly t: "error"; readonly v: WireError; readonly response?: Wire | undefined }
  | { readonly t: "response"; readonly v: WireHead; readonly data: Wire; readonly body: WireBody }
  | { readonly t: "next" }
  /** Stays with the caller. */
  | { readonly t: "kept"; readonly id: number; readonly what: string }
  /** An object that both sides know from now on. */
  | { readonly t: "root"; readonly id: number; readonly v: Wire }
  /** An object that both sides know. */
  | { readonly t: "ref"; readonly id: number };

/** A response without its body. */
export interface WireHead {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly (readonly [string, string])[];
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: readonly (readonly [string, string])[];
  };
  readonly attempts: number;
  readonly timings: AxResponse["timings"];
}

/** A body: bytes, to be asked for when it is used, or none because it is streamed. */
export type WireBody = Uint8Array<ArrayBuffer> | "asked" | "streamed";

/** Makes objects of the classes that the function's own module knows. */
export interface Makers {
  response(
    init: Omit<ResponseInit<unknown>, "body"> & { body: () => Uint8Array<ArrayBuffer> },
  ): AxResponse;
  error(wire: WireError): unknown;
}

/** What was changed in a root. */
export type Change =
  | {
    readonly set: Readonly<Record<string, Wire>>;
    readonly deep: Readonly<Record<string, Change>>;
    readonly gone: readonly string[];
  }
  | { readonly all: Wire };

/** Larger bodies cross when they are first used. */
const EAGER_BYTES = 64 * 1024;

/** What one side needs to turn values into their crossing form. */
export interface EncodeContext {
  /** The root that an object is, where it is one. */
  rootOf(value: object): number | undefined;
  /** Keeps a value that cannot cross; `what` names its kind. */
  keep(value: unknown, what: string): Wire;
  /** The body of a response. */
  bodyOf(response: AxResponse): WireBody;
}

/** The crossing form of a value. */
export function encode(value: unknown, context: EncodeContext, inside: object[] = []): Wire {
  if (typeof value === "function") {
    return context.keep(value, value.name ? `function "${value.name}"` : "a function");
  }
  if (typeof value === "symbol") return context.keep(value, "a symbol");
  if (typeof value !== "object" || value === null) return { t: "value", v: value };
  const root = context.rootOf(value);
  if (root !== undefined) return { t: "ref", id: root };
  if (inside.includes(value)) return context.keep(value, "an object that contains itself");
  const within = [...inside, value];
  if (Array.isArray(value)) {
    return { t: "array", v: value.map((item) => encode(item, context, within)) };
  }
  if (isPlain(value)) return encodePlain(value, context, within);
  return encodeInstance(value, context, within);
}

function encodePlain(value: object, context: EncodeContext, within: object[]): Wire {
  const members: Record<string, Wire> = {};
  for (const key of Object.getOwnPropertyNames(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    const kept = (descriptor?.get as Keeper | undefined)?.kept;
    if (kept) members[key] = kept;
    else if (descriptor?.enumerable) {
      members[key] = encode((value as Record<string, unknown>)[key], context, within);
    }
  }
  return { t: "plain", v: members };
}

function encodeInstance(value: object, context: EncodeContext, within: object[]): Wire {
  if (value instanceof Headers) {
    checkHeaders(value);
    return { t: "headers", v: [...value] };
  }
  if (value instanceof URL) return { t: "url", v: value.href };
  if (value instanceof URLSearchParams) return { t: "params", v: value.toString() };
  if (isResponse(value)) return encodeResponse(value, context, within);
  if (value instanceof Error) {
    const { response } = value as { response?: unknown };
    return {
      t: "error",
      v: toWire(value),
      ...isResponse(response) && { response: encode(response, context, within) },
    };
  }
  if (isCloneable(value)) return { t: "value", v: value };
  const name = value.constructor?.name;
  return context.keep(value, name ? `an instance of ${name}` : "an object without a class");
}

function encodeResponse(response: AxResponse, context: EncodeContext, within: object[]): Wire {
  const { status, statusText, url, redirected, request, attempts, timings } = response;
  const { method, url: sent, headers } = request;
  return {
    t: "response",
    v: {
      status,
      statusText,
      url,
      redirected,
      headers: [...response.headers],
      request: { method, url: sent, headers: [...headers] },
      attempts,
      timings: { ...timings },
    },
    data: encode(response.data, context, within),
    body: context.bodyOf(response),
  };
}

/** The body of a response for the other side, at once where it is small. */
export function eagerBody(response: AxResponse): WireBody {
  if ("source" in response) return "streamed";
  const bytes = response.bytes();
  return bytes.byteLength <= EAGER_BYTES ? bytes : "asked";
}

/** Whether an object is a plain record. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const CLONEABLE =
  /^\[object (?:Date|RegExp|ArrayBuffer|DataView|\w+Array|Blob|File|Map|Set|Boolean|Number|String|BigInt)\]$/;

function isCloneable(value: object): boolean {
  if (!CLONEABLE.test(Object.prototype.toString.call(value))) return false;
  if (!(value instanceof Map || value instanceof Set)) return isBuiltIn(value);
  // What a collection holds may lose its class, so only one of primitives crosses.
  const items = value instanceof Map ? [...value].flat() : [...value];
  return isBuiltIn(value) && items.every((item) => Object(item) !== item);
}

/** Whether the class of an object is the platform's, not one that the user derived from it. */
function isBuiltIn(value: object): boolean {
  const { constructor } = value;
  return typeof constructor === "function" &&
    (globalThis as Record<string, unknown>)[constructor.name] === constructor;
}

/** A getter that stands for what stayed with the caller. */
interface Keeper {
  readonly kept?: Wire;
}

/** What one side needs to turn crossing forms into values. */
export interface DecodeContext {
  readonly makers: Makers;
  /** The object that is that root. */
  root(id: number): unknown;
  /** Takes a new root. */
  addRoot(id: number, value: unknown, wire: Wire): void;
  /** What was kept; on the worker's side there is nothing but the getter. */
  kept?(id: number): unknown;
  /** Asks for the body of a root. */
  askBody?(id: number): Uint8Array<ArrayBuffer>;
  next?: unknown;
}

/** The value of a crossing form. */
export function decode(wire: Wire, context: DecodeContext, root?: number): unknown {
  switch (wire.t) {
    case "value":
      return wire.v;
    case "array":
      return wire.v.map((item, index) => {
        if (item.t === "kept" && !context.kept) throw unreadable(String(index), item.what);
        return decode(item, context);
      });
    case "plain":
      return decodePlain(wire.v, context);
    case "headers":
      return new Headers(wire.v as [string, string][]);
    case "url":
      return new URL(wire.v);
    case "params":
      return new URLSearchParams(wire.v);
    case "error": {
      const error = context.makers.error(wire.v);
      if (wire.response) {
        const value = decode(wire.response, context);
        Object.defineProperty(error, "response", { value, configurable: true });
      }
      return error;
    }
    case "response":
      return decodeResponse(wire, context, root);
    case "next":
      return context.next;
    case "kept":
      if (context.kept) return context.kept(wire.id);
      throw unreadable("the argument", wire.what);
    case "ref":
      return context.root(wire.id);
    case "root": {
      const value = decode(wire.v, context, wire.id);
      context.addRoot(wire.id, value, wire.v);
      return value;
    }
  }
}

function decodePlain(members: Readonly<Record<string, Wire>>, context: DecodeContext): object {
  const value: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(members)) {
    if (member.t === "kept" && !context.kept) keepMember(value, key, member);
    else {Object.defineProperty(value, key, {
        value: decode(member, context),
        enumerable: true,
        writable: true,
        configurable: true,
      });}
  }
  return value;
}

/** Not enumerable, so that a spread copies the rest; writing replaces it. */
function keepMember(target: object, key: string, kept: Wire & { t: "kept" }): void {
  const get = Object.assign(() => {
    throw unreadable(`"${key}"`, kept.what);
  }, { kept });
  Object.defineProperty(target, key, {
    get,
    set(value: unknown) {
      Object.defineProperty(target, key, { value, enumerable: true, writable: true });
    },
    configurable: true,
  });
}

function unreadable(key: string, what: string): SyncBridgeError {
  return new SyncBridgeError(
    `Cannot read ${key} in an async function of a sync call: it is ${what}, which stays with ` +
      `the calling thread; write the function as a generator to use it`,
  );
}

function decodeResponse(
  wire: Wire & { t: "response" },
  context: DecodeContext,
  root: number | undefined,
): AxResponse {
  const { headers, request, attempts, timings, ...head } = wire.v;
  const { body } = wire;
  let bytes = body instanceof Uint8Array ? body : undefined;
  const response = context.makers.response({
    ...head,
    headers: new Headers(headers as [string, string][]),
    request: { ...request, headers: new Headers(request.headers as [string, string][]) },
    data: decode(wire.data, context),
    body: () => {
      if (body === "streamed") {
        throw new TypeError("Cannot read the body of a streamed response: iterate over it");
      }
      return bytes ??= context.askBody?.(root ?? -1) ?? new Uint8Array(0);
    },
  });
  return Object.assign(response, { attempts, timings });
}

/** What was changed between two forms of a root; `undefined` where nothing was. */
export function difference(before: Wire, after: Wire): Change | undefined {
  if (before.t === "plain" && after.t === "plain") {
    const set: Record<string, Wire> = {};
    const deep: Record<string, Change> = {};
    for (const [key, now] of Object.entries(after.v)) {
      const then = before.v[key];
      const change = then ? difference(then, now) : { all: now };
      if (!change) continue;
      if ("all" in change) set[key] = change.all;
      else deep[key] = change;
    }
    const gone = Object.keys(before.v).filter((key) => !(key in after.v));
    const count = Object.keys(set).length + Object.keys(deep).length + gone.length;
    return count > 0 ? { set, deep, gone } : undefined;
  }
  if (before.t === "response" && after.t === "response") {
    const set: Record<string, Wire> = {};
    if (!same(before.data, after.data)) set["data"] = after.data;
    if (!same(before.v.headers, after.v.headers)) {
      set["headers"] = { t: "headers", v: after.v.headers };
    }
    return Object.keys(set).length > 0 ? { set, deep: {}, gone: [] } : undefined;
  }
  // An error is given back as it was.
  if (before.t === "error" && after.t === "error") return undefined;
  return same(before, after) ? undefined : { all: after };
}

/** Whether two crossing forms are equal by value. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    const [one, two] = [a, b].map((view) =>
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    );
    return one?.length === two?.length &&
      (one?.every((byte, index) => byte === two?.[index]) ?? false);
  }
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a.constructor !== b.constructor) return false;
  const plainish = Array.isArray(a) || isPlain(a);
  if (!plainish) {
    return (a instanceof Map || a instanceof Set) && same([...a], [...b as Set<unknown>]);
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => {
    return key in b &&
      same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]);
  });
}

/** Applies what the function changed to the caller's own object. */
export function applyChange(target: unknown, change: Change, context: DecodeContext): void {
  if ("all" in change) return replaceContent(target, change.all, context);
  const record = target as Record<string, unknown>;
  for (const key of change.gone) delete record[key];
  for (const [key, deeper] of Object.entries(change.deep)) {
    applyChange(record[key], deeper, context);
  }
  for (const [key, wire] of Object.entries(change.set)) {
    // The caller's Headers stay the same object, since later stages hold it.
    if (wire.t === "headers" && record[key] instanceof Headers) {
      replaceContent(record[key], wire, context);
    } else if (key !== "__proto__") record[key] = decode(wire, context);
  }
}

function replaceContent(target: unknown, wire: Wire, context: DecodeContext): void {
  if (target instanceof Headers && wire.t === "headers") {
    for (const name of [...target.keys()]) target.delete(name);
    for (const [name, value] of wire.v) target.append(name, value);
  } else if (Array.isArray(target)) {
    target.splice(0, target.length, ...decode(wire, context) as unknown[]);
  }
}

/** The members of a returned record that differ from the root it was made of. */
export function changedMembers(before: Wire, after: Wire): Wire {
  if (before.t !== "plain" || after.t !== "plain") return after;
  const members = Object.entries(after.v).filter(([key, now]) => !same(before.v[key], now));
  return { t: "plain", v: Object.fromEntries(members) };
}

export { fromWire };
