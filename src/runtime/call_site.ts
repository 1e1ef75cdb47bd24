/** A function whose frame, and those above it, are none of the caller's. */
export type BelowFrame = (...args: never[]) => unknown;

type Capture = (target: object, below?: BelowFrame) => void;

const capture = (Error as { captureStackTrace?: Capture }).captureStackTrace;

const MARK = "\n    from the call\n";
/** An error that many have waited for is not to grow without end. */
const MAX_SITES = 3;

/**
 * Adds the caller's frames to the stack of an error: the engine keeps ten frames, and all of them
 * are ours. For a promise it is called where its rejection is handled: there the engine still knows
 * who awaits it, so that success pays nothing.
 *
 * @param below What the caller called, of a call that blocks.
 */
export function addCallSite(error: unknown, below?: BelowFrame): unknown {
  if (!(error instanceof Error) || !capture) return error;
  try {
    const value = withCallSite(error.stack, below);
    if (value) Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
  } catch {
    // A frozen error, or a program that makes stacks of its own: it is thrown as it is.
  }
  return error;
}

function withCallSite(stack: unknown, below?: BelowFrame): string | undefined {
  const site: { stack?: unknown } = {};
  capture?.(site, below);
  if (typeof stack !== "string" || typeof site.stack !== "string") return undefined;
  const [, ...lines] = site.stack.split("\n");
  // Of a promise, those that are not async are ours, and so is the engine's own.
  const frames = below ? lines : lines.filter((line) => /^\s*at async (?!Engine\.run )/.test(line));
  const caller = frames.find((line) => !line.includes("<anonymous>"));
  if (caller === undefined || stack.includes(caller.trim())) return undefined;
  return stack.split(MARK).length > MAX_SITES ? undefined : stack + MARK + frames.join("\n");
}

/** Throws the error of a promise with the frames of who awaits it. */
export function throwWithCallSite(error: unknown): never {
  throw addCallSite(error);
}
