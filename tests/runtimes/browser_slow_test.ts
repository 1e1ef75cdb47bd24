/**
 * The package in headless Chromium: on a page's main thread, in dedicated workers of pages that are
 * isolated and that are not, in a shared worker, in a service worker. The programs are bundled from
 * the npm copy, as a page's would be; `spec.js` is the same one everywhere.
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
import { answer } from "../support/browser_api.ts";
import { skipped } from "../support/skipped.ts";

interface About {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
}

interface Support {
  readonly supported: boolean;
  readonly via?: string;
  readonly reason?: string;
}

/** What `runSpec` tells. */
interface Told {
  /** Alike in every place and style. */
  readonly same: Readonly<Record<string, unknown>>;
  readonly apart: Readonly<Record<string, unknown>>;
  readonly support: Support;
}

type Server = Deno.HttpServer<Deno.NetAddr>;

const LIMIT_MS = 60_000;
const FOLDER = "tests/runtimes/browser";
const PROGRAMS = ["page.js", "worker.js", "shared.js"];
const PAGE = '<!doctype html><title>Test</title><script type="module" src="/page.js"></script>';

const WAY = {
  page: "the main thread of a browser may not block, use a worker, " +
    'and "await warmSync()" there',
  worker: "shared memory needs a cross-origin isolated page (COOP and COEP headers), " +
    'and "await warmSync()" there',
  isolated: '"await warmSync()" first',
} as const;

async function prepare(): Promise<{ browser: Browser; files: Map<string, string> } | string> {
  if ((await npm(".", ["--version"])).code !== 0) return "npm is not installed";
  const browser = await openChromium();
  if ("missing" in browser) return browser.missing;
  const files = await bundlePrograms(FOLDER, PROGRAMS);
  // A service worker may import nothing later.
  const service = await bundlePrograms(FOLDER, ["service.js"], { splitting: false });
  for (const [path, text] of service) files.set(path, text);
  return { browser, files: files.set("/index.html", PAGE) };
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
    const headers = { "set-cookie": "seen=yes" };
    const isolated = serve({ files, answer, headers, isolated: true });
    const open = serve({ files, answer, headers, isolated: false });
    const strict = serve({
      ...{ files, answer, isolated: true },
      headers: { "content-security-policy": "script-src 'self'; worker-src 'self' blob:" },
    });
    const closed = serve({
      ...{ files, answer, isolated: true },
      headers: { "content-security-policy": "worker-src 'self'" },
    });
    const servers = [isolated, open, strict, closed];
    try {
      await inEveryPlace(t, { browser, isolated, open });
      await afterWarmSync(t, { browser, isolated, strict, closed });
    } finally {
      await browser.close();
      await Promise.all(servers.map((server) => server.shutdown()));
    }
  },
});

