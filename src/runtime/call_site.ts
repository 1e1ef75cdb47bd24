/** A function whose frame, and those above it, are none of the caller's. */
export type BelowFrame = (...args: never[]) => unknown;

type Capture = (target: object, below?: BelowFrame) => void;

const capture = (Error as { captureStackTrace?: Capture }).captureStackTrace;

const MARK = "\n    from the call\n";
/** An error that many have waited for is not to grow without end. */
const MAX_SITES = 3;
/** Where so many frames of the caller's are there already, no more are needed. */
const ENOUGH = 3;

/**
 * Adds the caller's frames to the stack of an error: the engine keeps ten frames, and all of them
 * are ours. For a promise it is called where its rejection is handled: there the engine still knows
 * who awaits it, so that success pays nothing.
 *
 * @param below What the caller called, of a call that blocks.
 * @param ours Of a promise: the last frame of ours.
 */
export function addCallSite(
  error: unknown,
  below?: BelowFrame,
  ours: BelowFrame = addCallSite,
): unknown {
  if (!(error instanceof Error) || !capture) return error;
  try {
    const value = withCallSite(error.stack, below, ours);
    if (value === undefined) return error;
    // Deno prints an error that nobody catches by the frames that were captured and asked for last.
    capture(error, below ?? ours);
    Reflect.get(error, "stack");
    Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
  } catch {
    // A frozen error, or a program that makes stacks of its own: it is thrown as it is.
  }
  return error;
}

function withCallSite(
  stack: unknown,
  below: BelowFrame | undefined,
  ours: BelowFrame,
): string | undefined {
  const site: { stack?: unknown } = {};
  capture?.(site, below ?? ours);
  if (typeof stack !== "string" || typeof site.stack !== "string") return undefined;
  const [, ...lines] = site.stack.split("\n");
  // Of a promise, those that are not async are ours, and so is the engine's own.
  const frames = below ? lines : lines.filter((line) => /^\s*at async (?!Engine\.run )/.test(line));
  const callers = frames.filter((line) => !line.includes("<anonymous>")).slice(0, ENOUGH);
  if (callers.every((line) => stack.includes(line.trim()))) return undefined;
  return stack.split(MARK).length > MAX_SITES ? undefined : stack + MARK + frames.join("\n");
}

/** Throws the error of a promise with the frames of who awaits it. */
export function throwWithCallSite(error: unknown): never {
  throw addCallSite(error, undefined, throwWithCallSite);
}
