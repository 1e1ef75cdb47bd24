/*
 * What responses and errors are made of, as it crosses, and back.
 */
import { isAxError, redactOf } from "../../errors.ts";
import type { AxResponse } from "../../http/response.ts";
import { isError, isResponse, isWhole, put } from "./values.ts";

/** The classes that a side knows: the caller, or the module that the function is from. */
export interface Kit {
  /** Of responses; made of what {@linkcode factsOfResponse} says, with `body` and `ask`. */
  readonly Response: new (init: never) => AxResponse;
  /** Of errors by their code, made like each `AxError`; `AX_ERROR` for any other code. */
  readonly errors: { readonly AX_ERROR: ErrorClass; readonly [code: string]: ErrorClass };
}

/** A class of errors. */
export type ErrorClass = new (message: string, options: never) => Error;

/** What an error is made of. */
export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  /** Only of an error of ours: what it masks besides. */
  readonly "@ax"?: readonly string[];
}

/** What an error is made of; members that would lose something are left out. */
export function factsOfError(error: Error): ErrorFacts {
  const { name, message, stack, code, cause, errors, response } = error as
    & Error
    & Partial<Record<"code" | "errors" | "response", unknown>>;
  const known = (value: unknown): unknown =>
    isError(value) || isWhole(value) ? value : String(value);
  return {
    ...Object.fromEntries(Object.entries(error).filter(([, member]) => isWhole(member))),
    ...{ name, message, stack },
    // Node's system errors and DOMException have one as well.
    ...code !== undefined && isWhole(code) && { code },
    ...cause !== undefined && { cause: known(cause) },
    ...Array.isArray(errors) && { errors: errors.map(known) },
    ...isResponse(response) && { response },
    ...isAxError(error) && { "@ax": redactOf(error) },
  };
}

const STANDARD = /^(?:Type|Range|Syntax|Reference|URI|Eval)Error$/;
const HIDDEN = /^(?:name|message|stack|cause|errors|response)$/;

/** An error of the same class; `ask` is for one that has to ask its own. */
export function makeError(facts: ErrorFacts, kit: Kit, ask?: (what: string) => unknown): Error {
  const { "@ax": redact, ...members } = facts;
  const { name, message, code, errors } = members;
  const options = { ...members, redact, ask } as never;
  const Class = redact
    ? kit.errors[code as string] ?? kit.errors.AX_ERROR
    : STANDARD.test(name)
    ? (globalThis as unknown as Record<string, ErrorClass>)[name] as ErrorClass
    : Error;
  const error = errors && !redact
    ? new AggregateError(errors, message, options)
    : typeof code === "number" && typeof DOMException === "function"
    ? new DOMException(message, name)
    : new Class(message, options);
  // What the constructor has not set, such as members that a subclass of the user's added.
  for (const [key, value] of Object.entries(members)) {
    if ((error as unknown as Record<string, unknown>)[key] === value) continue;
    put(error, key, value, !HIDDEN.test(key));
  }
  return error;
}

/** What a response is made of, without its data and its body. */
export function factsOfResponse(response: AxResponse): object {
  const { status, statusText, url, redirected, headers, attempts, timings } = response;
  const { method, url: sent, headers: given } = response.request;
  return {
    ...{ status, statusText, url, redirected, headers, attempts, timings },
    request: { method, url: sent, headers: given },
    redact: redactOf(response),
  };
}
