/**
 * The package in headless Chromium: the programs of the browser test, in a page that is isolated.
 *
 * @module
 */

import { answer } from "../../tests/support/browser_api.ts";
import { bundlePrograms, openChromium, type Page, serve } from "../browser.ts";
import type { Outcome } from "./runtimes.ts";

const LIMIT_MS = 60_000;

/** Awaited calls in the page, blocking ones in its dedicated worker. */
export async function inChromium(): Promise<Outcome> {
  const browser = await openChromium();
  if ("missing" in browser) return browser;
  try {
    const files = await bundlePrograms("tests/runtimes/browser", ["page.js", "worker.js"]);
    files.set("/index.html", '<!doctype html><script type="module" src="/page.js"></script>');
    await using server = serve({ files, answer, isolated: true });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    const report = {
      import: page.workers().length === 0,
      async: await check(page, 'run("async")'),
      stream: await check(page, 'run("async")'),
      sync: await check(page, 'runInWorker("sync")'),
      "stream sync": await check(page, 'runInWorker("stream")'),
    };
    return { version: browser.version(), reports: { page: report } };
  } finally {
    await browser.close();
  }
}

/** The program throws where a call fails; what it found in detail is for the browser test. */
async function check(page: Page, script: string): Promise<true | string> {
  const timer = Promise.withResolvers<never>();
  const id = setTimeout(() => timer.reject(new Error("the page hangs")), LIMIT_MS);
  try {
    await Promise.race([page.evaluate(script), timer.promise]);
    return true;
  } catch (error) {
    return String(error);
  } finally {
    clearTimeout(id);
  }
}
