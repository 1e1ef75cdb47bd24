/** The caller's line in stacks, in Node, and where Deno prints an error that nobody catches. */
import { assertEquals, assertMatch } from "@std/assert";
import { anyNode } from "../../scripts/matrix/runtimes.ts";
import { bundleFiles } from "../../scripts/esbuild.ts";
import { capture, captureCommand } from "../../scripts/run_deno.ts";
import { skipped } from "../support/skipped.ts";

const PROGRAM = `
import * as ax from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).pathname)};
const url = "http://127.0.0.1:9/";
const api = ax.create({ maxRetries: 1, retryStrategy: { getDelay: () => 0 } });
const op = ax.dual(function* () { return yield* api.flow.get(url); });
const doors = {
  async get() { await api.get(url); },
  getSync() { api.getSync(url); },
  async misuse() { await api.get("/x"); },
  misuseSync() { api.getSync("/x"); },
  async run() { await ax.run(api.flow.get(url)); },
  runSync() { ax.runSync(api.flow.get(url)); },
  async dual() { await op(); },
  dualSync() { op.sync(); },
  async pages() { for await (const _ of api.paginate(url)); },
  pagesSync() { for (const _ of api.paginateSync(url)); },
  allSync() { api.allSync([api.flow.get(url)]); },
};
const missing = [];
const call = async ([name, door]) => {
  try {
    await door();
    missing.push(name + " did not fail");
  } catch (error) {
    if (!new RegExp("at (?:async )?(?:Object\\\\.)?" + name + " ").test(error.stack)) missing.push(error.stack);
  }
};
const all = async () => {
  for (const door of Object.entries(doors)) await call(door);
  console.log(JSON.stringify(missing));
};
all();
`;

Deno.test("Node names the caller's line in every stack", async (t) => {
  const node = await anyNode();
  if (!node) return await skipped(t, "there is no Node");
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.mjs`, PROGRAM);
    const outfile = `${folder}/bundle.mjs`;
    await bundleFiles({
      entryPoints: [`${folder}/main.mjs`],
      outfile,
      platform: "node",
      write: true,
    });
    const { code, output } = await captureCommand(node.program, [outfile]);
    assertEquals({ code, missing: JSON.parse(output) }, { code: 0, missing: [] });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Deno prints the caller's line of an error that nobody catches", async () => {
  const entry = new URL("../../mod.ts", import.meta.url).href;
  const start = `import { create } from "${entry}";
const api = create({ maxRetries: 1, retryStrategy: { getDelay: () => 0 } });
const url = "http://127.0.0.1:9/";
`;
  const calls = {
    sync: "function theCaller() { api.getSync(url); }\ntheCaller();",
    awaited: "async function theCaller() { await api.get(url); }\nawait theCaller();",
  };
  for (const [style, call] of Object.entries(calls)) {
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(file, start + call);
      const { code, output } = await capture(["run", "-A", "--no-check", file]);
      assertEquals([code, output.includes("RetryError")], [1, true], output);
      assertMatch(output.split("Caused by")[0] ?? "", /at (?:async )?theCaller \(/, style);
    } finally {
      await Deno.remove(file);
    }
  }
});
