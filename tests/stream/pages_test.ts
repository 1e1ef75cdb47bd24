import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  AxError,
  type AxResponse,
  create,
  HTTPStatusError,
  type PaginateConfig,
  portable,
  sleep,
} from "../../mod.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer, startServer } from "../support/server.ts";
import { bothStyles, parity } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

interface Item {
  id: number;
}

function ids(items: readonly Item[]): number[] {
  return items.map(({ id }) => id);
}

bothStyles("paginate() follows the Link header and requests as few pages as it can", async (t) => {
  using api = create({ baseURL: server.url });
  const url = `/link?pages=3&key=${t.key}`;
  assertEquals(ids(await t.pages<Item>(api, url)), [1, 2, 3, 4, 5, 6]);
  assertEquals((await server.requests(t.key)).length, 3);
  await server.reset(t.key);
  assertEquals(ids(await t.pages<Item>(api, url, { maxPages: 2 })), [1, 2, 3, 4]);
  assertEquals((await server.requests(t.key)).length, 2);
  await server.reset(t.key);
  assertEquals(ids(await t.pages<Item>(api, url, { maxItems: 2 })), [1, 2]);
  assertEquals((await server.requests(t.key)).length, 1);
  assertEquals(ids(await t.pages<Item>(api, url, { maxItems: 3 })), [1, 2, 3]);
  await server.reset(t.key);
  assertEquals(await t.pages(api, url, { maxItems: 0 }), []);
  assertEquals(await t.pages(api, url, { maxPages: 0 }), []);
  assertEquals(await server.requests(t.key), []);
});

bothStyles("paginate() requests no page more when the loop is left", async (t) => {
  using api = create({ baseURL: server.url });
  const url = `/link?pages=5&key=${t.key}`;
  const seen: number[] = [];
  await t.either(async () => {
    for await (const { id } of api.paginate<Item>(url)) if (seen.push(id) === 4) break;
  }, () => {
    for (const { id } of api.paginateSync<Item>(url)) if (seen.push(id) === 4) break;
  });
  assertEquals(seen, [1, 2, 3, 4]);
  assertEquals((await server.requests(t.key)).length, 2);
});

bothStyles("paginate() keeps the call's options, and its params for the first page", async (t) => {
  using api = create({ baseURL: server.url, params: { key: t.key }, headers: { "x-a": "1" } });
  const config = { params: { pages: 2, page: 1 }, headers: { "x-b": "2" } };
  assertEquals(ids(await t.pages<Item>(api, "/link", config)), [1, 2, 3, 4]);
  for (const { headers } of await server.requests(t.key)) {
    assertEquals([new Map(headers).get("x-a"), new Map(headers).get("x-b")], ["1", "2"]);
  }
});

function cursors(): MockTransport {
  const transport = new MockTransport();
  transport.on("GET", /.*/).reply(({ url }) => {
    const cursor = Number(new URL(url).searchParams.get("cursor") ?? 0);
    const next = cursor < 2 ? cursor + 1 : null;
    return { status: 200, body: { results: [`${cursor}a`, `${cursor}b`], next } };
  });
  return transport;
}

interface Page {
  results: string[];
  next: number | null;
}

const results = ({ data }: AxResponse): string[] => (data as Page).results;
const wanted = ["0a", "0b", "1a", "1b", "2a", "2b"];

bothStyles("paginate() takes next() and items() of any colour", async (t) => {
  using api = create({ baseURL: "https://example.com", transport: cursors() });
  const plain = ({ data }: AxResponse) => {
    const { next } = data as Page;
    return next === null ? null : { params: { cursor: next } };
  };
  function* generator(response: AxResponse) {
    yield* sleep(1);
    return plain(response) ?? undefined;
  }
  const url = ({ data }: AxResponse) => {
    const { next } = data as Page;
    return next === null ? "" : `/list?cursor=${next}`;
  };
  const asynchronous = portable(async ({ data }: AxResponse) => {
    const { next } = await Promise.resolve(data as { next: number | null });
    return next === null ? null : `?cursor=${next}`;
  });
  function* items(response: AxResponse) {
    yield* sleep(1);
    return results(response);
  }
  for (const next of [plain, generator, url, asynchronous]) {
    const config: PaginateConfig = { next, items: next === generator ? items : results };
    assertEquals(await t.pages(api, "/list", config), wanted, next.name);
  }
});

bothStyles("paginate() sends the body that next() asks for", async (t) => {
  const transport = new MockTransport();
  transport.on("POST", "https://example.com/graphql").reply((request) => {
    const { after = 0 } = request.json<{ after?: number }>();
    return { status: 200, body: { nodes: [after], after: after < 2 ? after + 1 : null } };
  });
  using api = create({ transport });
  const items = await t.pages(api, "https://example.com/graphql", {
    method: "POST",
    json: {},
    items: ({ data }) => (data as { nodes: number[] }).nodes,
    next({ data }) {
      const { after } = data as { after: number | null };
      return after === null ? undefined : { json: { after } };
    },
  });
  assertEquals(items, [0, 1, 2]);
});

parity("paginate() says that data is no array", async (t) => {
  using api = create({ baseURL: "https://example.com", transport: cursors() });
  return await t.pages(api, "/list");
});

