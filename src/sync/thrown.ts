/*
 * What fetch threw in the I/O worker, for the caller's thread: it tells the reason by it, and shows
 * it as the cause of its error.
 */

/** An error as data that survives JSON; what is none is text, and nothing stays nothing. */
export type Thrown = ErrorData | string | undefined;

interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: Thrown;
  readonly errors: readonly Thrown[] | undefined;
  /** What the runtime tells besides, such as `code` and Node's `syscall`. */
  readonly [field: string]: unknown;
}

/** Deeper causes are left out: a chain may be a loop. */
const MAX_DEPTH = 8;

/** The classes that matter: a bad option is a `TypeError`, and stays one. */
const CLASSES: readonly ErrorConstructor[] = [TypeError, RangeError, SyntaxError];

/** Turns what was thrown into data. */
export function toData(thrown: unknown, depth = 0): Thrown {
  if (thrown === undefined) return undefined;
  if (!(thrown instanceof Error)) return String(thrown);
  const { name, message, stack, cause, errors, code } = thrown as Error & Record<string, unknown>;
  const inner = (value: unknown): Thrown => toData(value, depth + 1);
  const deeper = depth < MAX_DEPTH;
  return {
    ...Object.fromEntries(Object.entries(thrown).filter(([, value]) => isScalar(value))),
    // A DOMException has its members by its prototype.
    ...isScalar(code) && { code },
    ...{ name, message, stack },
    cause: deeper ? inner(cause) : undefined,
    errors: deeper && Array.isArray(errors) ? errors.map(inner) : undefined,
  };
}

/** Turns the data back into an error of the same class, as far as that matters. */
export function fromData(data: Thrown): unknown {
  if (typeof data !== "object") return data;
  const { message, cause, errors, ...fields } = data;
  const options = cause === undefined ? undefined : { cause: fromData(cause) };
  const Class = CLASSES.find(({ name }) => name === data.name) ?? Error;
  const error = errors
    ? new AggregateError(errors.map(fromData), message, options)
    : new Class(message, options);
  for (const [key, value] of Object.entries(fields)) {
    const enumerable = key !== "name" && key !== "stack";
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
  }
  return error;
}

function isScalar(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
