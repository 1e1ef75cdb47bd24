/** The playground in Chromium: what each button gives, on a narrow dark screen and a wide one. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { playground } from "../../examples/browser/serve.ts";
import { openChromium, type Page, type PageOptions, serve } from "../../scripts/browser.ts";
import { npm } from "../../scripts/tools.ts";
import { skipped } from "../support/skipped.ts";

const CALLS = ["ada", "grace", "linus", "5242880 bytes", "ada, grace, linus"];

/** What the rows of each section say; the last one begins so. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  page: [...CALLS, "SyncUnavailableError: "],
  worker: [...CALLS, "SyncUnavailableError: "],
  isolated: ["sync calls by worker", ...CALLS, "one two three"],
  events: [...[1, 2, 3, 4, 5].map((n) => `number ${n} of 5`), "5 events"],
  upload: ["16777216 bytes arrived"],
};

const SCREENS: Readonly<Record<string, PageOptions>> = {
  "narrow and dark": { colorScheme: "dark", viewport: { width: 390, height: 844 } },
  "wide and light": { colorScheme: "light", viewport: { width: 1200, height: 800 } },
};

const BACKGROUNDS: Readonly<Record<string, string>> = {
  "narrow and dark": "rgb(20, 23, 26)",
  "wide and light": "rgb(255, 255, 255)",
};

Deno.test({
  name: "examples/browser/ in Chromium",
  // Chromium's process and pipes live from one step to the next.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t): Promise<void> {
    if ((await npm(".", ["--version"])).code !== 0) return await skipped(t, "npm is not installed");
    const browser = await openChromium();
    if ("missing" in browser) return await skipped(t, browser.missing);
    const server = serve(await playground(0));
    try {
      for (const [name, options] of Object.entries(SCREENS)) {
        await t.step(name, async () => {
          const page = await browser.newPage(options);
          const problems: string[] = [];
          page.on("pageerror", (error) => problems.push(String(error)));
          page.on("console", (message) => {
            if (message.type() === "error") problems.push(message.text());
          });
          await page.goto(`http://127.0.0.1:${server.addr.port}/`);
          for (const [id, texts] of Object.entries(SECTIONS)) await checkSection(page, id, texts);
          assertEquals(problems, []);
          const root = "document.documentElement";
          assertEquals(await page.evaluate(`${root}.scrollWidth`), options.viewport?.width);
          const background = "getComputedStyle(document.body).backgroundColor";
          assertEquals(await page.evaluate(background), BACKGROUNDS[name]);
          await page.close();
        });
      }
    } finally {
      await browser.close();
      await server.shutdown();
    }
  },
});

async function checkSection(page: Page, id: string, texts: readonly string[]): Promise<void> {
  await page.click(`#${id} button`);
  await page.waitForSelector(`#${id} button:not(:disabled)`);
  const rows = `[...document.querySelectorAll("#${id} dd")].map(({ textContent }) => textContent)`;
  const found = await page.evaluate<string[]>(rows);
  assertEquals(found.slice(0, -1), texts.slice(0, -1));
  assertStringIncludes(found.at(-1) ?? "", texts.at(-1) ?? "");
  if (id === "upload") {
    assertEquals(await page.evaluate('document.querySelector("progress").value'), 1);
  }
}