bothStyles("paginate() refuses what it cannot mean, before anything is sent", async (t) => {
  const transport = cursors();
  using api = create({ baseURL: "https://example.com", transport });
  const refused = async (config: object, type: new () => Error, message: RegExp) => {
    const error = await t.fails(t.pages(api, "/list", config as PaginateConfig), type);
    assertMatch(error.message, message);
  };
  await refused({ maxPages: -1 }, RangeError, /"maxPages": it must be an integer of 0 or more/);
  await refused({ maxItems: 1.5 }, RangeError, /"maxItems".* got 1\.5/);
  await refused({ maxItems: "2" }, TypeError, /"maxItems": it must be an integer/);
  await refused({ next: "/b" }, TypeError, /"next": it must be a function/);
  await refused({ stream: true }, TypeError, /"stream"/);
  await refused({ nope: 1 }, TypeError, /Unknown option "nope"/);
  assertEquals(transport.requests.length, 0);
  await refused({ items: () => 1 }, TypeError, /"items" returned no array/);
  await refused({ items: results, next: () => 1 }, TypeError, /"next" returned a number/);
});

bothStyles("paginate() refuses a next link to another origin", async (t) => {
  for (const base of [{ baseURL: server.url }, {}]) {
    using api = create(base);
    const next = encodeURIComponent("https://evil.test/link?token=1");
    const url = `${server.url}/link?pages=3&next=${next}`;
    const error = await t.fails(t.pages(api, url, { redact: ["token"] }), TypeError);
    assertStringIncludes(
      error.message,
      '"https://evil.test/link?token=***": it is on another origin',
    );
    assertStringIncludes(error.message, "set allowAbsoluteUrls to allow it");
  }
});

bothStyles("paginate() sends no credentials to another origin, and again at home", async (t) => {
  await using other = await startServer();
  using api = create({
    allowAbsoluteUrls: true,
    sensitiveHeaders: ["x-secret"],
    headers: { authorization: "Bearer client", "x-plain": "1" },
  });
  const last = `${server.url}/link?pages=1&page=1&key=${t.key}`;
  const away = `${other.url}/link?pages=3&key=${t.key}&next=${encodeURIComponent(last)}`;
  const first = `${server.url}/link?pages=3&key=${t.key}&next=${encodeURIComponent(away)}`;
  const headers = { cookie: "a=1", "x-secret": "call" };
  assertEquals((await t.pages(api, first, { headers })).length, 6);
  const [foreign] = await other.requests(t.key);
  const sent = new Map(foreign?.headers);
  assertEquals(["authorization", "cookie", "x-secret"].filter((name) => sent.has(name)), []);
  assertEquals(sent.get("x-plain"), "1");
  const home = await server.requests(t.key);
  assertEquals(home.length, 2);
  for (const { headers } of home) {
    const received = new Map(headers);
    assertEquals(received.get("authorization"), "Bearer client");
    assertEquals(received.get("x-secret"), "call");
  }
});

bothStyles("paginate() keeps the credentials of the first URL at home", async (t) => {
  using api = create();
  const [scheme, host] = server.url.split("://");
  const url = `${scheme}://me:pw@${host}/link?pages=2&key=${t.key}`;
  assertEquals((await t.pages(api, url)).length, 4);
  for (const { headers } of await server.requests(t.key)) {
    assertEquals(new Map(headers).get("authorization"), `Basic ${btoa("me:pw")}`);
  }
});

bothStyles("paginate() ends on links that go round, and on those that are no URL", async (t) => {
  using api = create({ baseURL: server.url });
  const loop = `/link?pages=3&key=${t.key}&next=${encodeURIComponent("/link?pages=9&page=1")}`;
  const error = await t.fails(
    t.pages(api, loop, { params: { pages: "9" }, next: () => `/link?pages=9&page=1` }),
    AxError,
  );
  assertMatch(error.message, /that page was read before, the links go round/);
  const bad = await t.fails(t.pages(api, "/link?pages=2&next=http%3A%2F%2F%5B"), AxError);
  assertMatch(bad.message, /it is no valid URL/);
});

bothStyles("paginate() fails with the error of a page, after the items before it", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", "https://example.com/a").reply(200, [1], { link: '</b>; rel="next"' });
  transport.on("GET", "https://example.com/b").reply(500);
  using api = create({ transport });
  const seen: unknown[] = [];
  const call = t.either(async () => {
    for await (const item of api.paginate("https://example.com/a")) seen.push(item);
  }, () => {
    for (const item of api.paginateSync("https://example.com/a")) seen.push(item);
  });
  await t.fails(call, HTTPStatusError);
  assertEquals(seen, [1]);
});

bothStyles("flow.paginate() gives the same items inside a flow", async (t) => {
  using api = create({ baseURL: server.url });
  function* all() {
    const items = api.flow.paginate<Item>("/link?pages=2");
    const seen: number[] = [];
    for (let item; (item = yield* items.next()) !== undefined;) seen.push(item.id);
    return seen;
  }
  assertEquals(await t.run(all()), [1, 2, 3, 4]);
});

Deno.test("paginate() answers steps that are asked for at once in order", async () => {
  using api = create({ baseURL: server.url });
  const items = api.paginate<Item>("/link?pages=2");
  const steps = await Promise.all(Array.from({ length: 5 }, () => items.next()));
  assertEquals(steps.map(({ value }) => value?.id), [1, 2, 3, 4, undefined]);
});
