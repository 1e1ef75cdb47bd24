/**
 * The package in a page and in its dedicated workers, in headless Chromium. The pages are bundled
 * from the npm copy.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Browser,
  bundlePrograms,
  openChromium,
  type Page,
  serve,
} from "../../scripts/browser.ts";
import { npm } from "../../scripts/tools.ts";
import { playground } from "../../examples/browser/serve.ts";
import { answer } from "../support/browser_api.ts";
import { skipped } from "../support/skipped.ts";

type Told = [name: string, code: string, message: string, ms: number, isAxError: boolean];

interface Support {
  readonly supported: boolean;
  readonly reason?: string;
}

const LIMIT_MS = 60_000;

async function prepare(): Promise<{ browser: Browser; files: Map<string, string> } | string> {
  if ((await npm(".", ["--version"])).code !== 0) return "npm is not installed";
  const browser = await openChromium();
  if ("missing" in browser) return browser.missing;
  const files = await bundlePrograms("tests/runtimes/browser", ["page.js", "worker.js"]);
  const page = '<!doctype html><title>Test</title><script type="module" src="/page.js"></script>';
  return { browser, files: files.set("/index.html", page) };
}

Deno.test({
  name: "the package in Chromium",
  // Chromium's process and pipes live from one step to the next.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t): Promise<void> {
    const prepared = await prepare();
    if (typeof prepared === "string") return await skipped(t, prepared);
    const { browser, files } = prepared;
    const isolated = serve({ files, answer, isolated: true });
    const open = serve({ files, answer, isolated: false });
    const strict = serve({
      ...{ files, answer, isolated: true },
      headers: { "content-security-policy": "script-src 'self'; worker-src 'self' blob:" },
    });
    const closed = serve({
      ...{ files, answer, isolated: true },
      headers: { "content-security-policy": "worker-src 'self'" },
    });
    const visit = async (server: Deno.HttpServer<Deno.NetAddr>): Promise<Page> => {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      return page;
    };
    const inPage = <T>(page: Page, name: string): Promise<T> =>
      limited(page.evaluate(`run("${name}")`));
    const inWorker = <T>(page: Page, name: string, argument?: number): Promise<T> =>
      limited(page.evaluate(`runInWorker("${name}", ${argument})`));
    try {
      const page = await visit(isolated);
      await t.step("async calls work on the main thread", async () => {
        checkAsync(await inPage(page, "async"));
      });
      await t.step("sync calls on the main thread say that it may not block", async () => {
        for (const page of [await visit(isolated), await visit(open)]) {
          const found = await inPage<{ support: Support; errors: Told[] }>(page, "mainThread");
          const reason = "the main thread of a browser may not block, use a worker";
          assertEquals(found.support, { supported: false, reason });
          for (const [name, code, message] of found.errors) {
            assertEquals([name, code], ["SyncUnavailableError", "AX_SYNC_UNAVAILABLE"]);
            assert(message.endsWith(reason), message);
          }
        }
      });
      await t.step("sync calls in a worker work after warmSync()", async () => {
        checkSync(await inWorker(page, "sync"));
      });
      await t.step("sync calls before warmSync() fail at once, and say so", async () => {
        for (const check of ["notWarm", "notAwaited"]) {
          const { error } = await inWorker<{ error: Told }>(page, check);
          assertEquals(error[0], "SyncUnavailableError");
          assertStringIncludes(error[2], '"await warmSync()" first');
        }
      });
      await t.step("bodies of any size arrive whole", async () => {
        const found = await inWorker<[boolean, number][]>(page, "bodies");
        assertEquals(found.map(([intact]) => intact), found.map(() => true));
        assertEquals(await inWorker(page, "large"), Array(6).fill(true));
      });
      await t.step("errors are those of the async style", async () => {
        checkErrors(await inWorker(page, "errors"));
      });
      await t.step("many calls in a row are each answered", async () => {
        const { sum } = await inWorker<{ sum: number }>(page, "many", 200);
        assertEquals(sum, 199 * 100);
      });
      await t.step("streams work while the thread is blocked", async () => {
        assertEquals(await inWorker(page, "stream"), {
          lines: ["line 0", "line 1", "line 2", "line 3", "line 4"],
          bytes: 200 * 50_000 + 10 * 7 + 90 * 8 + 100 * 9,
          after: 4,
        });
      });
      await t.step("pings leave a slow request alone", async () => {
        assertEquals(await inWorker(page, "slow"), { slow: 7000 });
      });
      await t.step("the worker stops with the last client, and can be started again", async () => {
        const found = await inWorker<{ before: number; error: Told; after: number }>(page, "again");
        assertEquals([found.before, found.error[0], found.after], [1, "SyncUnavailableError", 3]);
      });
      await t.step("a page that is not isolated is told which headers it needs", async () => {
        const found = await inWorker<{ support: Support; error: Told; warm: Told }>(
          await visit(open),
          "unsupported",
        );
        const reason = "shared memory needs a cross-origin isolated page (COOP and COEP headers)";
        assertEquals(found.support, { supported: false, reason });
        assert(found.error[2].endsWith(reason) && found.warm[2].endsWith(reason));
      });
      await t.step("a policy without eval is enough, one without blob: is named", async () => {
        checkSync(await inWorker(await visit(strict), "sync"));
        const error = await inWorker(await visit(closed), "sync").catch((error: Error) => error);
        assertStringIncludes((error as Error).message, "blob:");
      });
      await t.step("every button of examples/browser/ gives rows", async () => {
        const server = serve(await playground(0));
        try {
          await limited(checkPlayground(await visit(server)));
        } finally {
          await server.shutdown();
        }
      });
    } finally {
      await browser.close();
      await Promise.all([isolated, open, strict, closed].map((server) => server.shutdown()));
    }
  },
});

function limited<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The page hangs")), LIMIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function checkAsync(found: Record<string, unknown>): void {
  const { errors, ...rest } = found as { errors: Told[] };
  assertEquals(rest, {
    method: "POST",
    body: '{"a":"ż"}',
    headers: ["yes", "5", "yes"],
    seen: [200],
    lines: ["line 0", "line 1", "line 2"],
    redirect: [{ n: 7 }, true, "/json/7"],
    isAxError: true,
  });
  assertEquals(errors.map(([name]) => name), OUTCOMES.slice(0, 4).map(([name]) => name));
}

/** Each button, and what the result of its last row starts with. */
const BUTTONS = {
  async: [2, "5242880 bytes"],
  sync: [4, "ada, grace, linus"],
  main: [1, "SyncUnavailableError: "],
  cold: [1, "SyncUnavailableError: "],
} as const;

