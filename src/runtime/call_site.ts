type Capture = (target: object, below?: (...args: never[]) => unknown) => void;

const capture = (Error as { captureStackTrace?: Capture }).captureStackTrace;

/**
 * Adds the caller's frames to the stack of an error: the engine keeps ten frames, and all of them
 * are ours. For a promise it is called in the handler of its rejection, where the engine still
 * knows who awaits it, so that success pays nothing.
 *
 * @param below The function that the caller called, of a call that blocks.
 */
export function addCallSite(error: unknown, below?: (...args: never[]) => unknown): unknown {
  if (!(error instanceof Error) || typeof error.stack !== "string" || !capture) return error;
  const site: { stack?: string } = {};
  capture(site, below);
  const [, ...lines] = (site.stack ?? "").split("\n");
  // Of a blocking call, the first is the verb; of a promise, those that are not async are ours.
  const frames = below ? lines.slice(1) : lines.filter((line) => /^\s*at async /.test(line));
  const [caller] = frames;
  if (caller === undefined || error.stack.includes(caller.trim())) return error;
  const value = `${error.stack}\n    from the call\n${frames.join("\n")}`;
  try {
    Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
  } catch {
    // A frozen error is thrown as it is.
  }
  return error;
}
