import { assert, assertEquals } from "@std/assert";
import { isBrowser, runtimeName } from "../../src/runtime/runtime.ts";
import { blockingProblem, startsWhileBlocked, workerThreads } from "../../src/runtime/threads.ts";
import { elsewhere, importOf } from "./elsewhere.ts";

Deno.test("runtimeName() knows Deno", () => {
  assertEquals([runtimeName(), isBrowser()], ["deno", false]);
});

Deno.test("blockingProblem() is none where threads and shared memory are", () => {
  assertEquals(blockingProblem(), undefined);
  assertEquals(startsWhileBlocked(), true);
});

Deno.test("workerThreads() gives the module of Node", () => {
  assert(workerThreads()?.Worker);
  assert(workerThreads() === workerThreads());
});

/** What the functions say where the globals were changed first. */
async function seenBy(change: string): Promise<unknown> {
  return await elsewhere(`
    ${change}
    const { runtimeName } = ${importOf("runtime.ts")};
    const { blockingProblem, workerThreads } = ${importOf("threads.ts")};
    postMessage([runtimeName(), blockingProblem(), workerThreads() !== undefined]);
  `);
}

const hide = (...names: string[]): string =>
  names.map((name) => `delete globalThis.${name};`).join("");
const agent = (name: string): string =>
  `Object.defineProperty(globalThis, "navigator", { value: { userAgent: "${name}" } });`;

const PLACES: [change: string, runtime: string, problem: string][] = [
  [
    hide("Deno", "process") + agent("Cloudflare-Workers"),
    "workerd",
    "Cloudflare Workers have no threads",
  ],
  [
    hide("Deno", "process", "SharedArrayBuffer"),
    "browser",
    "shared memory needs a cross-origin isolated page (COOP and COEP headers)",
  ],
  [
    hide("Deno", "process") + `Atomics.wait = () => { throw new TypeError("no"); };`,
    "browser",
    "this thread may not block",
  ],
  [
    hide("Deno", "process", "SharedArrayBuffer") + "globalThis.document = {};",
    "browser",
    "the main thread of a browser may not block, use a worker",
  ],
  [
    "process.getBuiltinModule = undefined;" + hide("Deno", "Worker"),
    "node",
    "this version of Node has no process.getBuiltinModule, use 20.16, 22.3 or newer",
  ],
];

for (const [change, runtime, problem] of PLACES) {
  Deno.test(`blockingProblem() says "${problem}"`, async () => {
    assertEquals(await seenBy(change), [runtime, problem, false]);
  });
}

Deno.test("blockingProblem() names the permission that Node lacks", async () => {
  const change = `process.permission = { has: (scope) => scope !== "worker" };` + hide("Deno");
  assertEquals(await seenBy(change), [
    "node",
    "Node runs with --permission, add --allow-worker",
    true,
  ]);
});

Deno.test("blockingProblem() does not remember that memory was short", async () => {
  const said = await elsewhere(`
    const Real = globalThis.SharedArrayBuffer;
    globalThis.SharedArrayBuffer = function () { throw new RangeError("out of memory"); };
    const { blockingProblem } = ${importOf("threads.ts")};
    const problems = [blockingProblem()];
    globalThis.SharedArrayBuffer = Real;
    postMessage([...problems, blockingProblem()]);
  `);
  assertEquals(said, ["there is no shared memory left", undefined]);
});

/** What a worker of Node is started with. */
async function startOf(execArgv: string[], env: Record<string, string>): Promise<unknown> {
  return await elsewhere(`
    const { getBuiltinModule, versions } = process;
    delete globalThis.Deno;
    globalThis.process = {
      versions, getBuiltinModule,
      execArgv: ${JSON.stringify(execArgv)}, env: ${JSON.stringify(env)},
    };
    const { withoutPreloads, workerThreads } = ${importOf("threads.ts")};
    const { env, execArgv } = withoutPreloads();
    postMessage([env === workerThreads().SHARE_ENV ? "shared" : env, execArgv]);
  `);
}

Deno.test("withoutPreloads() shares the environment where there is no preload", async () => {
  assertEquals(
    await startOf(["--max-http-header-size=9000"], { NODE_OPTIONS: "--max-old-space-size=900" }),
    ["shared", undefined],
  );
});

Deno.test("withoutPreloads() drops preloads, and keeps what the network depends on", async () => {
  const execArgv = ["-r", "./a.cjs", "--dns-result-order", "ipv4first", "--max-old-space-size=9"];
  assertEquals(await startOf([...execArgv, "--import=./b.mjs"], { A: "1" }), [
    "shared",
    ["--dns-result-order", "ipv4first"],
  ]);
});

Deno.test("withoutPreloads() copies an environment whose NODE_OPTIONS name a preload", async () => {
  const options = `--experimental_loader "./with space.mjs" --use-env-proxy --inspect=0`;
  assertEquals(await startOf(["--tls-min-v1.3"], { A: "1", NODE_OPTIONS: options }), [
    { A: "1", NODE_OPTIONS: "" },
    ["--use-env-proxy", "--tls-min-v1.3"],
  ]);
});
