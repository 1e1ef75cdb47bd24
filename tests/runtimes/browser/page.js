/** The page: `run(name, …)` does it here, `runInWorker(name, …)` in a dedicated worker of its own. */
import { CancelToken } from "@ax/client";
import { runSpec } from "./spec.js";

const checks = { spec: runSpec };

globalThis.run = (name, ...args) => checks[name](...args);

globalThis.runInWorker = (name, ...args) => {
  const worker = new Worker("/worker.js", { type: "module" });
  return ask(worker, name, args).finally(() => worker.terminate());
};

/** A worker that blocks while this thread cancels its call. */
globalThis.cancelFromPage = (key) => {
  const worker = new Worker("/worker.js", { type: "module" });
  const token = new CancelToken();
  const cancelled = ask(worker, "blockUntilCancelled", [token.share(), key]);
  fetch(`/arrived/${key}`).then(() => token.cancel("from the page"));
  return cancelled.finally(() => worker.terminate());
};

globalThis.runInSharedWorker = (name, ...args) => {
  const { port } = new SharedWorker("/shared.js", { type: "module", name: crypto.randomUUID() });
  port.start();
  return ask(port, name, args);
};

globalThis.runInServiceWorker = async (name, ...args) => {
  await navigator.serviceWorker.register("/service.js", { type: "module" });
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  port1.start();
  active.postMessage({ port: port2 }, [port2]);
  return await ask(port1, name, args);
};

function ask(target, name, args) {
  return new Promise((resolve, reject) => {
    target.addEventListener("message", ({ data }) => {
      if ("found" in data) resolve(data.found);
      else reject(new Error(data.failed));
    });
    target.addEventListener("error", ({ message }) => reject(new Error(message)));
    target.postMessage([name, ...args]);
  });
}