async function inEveryPlace(
  t: Deno.TestContext,
  { browser, isolated, open }: { browser: Browser; isolated: Server; open: Server },
): Promise<void> {
  const refused = await refusingUrl();
  const spec = async (
    page: Page,
    run: string,
    style: "async" | "sync",
    server: Server,
    warm = false,
  ): Promise<Told> => {
    const elsewhere = urlOf(server === open ? isolated : open);
    const key = crypto.randomUUID();
    const place = { url: urlOf(server), elsewhere, refused, key, warm };
    return await limited(page.evaluate(`${run}("spec", "${style}", ${JSON.stringify(place)})`));
  };
  const page = await visit(browser, isolated);
  const plain = await visit(browser, open);
  const first = await spec(page, "run", "async", isolated);

  await t.step("the async style on a page's main thread", () => {
    assertEquals(first.same, EXPECTED);
    checkAsync(first);
  });
  const places = {
    "a page's main thread": [plain, "run", open, "page"],
    "an isolated page's main thread": [page, "run", isolated, "page"],
    "a plain worker": [plain, "runInWorker", open, "worker"],
    "an isolated worker": [page, "runInWorker", isolated, "isolated"],
    "a shared worker": [plain, "runInSharedWorker", open, "worker"],
  } as const;
  for (const [name, [page, run, server, kind]] of Object.entries(places)) {
    await t.step(`the sync style in ${name}, with nothing but an import`, async () => {
      // Another page: this one may have loaded the streams.
      const fresh = await visit(browser, server);
      const told = await spec(fresh, run, "sync", server);
      assertEquals(told.same, first.same);
      assertEquals(told.support, { supported: true, via: "xhr" });
      checkXhr(told, WAY[kind], kind === "page");
      checkNotLoaded(told);
    });
    if (kind === "isolated") continue;
    await t.step(`the sync style in ${name} after warmSync()`, async () => {
      const told = await spec(page, run, "sync", server, true);
      assertEquals(told.same, first.same);
      assertEquals(told.support, { supported: true, via: "xhr" });
      checkXhr(told, WAY[kind], kind === "page");
      checkLoaded(told, WAY[kind]);
    });
  }
  await t.step("the async style in a worker", async () => {
    const told = await spec(plain, "runInWorker", "async", open);
    assertEquals(told.same, first.same);
    checkAsync(told);
  });
  await t.step("the sync style in an isolated worker after warmSync()", async () => {
    const told = await spec(page, "runInWorker", "sync", isolated, true);
    assertEquals(told.same, first.same);
    assertEquals(told.support, { supported: true, via: "worker" });
    checkBridge(told);
  });
  await t.step("the async style in a service worker, and why not the sync one", async () => {
    const told = await spec(page, "runInServiceWorker", "async", isolated);
    assertEquals(told.same, first.same);
    checkAsync(told, false);
    const url = JSON.stringify(urlOf(isolated));
    const { support, errors } = await limited(
      page.evaluate<{ support: Support; errors: About[] }>(`runInServiceWorker("sync", ${url})`),
    );
    const reason = 'this thread has no XMLHttpRequest; where there are threads, use "@ax/client"';
    assertEquals(support, { supported: false, reason });
    for (const { name, message } of errors) {
      assertEquals(name, "SyncUnavailableError");
      assert(message.endsWith(reason), message);
    }
  });
  await t.step("an import starts no worker", () => assertEquals(page.workers().length, 0));
}

async function afterWarmSync(
  t: Deno.TestContext,
  { browser, isolated, strict, closed }: Record<"isolated" | "strict" | "closed", Server> & {
    browser: Browser;
  },
): Promise<void> {
  const page = await visit(browser, isolated);
  const inWorker = <T>(name: string, argument?: unknown, where = page): Promise<T> =>
    limited(where.evaluate(`runInWorker("${name}", ${JSON.stringify(argument)})`));

  await t.step("a warmSync() that nobody awaited leaves calls to XMLHttpRequest", async () => {
    const [support, data, error] = await inWorker<[Support, unknown, About]>("notAwaited");
    assertEquals([support.via, data], ["xhr", { n: 1 }]);
    assertEquals(error.name, "SyncUnavailableError");
    assert(error.message.endsWith(WAY.isolated), error.message);
  });
  await t.step("bodies of any size arrive whole", async () => {
    assertEquals(await inWorker("bodies"), {
      whole: Array(8).fill(true),
      together: Array(6).fill(true),
      upload: 3 << 20,
      heavy: 100_000,
    });
  });
  await t.step("many calls in a row are each answered", async () => {
    assertEquals(await inWorker("many", 200), 199 * 100);
  });
  await t.step("allSync() has its requests on the wire at once", async () => {
    assertEquals(await inWorker("atOnce", crypto.randomUUID()), [1, 2, 3]);
  });
  await t.step("streams work while the thread is blocked", async () => {
    assertEquals(await inWorker("stream"), {
      bytes: 200 * 50_000 + 10 * 7 + 90 * 8 + 100 * 9,
      first: ["line 0", "line 1", "line 2", "line 3"],
      after: 4,
    });
  });
  await t.step("a token of the page cancels a blocked call", async () => {
    const key = crypto.randomUUID();
    const error = await limited(page.evaluate<About>(`cancelFromPage("${key}")`));
    assertEquals([error.name, error.code], ["CancelError", "AX_CANCEL"]);
    assertStringIncludes(error.message, "from the page");
  });
  await t.step("totalTimeout ends a blocked call", async () => {
    const error = await inWorker<About>("totalTimeout");
    assertEquals([error.name, error.code], ["TimeoutError", "AX_TIMEOUT"]);
  });
  await t.step("the worker stops with the last client, and can be started again", async () => {
    assertEquals(await inWorker("again"), {
      vias: ["worker", "xhr", "worker"],
      answers: [1, 2, 3],
    });
  });
  await t.step("a policy without eval is enough, one without blob: is named", async () => {
    assertEquals(await inWorker("many", 3, await visit(browser, strict)), 3);
    const error = await inWorker("many", 3, await visit(browser, closed))
      .catch((error: Error) => error);
    assertStringIncludes((error as Error).message, "blob:");
  });
}

