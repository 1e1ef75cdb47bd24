type Capture = (target: object, below: (...args: never[]) => unknown) => void;

/**
 * Adds the caller's frames to the stack of an error that a blocking verb throws: the engine keeps
 * ten frames, and all of them are ours. To do so for async calls would cost each of them, failed
 * or not, as much as the rest of the pipeline.
 *
 * @param below The function that the verb calls.
 */
export function addCallSite(error: unknown, below: (...args: never[]) => unknown): unknown {
  const capture = (Error as { captureStackTrace?: Capture }).captureStackTrace;
  if (!(error instanceof Error) || typeof error.stack !== "string" || !capture) return error;
  const site: { stack?: string } = {};
  capture(site, below);
  // The first two lines are the title and the verb.
  const [, , ...frames] = (site.stack ?? "").split("\n");
  const [caller] = frames;
  if (caller === undefined || error.stack.includes(caller)) return error;
  const value = `${error.stack}\n    from the call\n${frames.join("\n")}`;
  try {
    Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
  } catch {
    // A frozen error is thrown as it is.
  }
  return error;
}
