/**
 * A page that uses the client and a plugin, built from the npm copy by what users build with, and
 * run in Chromium; and the same for an isolate, built by esbuild and run in workerd.
 */
import { assert, assertEquals } from "@std/assert";
import { openChromium, serve } from "../../scripts/browser.ts";
import { sizeOf } from "../../scripts/check_size.ts";
import { anyNode } from "../../scripts/matrix/runtimes.ts";
import { withPrograms } from "../../scripts/npm_project.ts";
import { captureCommand } from "../../scripts/run_deno.ts";
import { npm, provide } from "../../scripts/tools.ts";
import { answer } from "../support/browser_api.ts";
import { skipped } from "../support/skipped.ts";

const BUNDLERS = {
  esbuild: "bundlers",
  rollup: "bundlers",
  vite: "page bundlers",
  webpack: "page bundlers",
} as const;

/** Words that only entry "." has: threads of Node, tables of system errors, Deno's permissions. */
const FOREIGN = /worker_threads|ECONNREFUSED|querySync|createHttpClient/;

for (const [bundler, tools] of Object.entries(BUNDLERS)) {
  Deno.test({
    name: `a page built by ${bundler} gets ./web, and works in Chromium`,
    // Chromium's process and pipes.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn(t): Promise<void> {
      if ((await npm(".", ["--version"])).code !== 0) {
        return await skipped(t, "npm is not installed");
      }
      const tool = await provide(tools);
      if ("missing" in tool) return await skipped(t, tool.missing);
      const node = await anyNode();
      if (!node) return await skipped(t, "there is no Node");
      const files = await build(node.program, tool.folder, bundler);
      const texts = [...files.values()];
      assertEquals(texts.filter((text) => FOREIGN.test(text)), []);
      // What the page loads at first is less than the whole: the rest comes when it is used.
      const first = files.get("/main.js") as string;
      const all = texts.reduce((sum, text) => sum + sizeOf(text).gzip, 0);
      assert(sizeOf(first).gzip < all);
      await inPage(t, files);
    },
  });
}

Deno.test("an isolate's script built by esbuild gets ./edge, and works in workerd", async (t) => {
  if ((await npm(".", ["--version"])).code !== 0) return await skipped(t, "npm is not installed");
  const [bundlers, miniflare] = [await provide("bundlers"), await provide("miniflare")];
  if ("missing" in bundlers) return await skipped(t, bundlers.missing);
  if ("missing" in miniflare) return await skipped(t, miniflare.missing);
  const node = await anyNode();
  if (!node) return await skipped(t, "there is no Node");
  await using server = serve({ files: new Map(), answer, isolated: false });
  await withPrograms("tests/npm/page", async (cwd) => {
    const url = `http://127.0.0.1:${server.addr.port}`;
    const args = ["run_edge.mjs", bundlers.folder, miniflare.folder, url];
    const { code, output } = await captureCommand(node.program, args, { cwd, limitMs: 60_000 });
    assertEquals(code, 0, output);
    const found = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    assertEquals(JSON.parse(found.answer), {
      lines: ["line 0", "line 1", "line 2"],
      authorization: "Bearer t0ken",
      support: { supported: false, reason: "this thread may not block, await instead" },
    });
    // Nothing of sync calls either: an isolate has no use for it.
    assertEquals(found.script.match(FOREIGN), null);
    assertEquals(found.script.match(/XMLHttpRequest|onmessage/), null);
  });
});

/** The files of a page by path. */
async function build(node: string, tool: string, bundler: string): Promise<Map<string, string>> {
  return await withPrograms("tests/npm/page", async (cwd) => {
    const out = `${cwd}/out`;
    const args = ["build.mjs", tool, bundler, out];
    const { code, output } = await captureCommand(node, args, { cwd, limitMs: 120_000 });
    assertEquals(code, 0, output);
    const script = output.trim().split("\n").at(-1);
    const files = new Map<string, string>();
    const collect = async (folder: string, path: string): Promise<void> => {
      for await (const { name, isDirectory } of Deno.readDir(folder)) {
        if (isDirectory) await collect(`${folder}/${name}`, `${path}${name}/`);
        else if (name.endsWith(".js")) {
          files.set(path + name, await Deno.readTextFile(`${folder}/${name}`));
        }
      }
    };
    await collect(out, "/");
    return files.set(
      "/index.html",
      `<!doctype html><script type=module src="/${script}"></script>`,
    );
  });
}

async function inPage(t: Deno.TestContext, files: Map<string, string>): Promise<void> {
  const browser = await openChromium();
  if ("missing" in browser) return await skipped(t, browser.missing);
  const server = serve({ files, answer, isolated: false });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    assertEquals(await page.evaluate("globalThis.report"), {
      awaited: "Bearer t0ken",
      blocking: "Bearer t0ken",
      lines: ["line 0", "line 1", "line 2"],
      error: [true, "HTTPStatusError"],
      via: "xhr",
    });
  } finally {
    await browser.close();
    await server.shutdown();
  }
}