async function visit(browser: Browser, server: Server): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${urlOf(server)}/`);
  return page;
}

function urlOf({ addr }: Server): string {
  return `http://127.0.0.1:${addr.port}`;
}

/** The address of a port that nobody listens on. */
async function refusingUrl(): Promise<string> {
  const server = serve({ files: new Map(), answer: () => new Response(), isolated: false });
  await server.shutdown();
  return urlOf(server);
}

function limited<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The page hangs")), LIMIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** What `/told` tells of a body: its type, its size, and a sum over all bytes. */
function body(type: string | null, size: number, sum: number): Record<string, unknown> {
  return { method: "POST", type, cookie: "seen=yes", size, sum };
}

const MULTIPART = {
  method: "POST",
  type: "multipart/form-data; boundary=…",
  cookie: "seen=yes",
};
const ALL_BYTES = { size: 512, sum: 904188423 };
const FAILED_503 = '"GET {server}/status/503" failed: status 503 Service Unavailable';

/** What every check comes to, wherever it runs and in whichever style. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  json: {
    ...{ status: 200, statusText: "OK", ok: true, type: "application/json", data: { n: 7 } },
    url: "/json/7?q=%C5%BC",
  },
  relative: { n: 3 },
  bytes: [true, 3_000_001, true],
  text: "zażółć 漢字 \u0000 end",
  bodies: {
    json: body("application/json", 19, 795110526),
    form: body("application/x-www-form-urlencoded;charset=UTF-8", 13, 962446890),
    text: body("text/plain;charset=UTF-8", 7, 481350433),
    bytes: body(null, 512, ALL_BYTES.sum),
    buffer: body(null, 512, ALL_BYTES.sum),
    blob: body("text/css", 516, 15912153),
    untyped: body(null, 512, ALL_BYTES.sum),
    params: body("application/x-www-form-urlencoded;charset=UTF-8", 5, 306705639),
    formData: {
      ...MULTIPART,
      parts: [["a", "ż"], ["file", "all.bin", "application/x-all", ALL_BYTES]],
    },
    files: { ...MULTIPART, parts: [["a", "1"], ["f", "f.bin", "x/y", ALL_BYTES]] },
    none: body(null, 0, 7),
  },
  interceptors: { method: "POST", body: '{"a":"ż"}', headers: ["yes", "5"], seen: [200] },
  middleware: { n: 1, seen: 1 },
  redirect: [[7, true, "/json/7"], ['{"a":1}', true, "/echo"]],
  empty: [null, 0, 200, null, 0],
  status: {
    ...{ name: "HTTPStatusError", code: "AX_STATUS", attempts: 1, isAxError: true },
    message: '"GET {server}/status/404" failed: status 404 Not Found',
    data: { why: "asked for" },
  },
  retry: [{ count: 3 }, 3, [30, 30], {
    error: {
      ...{ name: "RetryError", code: "AX_RETRY", attempts: 2 },
      message: `"GET {server}/status/503" failed 2 times; the last time: ${FAILED_503}\n` +
        `  attempt 1: ${FAILED_503}`,
    },
  }],
  masked: {
    ...{ name: "NetworkError", code: "AX_NETWORK", attempts: 1, secret: false },
    message: 'Cannot reach "GET {refused}/?token=***": no connection, or not allowed by CORS; a ' +
      "browser tells why in its console only",
  },
  cors: "NetworkError",
  credentials: "seen=yes",
  tooLarge: ["BodySizeError", "BodySizeError"],
  network: {
    ...{ name: "TypeError", code: null, attempts: null },
    message: "Cannot use network.proxy: fetch in this runtime cannot do it",
  },
  progress: [["up", 512, 512], ["down", 5000, 5000]],
  dual: 42,
  transport: "one\ntwo\n",
  cancelled: ["CancelError", true],
};

/** What was refused, with the beginning of why. */
interface Refused {
  readonly error: About;
}