async function checkPlayground(page: Page): Promise<void> {
  let rows = 0;
  for (const [id, [more, text]] of Object.entries(BUTTONS)) {
    await page.click(`#${id}`);
    rows += more;
    await page.waitForSelector(`#rows tr:nth-child(${rows})`);
    const cell = `document.querySelector("#rows tr:last-child td:nth-child(2)")`;
    assertStringIncludes(await page.evaluate<string>(`${cell}.textContent`), text);
  }
}

const OUTCOMES = [
  ["HTTPStatusError", "AX_STATUS"],
  ["TimeoutError", "AX_TIMEOUT"],
  ["NetworkError", "AX_NETWORK"],
  ["RedirectError", "AX_REDIRECT"],
  ["SyncBridgeError", "AX_SYNC_BRIDGE"],
  ["TimeoutError", "AX_TIMEOUT"],
] as const;

function checkSync(found: Record<string, unknown>): void {
  assertEquals(found, {
    method: "POST",
    body: '{"a":"ż"}',
    headers: ["yes", "5"],
    seen: [200],
    uploads: [3 << 20, true],
    redirect: [{ n: 7 }, true, "/json/7"],
    heavy: 100_000,
    empty: 200,
    concurrent: [1, 2, 3],
  });
}

function checkErrors(found: Told[]): void {
  const after = found.pop();
  assertEquals(found.map(([name, code]) => [name, code]), OUTCOMES.map((pair) => [...pair]));
  assertEquals(found.map(([, , , , isAxError]) => isAxError), found.map(() => true));
  const [, late, , , asyncFunction] = found;
  assertStringIncludes(late?.[2] ?? "", "within 300 ms");
  assertStringIncludes(asyncFunction?.[2] ?? "", "make it a generator or a plain function");
  assertEquals(after as unknown, ["after", 9]);
}
