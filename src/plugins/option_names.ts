/** What a value is, for messages: never its content, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * Refuses options that are none, and those that a plugin does not know.
 *
 * @param where What they are the options of, for the error.
 * @throws {TypeError} With the name.
 */
export function checkNames(options: unknown, known: readonly string[], where: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const names = known.join(", ");
    throw new TypeError(
      `Cannot use ${kindOf(options)} as options of ${where}: give an object with ${names}`,
    );
  }
  const odd = Object.keys(options).find((name) => !known.includes(name));
  if (odd === undefined) return;
  const shown = odd.length > 60 ? `${odd.slice(0, 60)}…` : odd;
  throw new TypeError(`Unknown option "${shown}" of ${where}: it knows ${known.join(", ")}`);
}
