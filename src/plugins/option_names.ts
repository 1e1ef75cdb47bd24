/**
 * Refuses options that a plugin does not know.
 *
 * @param where What they are the options of, for the error.
 * @throws {TypeError} With the name.
 */
export function checkNames(options: unknown, known: readonly string[], where: string): void {
  if (typeof options !== "object" || options === null) return;
  const odd = Object.keys(options).find((name) => !known.includes(name));
  if (odd === undefined) return;
  const shown = odd.length > 60 ? `${odd.slice(0, 60)}…` : odd;
  throw new TypeError(`Unknown option "${shown}" of ${where}: it knows ${known.join(", ")}`);
}