const ITEMS = [10, 11, 20, 21, 30, 31];
const LINES = ["line 0", "line 1", "line 2", "line 3", "line 4"];

/** The whole of it was sent, and told to the listener: at the end, or also on the way. */
function checkUpload({ upload, uploadThrows }: Told["apart"], onTheWay: boolean): void {
  const size = 8 << 20;
  assertEquals(upload, [size, true, [size, size], onTheWay]);
  const { name, message } = (uploadThrows as Refused).error;
  assertEquals([name, message], ["RangeError", "enough"]);
}

function checkAsync({ apart }: Told, watched = true): void {
  checkUpload(apart, watched);
  const { asyncFunction, customFetch, stream, fetchOption, paginate, transportStream } = apart;
  assertEquals([asyncFunction, customFetch, stream, fetchOption], ["yes", 8, LINES, 2]);
  assertEquals([paginate, transportStream], [ITEMS, ["one", "two"]]);
  checkFetch(apart);
}

/** What fetch does in a browser, whoever calls it. */
function checkFetch({ oneShot, manual, timeout }: Told["apart"]): void {
  // Chromium sends streams by HTTP/2 only.
  assertEquals((oneShot as Refused).error.name, "NetworkError");
  assertEquals((manual as Refused).error.name, "RedirectError");
  checkTimeout(timeout);
}

function checkTimeout(timeout: unknown): void {
  const { name, message } = (timeout as Refused).error;
  assertEquals(name, "TimeoutError");
  assertStringIncludes(message, "no response headers within 300 ms");
}

/** What is refused in every sync call of a browser. */
function checkUserFunctions(apart: Told["apart"]): void {
  checkUpload(apart, false);
  const { asyncFunction, customFetch } = apart;
  for (const refused of [asyncFunction, customFetch]) {
    assertEquals((refused as Refused).error.name, "SyncBridgeError");
  }
  const { message } = (asyncFunction as Refused).error;
  assertStringIncludes(message, "or a plain function, which run in both call styles");
  // A browser has no thread for them.
  assert(!message.includes("portable"), message);
}

function checkXhr({ apart }: Told, way: string, main: boolean): void {
  checkUserFunctions(apart);
  const problems = {
    oneShot: "send a body piece by piece",
    manual: 'leave a redirect alone ("followRedirects: false")',
    fetchOption: 'do what "fetchOptions.cache" says',
  };
  for (const [name, problem] of Object.entries(problems)) {
    const { error } = apart[name] as Refused;
    assertEquals(error.name, "SyncUnavailableError");
    const end = `synchronously: XMLHttpRequest cannot ${problem}; ${way}`;
    assert(error.message.endsWith(end), error.message);
  }
  // A main thread knows no limit in time for a request that blocks it.
  if (main) assertEquals(apart.timeout, { slow: 1500 });
  else checkTimeout(apart.timeout);
}

/** What is loaded later has to be there before a thread blocks. */
function checkNotLoaded({ apart }: Told): void {
  for (const name of ["stream", "paginate", "transportStream"]) {
    const { error } = apart[name] as Refused;
    assertEquals(error.name, "SyncUnavailableError");
    assert(error.message.endsWith('"await warmSync()" first'), error.message);
  }
}

function checkLoaded({ apart }: Told, way: string): void {
  assertEquals([apart.paginate, apart.transportStream], [ITEMS, ["one", "two"]]);
  const { error } = apart.stream as Refused;
  assertEquals(error.name, "SyncUnavailableError");
  const end = `XMLHttpRequest cannot hand on a body piece by piece; ${way}`;
  assert(error.message.endsWith(end), error.message);
}

function checkBridge({ apart }: Told): void {
  checkUserFunctions(apart);
  assertEquals([apart.stream, apart.fetchOption], [LINES, 2]);
  assertEquals([apart.paginate, apart.transportStream], [ITEMS, ["one", "two"]]);
  checkFetch(apart);
}
