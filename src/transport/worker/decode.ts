/*
 * The other end of `values.ts`: values from their crossing forms, on the caller's side or in the
 * user worker.
 */
import { SyncBridgeError } from "../../errors.ts";
import type { AxResponse, ResponseInit } from "../../http/response.ts";
import type { FetchEvents } from "../attempt.ts";
import type { WireRequest, WireResponse } from "../transport.ts";
import { copyOf, KEPT, put, type Standin } from "./values.ts";
import type { Change, ErrorWire, KeptWire, ResponseWire, Wire } from "./wire.ts";
import type { WireError } from "./wire_error.ts";

/** Makes objects of the classes that the function's own module knows, and sends for its `fetch`. */
export interface Makers {
  response(
    init: Omit<ResponseInit<unknown>, "body"> & { body: () => Uint8Array<ArrayBuffer> },
  ): AxResponse;
  error(wire: WireError, redact: readonly string[]): unknown;
  send(request: WireRequest, events: FetchEvents): Promise<WireResponse<unknown>>;
}

/** What one side needs to turn crossing forms into values. */
export interface DecodeContext {
  readonly makers: Pick<Makers, "response" | "error">;
  /** The object that is that root. */
  root(id: number): unknown;
  /** Takes a new root. */
  addRoot(id: number, value: unknown, wire: Wire): void;
  /** What was kept; the worker has nothing but a getter that throws. */
  kept?(id: number): unknown;
  /** Asks for the body of a root. */
  askBody?(id: number): Uint8Array<ArrayBuffer>;
  /** Asks for the data of a root. */
  askData?(id: number): unknown;
  next?: unknown;
}

/** The value of a crossing form. */
export function decode(wire: Wire, context: DecodeContext, root = -1): unknown {
  switch (wire.t) {
    case "value":
      // The form stays as it was when the function changes the value in place.
      return context.kept ? wire.v : copyOf(wire.v);
    case "array": {
      const list: unknown[] = new Array(wire.v.length);
      wire.v.forEach((item, index) => setMember(list, String(index), item, context));
      return list;
    }
    case "plain": {
      const record = {};
      for (const [key, member] of Object.entries(wire.v)) setMember(record, key, member, context);
      return record;
    }
    case "headers":
      return Object.assign(new Headers(wire.v as [string, string][]), wire.own);
    case "url":
      return new URL(wire.v);
    case "params":
      return new URLSearchParams(wire.v);
    case "error":
      return decodeError(wire, context);
    case "response":
      return decodeResponse(wire, context, root);
    case "next":
      return context.next;
    case "kept":
      if (context.kept) return context.kept(wire.id);
      throw unreadable("the argument", wire);
    case "ref":
      return context.root(wire.id);
    case "copy":
      return copyWith(context.root(wire.id), wire.change, context);
    case "root": {
      const value = decode(wire.v, context, wire.id);
      context.addRoot(wire.id, value, wire.v);
      return value;
    }
    case "later":
      return undefined;
  }
}

function setMember(target: object, key: string, wire: Wire, context: DecodeContext): void {
  if (wire.t !== "kept" || context.kept) return put(target, key, decode(wire, context));
  const isList = Array.isArray(target);
  standIn(target, key, wire, isList, () => {
    throw unreadable(`"${key}"`, wire);
  });
  if (isList) return;
  const holder = target as { [KEPT]?: { of: object; members: Record<string, Wire> } };
  holder[KEPT] ??= { of: target, members: {} };
  put(holder[KEPT].members, key, wire);
}

/** A getter, not enumerable in a record, so that a spread copies the rest; writing replaces it. */
function standIn(
  target: object,
  key: string,
  wire: Wire,
  enumerable: boolean,
  read: () => unknown,
): void {
  Object.defineProperty(target, key, {
    get: Object.assign(read, { standsFor: wire }) as Standin,
    set: (value: unknown) => put(target, key, value),
    enumerable,
    configurable: true,
  });
}

function unreadable(key: string, { what }: KeptWire): SyncBridgeError {
  return new SyncBridgeError(
    `Cannot read ${key} in an async function of a sync call: it is ${what}, which stays with ` +
      `the calling thread; write the function as a generator to use it`,
  );
}

function decodeError(wire: ErrorWire, context: DecodeContext): unknown {
  const error = context.makers.error(wire.v, wire.redact ?? []);
  const { response, cause, errors } = wire;
  const members = {
    ...response && { response: decode(response, context) },
    ...cause && { cause: decode(cause, context) },
    ...errors && { errors: errors.map((each) => decode(each, context)) },
  };
  for (const [key, value] of Object.entries(members)) {
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  }
  return error;
}

function decodeResponse(wire: ResponseWire, context: DecodeContext, root: number): AxResponse {
  const { headers, own, request, attempts, timings, ...head } = wire.v;
  const { body } = wire;
  let bytes = body instanceof ArrayBuffer ? new Uint8Array(body) : undefined;
  const response = context.makers.response({
    ...head,
    headers: Object.assign(new Headers(headers as [string, string][]), own),
    request: { ...request, headers: new Headers(request.headers as [string, string][]) },
    data: decode(wire.data, context),
    body: () => {
      if (body === "streamed") {
        throw new TypeError("Cannot read the body of a streamed response: it is for the caller");
      }
      return bytes ??= context.askBody?.(root) ?? new Uint8Array(0);
    },
  });
  if (wire.data.t === "later") {
    standIn(response, "data", wire.data, true, () => {
      const value = context.askData?.(root);
      put(response, "data", value);
      return value;
    });
  }
  return Object.assign(response, { attempts, timings });
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
    } else if (key === "__proto__") put(record, key, decode(wire, context));
    else record[key] = decode(wire, context);
  }
  if (change.length !== undefined) (target as unknown[]).length = change.length;
}

function replaceContent(target: unknown, wire: Wire, context: DecodeContext): void {
  if (!(target instanceof Headers)) return;
  const headers = decode(wire, context) as Headers;
  for (const name of [...target.keys()]) target.delete(name);
  for (const [name, value] of headers) target.append(name, value);
  Object.assign(target, headers);
}

/** A copy of the caller's object with the changes: what was not changed is the caller's own. */
export function copyWith(target: unknown, change: Change, context: DecodeContext): unknown {
  if ("all" in change) return decode(change.all, context);
  const copy = (Array.isArray(target) ? [...target] : { ...target as object }) as Record<
    string,
    unknown
  >;
  for (const key of change.gone) delete copy[key];
  for (const [key, deeper] of Object.entries(change.deep)) {
    put(copy, key, copyWith(copy[key], deeper, context));
  }
  for (const [key, wire] of Object.entries(change.set)) put(copy, key, decode(wire, context));
  if (change.length !== undefined) (copy as unknown as unknown[]).length = change.length;
  return copy;
}
