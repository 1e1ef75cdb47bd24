type Inspect = (value: unknown, options?: unknown) => string;

/**
 * Has an object printed as something else, with its secrets masked: each runtime asks by a symbol
 * of its own, with its `inspect` as the first (Deno) or last argument (Node, Bun).
 *
 * @param title What stands before it, such as the name of a class.
 * @param shown What is printed instead.
 */
export function printAs<T extends object>(
  target: T,
  title: string,
  shown: (self: T) => unknown,
): void {
  function print(this: T, ...args: unknown[]): unknown {
    const inspect = args.find((arg) => typeof arg === "function") as Inspect | undefined;
    const options = args.find((arg) => typeof arg === "object");
    return inspect ? `${title}${inspect(shown(this), options)}` : shown(this);
  }
  for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    Object.defineProperty(target, Symbol.for(name), { value: print, configurable: true });
  }
}
