/** Notes each thread, timer, listener and request that starts between `watch()` and its `stop()`. */
// deno-lint-ignore-file explicit-module-boundary-types -- plain JavaScript, for every runtime

const GLOBALS = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "addEventListener",
  "fetch",
  "Worker",
  "MessageChannel",
  "BroadcastChannel",
];

export function watch() {
  const { process } = globalThis;
  const threads = process?.getBuiltinModule?.("node:worker_threads");
  const seen = [];
  const undo = [];
  const note = (owner, name) => {
    const own = Object.getOwnPropertyDescriptor(owner, name);
    const real = owner[name];
    if (typeof real !== "function") return;
    const noted = new Proxy(real, {
      apply: (...call) => (seen.push(name), Reflect.apply(...call)),
      construct: (...call) => (seen.push(`new ${name}`), Reflect.construct(...call)),
    });
    try {
      Object.defineProperty(owner, name, { value: noted, configurable: true, writable: true });
    } catch {
      return;
    }
    undo.push(() => own ? Object.defineProperty(owner, name, own) : delete owner[name]);
  };
  for (const name of GLOBALS) note(globalThis, name);
  for (const name of ["wait", "waitAsync"]) note(Atomics, name);
  if (threads) { for (const name of ["Worker", "MessageChannel"]) note(threads, name); }
  if (process) { for (const name of ["on", "once", "addListener"]) note(process, name); }
  // Node opens these when its own fetch is loaded, for the colours of assertions.
  void [process?.stdout, process?.stderr];
  const resources = process?.getActiveResourcesInfo?.().sort().join();
  return {
    /** Returns what was seen; nothing is watched any longer. */
    stop() {
      for (const back of undo) back();
      const now = process?.getActiveResourcesInfo?.().sort().join();
      return now === resources ? [...seen] : [...seen, `resources: ${resources} -> ${now}`];
    },
  };
}
