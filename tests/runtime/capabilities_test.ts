import { assert, assertEquals } from "@std/assert";
import {
  isBrowser,
  runtimeName,
  syncSupport,
  workerThreads,
} from "../../src/runtime/capabilities.ts";

const MODULE = import.meta.resolve("../../src/runtime/capabilities.ts");

Deno.test("runtimeName() knows Deno", () => {
  assertEquals([runtimeName(), isBrowser()], ["deno", false]);
});

Deno.test("syncSupport() is given where threads and shared memory are", () => {
  assertEquals(syncSupport(), { supported: true });
  assert(syncSupport() === syncSupport());
});

Deno.test("workerThreads() gives the module of Node", () => {
  assert(workerThreads()?.Worker);
  assert(workerThreads() === workerThreads());
});

/** What the functions say in a worker whose globals were changed first. */
async function elsewhere(change: string): Promise<unknown> {
  const source = `
    ${change}
    const { runtimeName, syncSupport, workerThreads } = await import(${JSON.stringify(MODULE)});
    postMessage([runtimeName(), syncSupport(), workerThreads() !== undefined]);
  `;
  const url = `data:text/javascript,${encodeURIComponent(source)}`;
  const worker = new Worker(url, { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  } finally {
    worker.terminate();
  }
}

const hide = (...names: string[]): string =>
  names.map((name) => `delete globalThis.${name};`).join("");
const agent = (name: string): string =>
  `Object.defineProperty(globalThis, "navigator", { value: { userAgent: "${name}" } });`;

Deno.test("syncSupport() says why not", async () => {
  assertEquals(await elsewhere(hide("Deno", "process") + agent("Cloudflare-Workers")), [
    "workerd",
    { supported: false, reason: "Cloudflare Workers have no threads" },
    false,
  ]);
  assertEquals(await elsewhere(hide("Deno", "process", "SharedArrayBuffer")), [
    "browser",
    {
      supported: false,
      reason: "shared memory needs a cross-origin isolated page (COOP and COEP headers)",
    },
    false,
  ]);
  const blocked = `Atomics.wait = () => { throw new TypeError("no"); };`;
  assertEquals(await elsewhere(hide("Deno", "process") + blocked), [
    "browser",
    { supported: false, reason: "this thread may not block" },
    false,
  ]);
  const page = "globalThis.document = {};";
  assertEquals(await elsewhere(hide("Deno", "process", "SharedArrayBuffer") + page), [
    "browser",
    { supported: false, reason: "the main thread of a browser may not block, use a worker" },
    false,
  ]);
  assertEquals(
    await elsewhere("process.getBuiltinModule = undefined;" + hide("Deno", "Worker")),
    [
      "node",
      {
        supported: false,
        reason: "this version of Node has no process.getBuiltinModule, use 20.16, 22.3 or newer",
      },
      false,
    ],
  );
});
