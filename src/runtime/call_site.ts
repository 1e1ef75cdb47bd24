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
  if (!(error instanceof Error) || typeof error.stack !== "string" || !capture) return error;
  const site: { stack?: string } = {};
  capture(site, below);
  const [, ...lines] = (site.stack ?? "").split("\n");
  // Of a promise, those that are not async are ours, and so is the engine's own.
  const frames = below ? lines : lines.filter((line) => /^\s*at async (?!Engine\.run )/.test(line));
  const caller = frames.find((line) => !line.includes("<anonymous>"));
  if (caller === undefined || error.stack.includes(caller.trim())) return error;
  if (error.stack.split(MARK).length > MAX_SITES) return error;
  const value = error.stack + MARK + frames.join("\n");
  try {
    Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
  } catch {
    // A frozen error is thrown as it is.
  }
  return error;
}

/** Throws the error of a promise with the frames of who awaits it. */
export function throwWithCallSite(error: unknown): never {
  throw addCallSite(error);
}
