/**
 * The package in headless Chromium: the spec of the browser test in each kind of thread.
 *
 * @module
 */

import { answer } from "../../tests/support/browser_api.ts";
import { type Browser, bundlePrograms, openChromium, type Page, serve } from "../browser.ts";
import type { Outcome, Report, Runtime } from "./runtimes.ts";

const LIMIT_MS = 60_000;
const FOLDER = "tests/runtimes/browser";

/** A kind of thread. */
interface Place {
  readonly name: string;
  readonly tested: string;
  /** The function of the page that runs the spec there. */
  readonly run: string;
  readonly isolated: boolean;
  /** Whether calls block there: by XMLHttpRequest, or by the bridge, which has streams as well. */
  readonly sync: "no" | "xhr" | "bridge";
}

const PLACES: readonly Place[] = [
  {
    name: "Chromium, page",
    tested: "npm tarball, bundled; the main thread",
    ...{ run: "run", isolated: false, sync: "xhr" },
  },
  {
    name: "Chromium, worker",
    tested: "npm tarball, bundled; a dedicated worker of a page that is not isolated",
    ...{ run: "runInWorker", isolated: false, sync: "xhr" },
  },
  {
    name: "Chromium, isolated worker",
    tested: "npm tarball, bundled; a dedicated worker after `await warmSync()`",
    ...{ run: "runInWorker", isolated: true, sync: "bridge" },
  },
  {
    name: "Chromium, service worker",
    tested: "npm tarball, bundled into one script",
    ...{ run: "runInServiceWorker", isolated: false, sync: "no" },
  },
];

/** The kinds of thread as lines of the table. */
export const CHROMIUM: readonly Runtime[] = PLACES.map((place) => ({
  name: place.name,
  tested: place.tested,
  run: () => inChromium(place),
}));

/** What the spec tells; see `spec.js`. */
interface Told {
  readonly same: Readonly<Record<string, unknown>>;
  readonly apart: Readonly<Record<string, unknown>>;
}

async function inChromium(place: Place): Promise<Outcome> {
  const browser = await openChromium();
  if ("missing" in browser) return browser;
  try {
    const files = await bundlePrograms(FOLDER, ["page.js", "worker.js"]);
    const service = await bundlePrograms(FOLDER, ["service.js"], { splitting: false });
    for (const [path, text] of service) files.set(path, text);
    files.set("/index.html", '<!doctype html><script type="module" src="/page.js"></script>');
    await using server = serve({
      ...{ files, answer, isolated: place.isolated },
      headers: { "set-cookie": "seen=yes" },
    });
    const report = await reportOf(browser, `http://127.0.0.1:${server.addr.port}`, place);
    return { version: browser.version(), reports: { page: report } };
  } finally {
    await browser.close();
  }
}

async function reportOf(browser: Browser, url: string, place: Place): Promise<Report> {
  const page = await browser.newPage();
  await page.goto(`${url}/`);
  const imported = page.workers().length === 0;
  const spec = (style: string): Promise<Told> => {
    // The same server by another name is another origin.
    const elsewhere = url.replace("127.0.0.1", "localhost");
    const at = { url, elsewhere, refused: "http://127.0.0.1:1", key: crypto.randomUUID() };
    const options = JSON.stringify({ ...at, warm: place.sync === "bridge" });
    return limited(page, `${place.run}("spec", "${style}", ${options})`);
  };
  const told = await spec("async");
  const report = { import: imported, async: calls(told), stream: streams(told) };
  if (place.sync === "no") return { ...report, getSync: await refused(page, url) };
  const blocking = await spec("sync");
  const sync = { ...report, sync: calls(blocking) };
  return place.sync === "xhr" ? sync : { ...sync, "stream sync": streams(blocking) };
}

/** Whether every check has come to an end of its own. */
function calls({ same }: Told): true | string {
  const failed = Object.entries(same).filter(([, found]) => {
    return typeof found === "object" && found !== null && "error" in found;
  });
  return failed.length === 0 || JSON.stringify(failed);
}

function streams({ apart: { stream } }: Told): true | string {
  return Array.isArray(stream) && stream.length === 5 || JSON.stringify(stream);
}

async function refused(page: Page, url: string): Promise<true | string> {
  const script = `runInServiceWorker("sync", ${JSON.stringify(url)})`;
  const { errors } = await limited<{ errors: { name: string }[] }>(page, script);
  return errors.every(({ name }) => name === "SyncUnavailableError") || JSON.stringify(errors);
}

async function limited<T>(page: Page, script: string): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const id = setTimeout(() => timer.reject(new Error("the page hangs")), LIMIT_MS);
  try {
    return await Promise.race([page.evaluate<T>(script), timer.promise]);
  } finally {
    clearTimeout(id);
  }
}
