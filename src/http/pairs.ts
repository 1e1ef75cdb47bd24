/** Names that would change an object's prototype; they are never taken from what a user gives. */
export const PROTO_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The members that an object has itself: others may have put something into `Object.prototype`. */
export function ownMembers<T extends object>(members: T): T {
  return { __proto__: null, ...members };
}

/** What a value is, for messages: never its content, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * Refuses options that nobody reads: a mistyped one would be lost without a word.
 *
 * @param owner What takes them, for messages.
 */
export function checkNames(options: unknown, known: readonly string[], owner: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const names = known.join(", ");
    throw new TypeError(
      `Cannot use ${kindOf(options)} as options of ${owner}: give an object with ${names}`,
    );
  }
  const odd = Object.keys(options).find((name) => !known.includes(name));
  if (odd === undefined) return;
  const shown = odd.length > 60 ? `${odd.slice(0, 60)}…` : odd;
  throw new TypeError(`Unknown option "${shown}" of ${owner}; there are ${known.join(", ")}`);
}

/** The built-in kind of an object, also of one from another realm or implementation. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Whether an object is a plain record, of any realm. */
export function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether a value is an error, also one of another realm or of another copy of the package. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || /^(?:Error|DOMException)$/.test(tagOf(value));
}

/** What was thrown, in words. */
export function messageOf(thrown: unknown): string {
  if (isError(thrown)) return thrown.message;
  try {
    return String(thrown);
  } catch {
    // An object that has no text.
    return `[object ${tagOf(thrown)}]`;
  }
}

/** A text without the characters at its end that match; one expression would take quadratic time. */
export function trimEnd(text: string, character: RegExp): string {
  let end = text.length;
  while (end > 0 && character.test(text[end - 1] as string)) end--;
  return text.slice(0, end);
}

/**
 * The entries of an object, or the pairs of an iterable.
 *
 * @param option What they are given as, for messages.
 * @param forms What may be given.
 */
export function entriesOf<T>(given: object, option: string, forms: string): [string, T][] {
  const fail = (what: string): never => {
    throw new TypeError(`Cannot use ${what} as "${option}": give ${forms}`);
  };
  if (typeof given !== "object" || given === null) return fail(kindOf(given));
  if (!(Symbol.iterator in given)) {
    return Object.entries(given).filter(([name]) => !PROTO_KEYS.has(name));
  }
  return Array.from(given as Iterable<unknown>, (pair) => {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string") {
      return fail("an iterable whose items are no pairs of name and value");
    }
    return [pair[0], pair[1]];
  });
}

/** Whether a value can be awaited. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
