/*
 * Errors as data, for another thread, and back: of the same class, with message, code, stack,
 * causes and the members that survive. The one way an error crosses, for both workers.
 */
import { isAxError } from "../ax_error.ts";
import { isError, messageOf, tagOf } from "../http/pairs.ts";
import { redactOf } from "../mask.ts";

/** A class of errors; ours take their members as options. */
export type ErrorClass = new (message: string, options: never) => Error;

/** The classes of our errors by their code; `AX_ERROR` stands for a code that is not listed. */
export interface ErrorClasses {
  readonly AX_ERROR: ErrorClass;
  readonly [code: string]: ErrorClass;
}

/** The members of an error, as they cross. */
export interface ErrorMembers {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[] | undefined;
  /** Only of an error of ours: what it masks besides. */
  readonly "@ax"?: readonly string[] | undefined;
  /** Only of a `DOMException`. */
  readonly "@dom"?: true | undefined;
}

/** What was thrown, as data that survives JSON: an error, or a value that is none. */
export type WireError = ErrorMembers | string | number | boolean | null | undefined;

/** Deeper causes are left out: a chain may be a loop. */
const MAX_DEPTH = 8;

const STANDARD = /^(?:Type|Range|Syntax|Reference|URI|Eval)Error$/;
const HIDDEN = /^(?:name|message|stack|cause|errors|response)$/;

/** What was thrown, for another thread. */
export function toWire(thrown: unknown, depth = 0): WireError {
  if (!isError(thrown)) return isScalar(thrown) ? thrown : messageOf(thrown);
  const { cause, errors, ...members } = errorMembers(thrown, isScalar);
  if (depth === MAX_DEPTH) return members;
  const inner = (value: unknown): WireError => toWire(value, depth + 1);
  const { request } = thrown as { request?: { method?: unknown; url?: unknown } };
  return {
    ...members,
    ...isAxError(thrown) && request && { request: { method: request.method, url: request.url } },
    ...cause !== undefined && { cause: inner(cause) },
    ...errors && { errors: errors.map(inner) },
  };
}

/** What another thread's {@linkcode toWire} was given. */
export function fromWire(wire: WireError, classes: ErrorClasses): unknown {
  if (typeof wire !== "object" || wire === null) return wire;
  const { cause, errors } = wire;
  const inner = (value: unknown): unknown => fromWire(value as WireError, classes);
  return makeError({
    ...wire,
    ...cause !== undefined && { cause: inner(cause) },
    ...errors && { errors: errors.map(inner) },
  }, classes);
}

/** The members of one error, its causes as they are; `keeps` says which others survive. */
export function errorMembers(error: Error, keeps: (value: unknown) => boolean): ErrorMembers {
  const { name, message, stack, code, cause, errors } = error as
    & Error
    & Partial<Record<"code" | "errors", unknown>>;
  return {
    ...Object.fromEntries(Object.entries(error).filter(([, member]) => keeps(member))),
    ...{ name, message, stack },
    // Node's system errors and DOMException have one as well, not always of their own.
    ...code !== undefined && keeps(code) && { code },
    ...cause !== undefined && { cause },
    ...Array.isArray(errors) && { errors },
    ...isAxError(error) && { "@ax": redactOf(error) },
    ...tagOf(error) === "DOMException" && { "@dom": true as const },
  };
}

/** An error of the same class; `more` is for the constructor of one of ours. */
export function makeError(members: ErrorMembers, classes: ErrorClasses, more?: object): Error {
  const { "@ax": redact, "@dom": dom, ...rest } = members;
  const { name, message, code, errors } = rest;
  let error: Error;
  if (redact) {
    const { request } = rest as { request?: object };
    const Class = classes[code as string] ?? classes.AX_ERROR;
    const options = { ...rest, ...more, redact, ...request && { request: { ...request, redact } } };
    error = new Class(message, options as never);
  } else if (dom && typeof DOMException === "function") error = new DOMException(message, name);
  else {
    const options = "cause" in rest ? { cause: rest.cause } : undefined;
    error = errors
      ? new AggregateError(errors, message, options)
      : new (classOf(name))(message, options as never);
  }
  // What the constructor has not set, such as members that a subclass of the user's added.
  for (const [key, value] of Object.entries(rest)) {
    if ((error as unknown as Record<string, unknown>)[key] === value) continue;
    if (redact && Object.hasOwn(error, key) && key !== "stack") continue;
    const enumerable = !HIDDEN.test(key);
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
  }
  return error;
}

function classOf(name: string): ErrorClass {
  return STANDARD.test(name)
    ? (globalThis as unknown as Record<string, ErrorClass>)[name] as ErrorClass
    : Error;
}

function isScalar(value: unknown): value is string | number | boolean | null | undefined {
  return value === null || ["string", "number", "boolean", "undefined"].includes(typeof value);
}
