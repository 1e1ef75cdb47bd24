import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { locate } from "../../src/call/encode.ts";
import { clientDefaults, resolveConfig } from "../../src/config/merge.ts";
import type { ClientConfig, RequestConfig } from "../../src/config/options.ts";
import { AxError } from "../../src/ax_error.ts";
import { TimeoutError } from "../../src/errors.ts";
import { type Operation, sleep } from "../../src/flow/flow.ts";
import { headersFrom } from "../../src/http/message.ts";
import { mergeParams } from "../../src/http/params.ts";
import { RESPONSE_ERRORS } from "../../src/http/answer.ts";
import { AxResponse } from "../../src/http/response.ts";
import { awaitingStyle, blockingStyle } from "../../src/stream/items.ts";
import type { PageSource, PaginateConfig } from "../../src/stream/page_config.ts";
import { Pages } from "../../src/stream/pages.ts";
import { failure, inBothStyles, list, type World } from "./scripted.ts";

/** A page: its items, and the target of its next link. */
type Page = readonly [items: unknown[], next?: string | undefined];

interface Site extends PageSource {
  /** What was asked for. */
  readonly requests: RequestConfig[];
}

/** A client whose pages come from a function; each takes 10 ms. */
function site(pageOf: (index: number) => Page, config: ClientConfig = {}): Site {
  const defaults = clientDefaults(config);
  const requests: RequestConfig[] = [];
  const locateIn = (options: Parameters<typeof locate>[0]) => locate(options, undefined);
  const resolve = (options: RequestConfig) => resolveConfig(defaults, options, {});
  return {
    requests,
    resolve,
    locate: locateIn,
    *request(options): Generator<Operation, AxResponse, unknown> {
      const { url } = locateIn(resolve(options));
      yield* sleep(10);
      const [data, next] = pageOf(requests.length);
      requests.push(options);
      const request = { method: "GET", url, headers: new Headers() };
      const headers: [string, string][] = next === undefined
        ? []
        : [["link", `<${next}>; rel="next"`]];
      const head = { status: 200, statusText: "", url, redirected: false, headers, request };
      const init = { ...head, data, body: new Uint8Array(), errors: RESPONSE_ERRORS };
      return new AxResponse(init as never);
    },
  };
}

function pagesIn(world: World, source: PageSource, config: PaginateConfig = {}) {
  const pages = new Pages(() => ({ ...config, url: "https://example.com/list" }), source);
  return world.style === "async"
    ? awaitingStyle(world.engine).items(pages)
    : blockingStyle(world.engine).items(pages);
}

const endless = (items: unknown[]) => site((index) => [items, `/list?page=${index + 1}`]);

inBothStyles(
  "pages without an end are an error after 10,000, unless maxPages is given",
  async (world) => {
    const source = endless([]);
    const items = pagesIn(world, source);
    const error = await failure(async () => void await items.next(), AxError);
    assertEquals(
      error.message,
      'Cannot go on after "GET https://example.com/list?page=9999": it names another page after ' +
        '10000, set "maxPages" to read more',
    );
    assertEquals(source.requests.length, 10_000);
    assertEquals(await items.next(), { done: true, value: undefined });

    const bounded = endless([1]);
    assertEquals(await list(pagesIn(world, bounded, { maxPages: 3 })), [1, 1, 1]);
    assertEquals(bounded.requests.length, 3);
    const more = site((index) => [[], index < 10_001 ? `/list?page=${index + 1}` : undefined]);
    assertEquals(await list(pagesIn(world, more, { maxPages: Infinity })), []);
    assertEquals(more.requests.length, 10_002);
  },
);

inBothStyles("exactly 10,000 pages are read to their end", async (world) => {
  const source = site((index) => [[], index < 9_999 ? `/list?page=${index + 1}` : undefined]);
  assertEquals(await list(pagesIn(world, source)), []);
  assertEquals(source.requests.length, 10_000);
});

inBothStyles("totalTimeout counts for all pages, from the first one on", async (world) => {
  for (const items of [[], [1]]) {
    const source = endless(items);
    world.time += 1_000;
    const began = world.time;
    const pages = pagesIn(world, source, { totalTimeout: 35, redact: ["page"] });
    const error = await failure(async () => {
      for (let step; !(step = await pages.next()).done;) assertEquals(step.value, 1);
    }, TimeoutError);
    assertEquals([error.phase, world.time - began, source.requests.length], ["total", 35, 3]);
    assertEquals(
      error.message,
      'The pages from "GET https://example.com/list" on timed out: not all of them within 35 ms ' +
        '("totalTimeout")',
    );
    assertEquals(error.request?.url, "https://example.com/list");
  }
});

inBothStyles("totalTimeout ends a next() that waits", async (world) => {
  const pages = pagesIn(world, endless([]), {
    totalTimeout: 50,
    *next() {
      yield* sleep(500);
      return "/next";
    },
  });
  await failure(async () => void await pages.next(), TimeoutError);
  assertEquals(world.time, 50);
});

inBothStyles("an invalid next link is masked before it is cut", async (world) => {
  const filler = "x".repeat(5_000);
  for (const link of [`http://me:s3cret@[${filler}`, `http://[/?a=${filler}&token=s3cret`]) {
    const pages = pagesIn(world, site(() => [[], link]), { redact: ["token"] });
    const error = await failure(async () => void await pages.next(), AxError);
    assertStringIncludes(error.message, "it is no valid URL");
    assert(error.message.length < 3_000);
    assert(!`${error.message}${error.stack}`.includes("s3cret"));
    assertEquals(error.cause, undefined);
  }
});

inBothStyles(
  "a page of another origin gets no credentials and no parameters of the first",
  async (world) => {
    const links = ["https://other.test/a?x=1", "https://example.com/b"];
    const source = site((index) => [[index], links[index]], {
      headers: { authorization: "client", "x-api-key": "client", "x-plain": "1" },
      params: { key: "client" },
      allowAbsoluteUrls: true,
    });
    const config = {
      headers: { cookie: "a=1", "x-mine": "1", "x-token": "call" },
      params: { mine: "call" },
      path: {},
      redact: ["x-token"],
      sensitiveHeaders: ["x-mine"],
    };
    assertEquals(await list(pagesIn(world, source, config)), [0, 1, 2]);
    const sent = source.requests.map((options) => source.resolve(options)).map((options) => [
      Object.fromEntries(headersFrom(options.headers)),
      Object.fromEntries(mergeParams(options.params)),
    ]);
    const plain = { accept: "application/json, text/plain, */*", "x-plain": "1" };
    const home = {
      ...plain,
      ...{ authorization: "client", "x-api-key": "client" },
      ...{ cookie: "a=1", "x-mine": "1", "x-token": "call" },
    };
    assertEquals(sent, [
      [home, { key: "client", mine: "call" }],
      [plain, {}],
      [home, { key: "client" }],
    ]);
  },
);

inBothStyles("the values of the first path are not asked of the next link", async (world) => {
  const source = site((index) => [[index], index === 0 ? "/orgs/a/2" : undefined]);
  const pages = new Pages(
    () => ({ url: "https://example.com/orgs/{org}", path: { org: "a" } }),
    source,
  );
  const items = world.style === "async"
    ? awaitingStyle(world.engine).items(pages)
    : blockingStyle(world.engine).items(pages);
  assertEquals(await list(items), [0, 1]);
});
