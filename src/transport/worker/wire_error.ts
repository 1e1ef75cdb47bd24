import * as errors from "../../errors.ts";

/** An error as data that survives JSON and structured clone. */
export type WireError =
  | { readonly kind: "error"; readonly error: ErrorData }
  | { readonly kind: "value"; readonly value: unknown };

interface ErrorData {
  readonly ours: boolean;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Own enumerable members that are plain, such as `systemCode` or Node's `errno`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: WireError | undefined;
  readonly errors?: readonly WireError[] | undefined;
}

/** Deeper causes are left out: a chain may be a loop. */
const MAX_DEPTH = 8;

const STANDARD: readonly ErrorConstructor[] = [
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
];

const CLASSES: Readonly<Record<string, new (text: string, facts: never) => errors.AxError>> = {
  AX_STATUS: errors.HTTPStatusError,
  AX_TIMEOUT: errors.TimeoutError,
  AX_NETWORK: errors.NetworkError,
  AX_CANCEL: errors.CancelError,
  AX_RETRY: errors.RetryError,
  AX_INTERCEPTOR: errors.InterceptorError,
  AX_REDIRECT: errors.RedirectError,
  AX_DECODE: errors.DecodeError,
  AX_SCHEMA: errors.SchemaError,
  AX_BODY_SIZE: errors.BodySizeError,
  AX_SYNC_UNAVAILABLE: errors.SyncUnavailableError,
  AX_SYNC_BRIDGE: errors.SyncBridgeError,
};

/** These are taken care of by name, or set by the constructor. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...["name", "code", "message", "stack", "cause", "errors", "response"],
]);

/** Turns whatever was thrown into data. */
export function toWire(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error) && !errors.isAxError(error)) {
    return { kind: "value", value: plain(error) ? error : String(error) };
  }
  const { name, message, stack = "" } = error;
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) {
    if (!OWN_FIELDS.has(key) && plain(value)) fields[key] = value;
  }
  const ours = errors.isAxError(error);
  // Node's system errors and DOMException have a code; that of ours belongs to the class.
  const code = (error as { code?: unknown }).code;
  if (plain(code)) fields["code"] = code;
  const inner = (value: unknown): WireError => toWire(value, depth + 1);
  const list = (error as { errors?: unknown }).errors;
  const deeper = depth < MAX_DEPTH;
  return {
    kind: "error",
    error: {
      ours,
      name,
      message,
      stack,
      fields,
      ...deeper && error.cause !== undefined && { cause: inner(error.cause) },
      ...Array.isArray(list) && { errors: deeper ? list.map(inner) : [] },
    },
  };
}

/** Turns the data back into an error of the same class. */
export function fromWire(wire: WireError, redact: readonly string[] = []): unknown {
  if (wire.kind === "value") return wire.value;
  return wire.error.ours ? ownError(wire.error, redact) : foreignError(wire.error);
}

function plain(value: unknown, depth = 0): boolean {
  if (value === null || ["string", "number", "boolean", "undefined"].includes(typeof value)) {
    return true;
  }
  if (typeof value !== "object" || depth > MAX_DEPTH) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value)) return false;
  return Object.values(value).every((member) => plain(member, depth + 1));
}

function ownError(
  { name, message, fields, cause, errors: list }: ErrorData,
  redact: readonly string[],
): errors.AxError {
  const Made = CLASSES[String(fields["code"])] ?? errors.AxError;
  const options = {
    ...fields,
    redact,
    ...list && { errors: list.map((each) => fromWire(each)) },
    ...cause && { cause: fromWire(cause) },
  };
  return adorn(new Made(message, options as never), { ...fields, name });
}

function foreignError({ name, message, stack, fields, cause, errors: list }: ErrorData): Error {
  const options = cause ? { cause: fromWire(cause) } : undefined;
  const Standard = STANDARD.find((type) => type.name === name);
  const dom = typeof fields["code"] === "number" && typeof DOMException === "function";
  const error = list
    ? new AggregateError(list.map((each) => fromWire(each)), message, options)
    : Standard
    ? new Standard(message, options)
    : dom
    ? new DOMException(message, name)
    : new Error(message, options);
  return adorn(error, { ...fields, name, stack });
}

/** Adds what the constructor has not set, such as members that a subclass of the user's added. */
function adorn<E extends Error>(error: E, fields: Readonly<Record<string, unknown>>): E {
  for (const [key, value] of Object.entries(fields)) {
    if ((error as Record<string, unknown>)[key] === value) continue;
    const enumerable = key !== "name" && key !== "stack";
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
  }
  return error;
}
