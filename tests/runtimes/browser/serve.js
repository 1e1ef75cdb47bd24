/** How a thread does what a page asks of it. */

/** Answers `[name, ...args]` that come by a port with what the check found. */
export function answerBy(port, checks) {
  port.addEventListener("message", async ({ data }) => {
    if (!Array.isArray(data)) return;
    const [name, ...args] = data;
    try {
      port.postMessage({ found: await checks[name](...args) });
    } catch (error) {
      port.postMessage({ failed: `${error?.stack ?? error}` });
    }
  });
}
