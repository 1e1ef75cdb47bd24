/**
 * The way of a call through files and functions, from what V8 counted and logged.
 *
 * @module
 */

/** A function that a call entered. */
export interface Entered {
  readonly file: string;
  readonly name: string;
  /** How often it was entered; a generator counts each time it goes on. */
  readonly count: number;
  /** Where it ends: V8's script id and an offset, as `functionOrder` has it. */
  readonly at: string;
}

/** A file on the way, with its functions in the order of their first execution. */
export interface Stop {
  readonly file: string;
  readonly functions: readonly Entered[];
}

/** What a way may come to. */
export interface Budget {
  readonly files: number;
  readonly functions: number;
}

const COMPILED = /^function,interpreter,(\d+),\d+,(\d+),/gm;

/**
 * Ranks by place, from V8's log (`--log-function-events`): coverage alone has no order, but V8
 * compiles a function when it is first called.
 */
export function functionOrder(log: string): Map<string, number> {
  const order = new Map<string, number>();
  for (const [, script, end] of log.matchAll(COMPILED)) {
    const at = `${script}:${end}`;
    if (!order.has(at)) order.set(at, order.size);
  }
  return order;
}

/** The files in the order of their first function. */
export function wayOf(
  entered: readonly Entered[],
  order: ReadonlyMap<string, number>,
): Stop[] {
  // V8's own functions, such as the one that sets a class's fields, are compiled with what holds them.
  const rank = ({ name, at }: Entered): number =>
    name.startsWith("<") ? Infinity : order.get(at) ?? Infinity;
  const sorted = [...entered].sort((a, b) => rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0);
  return [...Map.groupBy(sorted, ({ file }) => file)]
    .map(([file, functions]) => ({ file, functions }));
}

/** How many files and functions a way has. */
export function sizeOf(way: readonly Stop[]): Budget {
  return {
    files: way.length,
    functions: way.reduce((sum, { functions }) => sum + functions.length, 0),
  };
}

/** Says how a way stands to its budget. */
export function verdictOf(verb: string, size: Budget, budget: Budget): string {
  const over = isOver(size, budget) ? "over" : "within";
  return `${verb}: ${size.files} files, ${size.functions} functions, ` +
    `${over} the budget of ${budget.files} and ${budget.functions}`;
}

/** Whether a way is longer than its budget. */
export function isOver(size: Budget, budget: Budget): boolean {
  return size.files > budget.files || size.functions > budget.functions;
}

/** The way as it is printed: a line for each file, and one for each function below it. */
export function linesOf(way: readonly Stop[]): string[] {
  return way.flatMap(({ file, functions }) => [
    file,
    ...functions.map(({ name, count }) => `  ${String(count).padStart(4)}  ${shortened(name)}`),
  ]);
}

function shortened(name: string): string {
  return name.length > 60 ? `${name.slice(0, 59)}…` : name;
}
