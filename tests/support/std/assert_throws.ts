/** `assertThrows` and `assertRejects` as in `@std/assert`. */
import { AssertionError } from "./assert.ts";

/** A class of errors; `never[]` accepts any constructor's parameters. */
export type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  let thrown: { error: unknown } | undefined;
  try {
    fn();
  } catch (error) {
    thrown = { error };
  }
  if (!thrown) throw new AssertionError(withMsg("Expected function to throw", classOrMsg, msg));
  return checked(thrown.error, classOrMsg, msgIncludes, msg);
}

export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  let promise: unknown;
  try {
    promise = fn();
  } catch (error) {
    // A synchronous throw is not a rejection: an async verb must never throw.
    throw new AssertionError(withMsg(`Function throws when expected to reject: ${error}`, msg));
  }
  if (typeof (promise as PromiseLike<unknown> | undefined)?.then !== "function") {
    throw new AssertionError(withMsg("Expected function to return a promise", classOrMsg, msg));
  }
  let thrown: { error: unknown } | undefined;
  try {
    await promise;
  } catch (error) {
    thrown = { error };
  }
  if (!thrown) throw new AssertionError(withMsg("Expected function to reject", classOrMsg, msg));
  return checked(thrown.error, classOrMsg, msgIncludes, msg);
}

function checked(
  error: unknown,
  classOrMsg: ErrorClass<Error> | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): unknown {
  if (classOrMsg === undefined || typeof classOrMsg === "string") return error;
  if (!(error instanceof classOrMsg)) {
    throw new AssertionError(
      withMsg(`Expected error to be instance of "${classOrMsg.name}", but was ${error}`, msg),
    );
  }
  if (msgIncludes && !error.message.includes(msgIncludes)) {
    throw new AssertionError(
      withMsg(`Expected error message to include "${msgIncludes}", got "${error.message}"`, msg),
    );
  }
  return error;
}

function withMsg(text: string, ...msgs: unknown[]): string {
  const own = msgs.find((msg) => typeof msg === "string");
  return own ? `${text}: ${own}` : text;
}
