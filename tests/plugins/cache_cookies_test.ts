import { assertEquals } from "@std/assert";
import { create, HTTPStatusError } from "../../mod.ts";
import { cache } from "../../src/plugins/cache.ts";
import { cookies } from "../../src/plugins/cookies.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { type RecordedRequest, sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

function fieldOf(request: RecordedRequest | undefined, name: string): string | undefined {
  return request && new Headers(request.headers).get(name) || undefined;
}

bothStyles("cache() asks a real server whether a response is still good", async (t) => {
  using api = create({ baseURL: server.url }).plugin(cache());
  const url = `/etag?key=${t.key}`;
  const responses = [await t.get(api, url), await t.get(api, url), await t.get(api, url)];
  assertEquals(responses.map(({ fromCache }) => fromCache), [
    undefined,
    "revalidated",
    "revalidated",
  ]);
  assertEquals(responses.map(({ data }) => data), Array(3).fill({ tag: '"v1"', hits: 1 }));
  const requests = await server.requests(t.key);
  assertEquals(requests.map((request) => fieldOf(request, "if-none-match")), [
    undefined,
    '"v1"',
    '"v1"',
  ]);
});

bothStyles("cache() serves a body of a real server that was compressed", async (t) => {
  for (const coding of ["gzip", "deflate", "br"]) {
    using api = create({ baseURL: server.url }).plugin(cache({ ttl: 60_000 }));
    const url = `/${coding}?key=${t.key}`;
    const [first, hit] = [await t.get(api, url), await t.get(api, url)];
    assertEquals(hit.fromCache, "hit", coding);
    assertEquals(hit.data, first.data, coding);
    assertEquals(hit.headers.get("content-encoding"), null, coding);
    const stream = await t.stream(api, url);
    assertEquals(new TextDecoder().decode(await stream.read()), first.text(), coding);
  }
  assertEquals((await server.requests(t.key)).length, 3);
});

bothStyles("cache() does not store a compressed body that a real server cut", async (t) => {
  using api = create({ baseURL: server.url }).plugin(cache({ ttl: 60_000 }));
  const url = `/gzip?cut&key=${t.key}`;
  await t.fails(() => t.get(api, url), Error);
  await t.fails(() => t.get(api, url), Error);
  assertEquals((await server.requests(t.key)).length, 2);
});

bothStyles("cookies() takes several fields of a real server and sends them back", async (t) => {
  using api = create({ baseURL: server.url }).plugin(cookies());
  await t.get(api, "/set-cookies", { params: { n: 3 } });
  await t.get(api, "/echo", { params: { key: t.key } });
  const [request] = await server.requests(t.key);
  assertEquals(fieldOf(request, "cookie"), "c0=v0; c1=v1; c2=v2");
});

bothStyles("cookies() sends them on each hop of a redirect of a real server", async (t) => {
  using api = create({ baseURL: server.url }).plugin(cookies()).plugin(cache());
  await t.get(api, "/set-cookies", { params: { n: 1 } });
  await t.get(api, `/redirect-to?key=${t.key}&url=/auth?key=${t.key}`, { validateStatus: false });
  await t.fails(() => t.get(api, `/auth?key=${t.key}`), HTTPStatusError);
  const requests = await server.requests(t.key);
  assertEquals(requests.map((request) => fieldOf(request, "cookie")), Array(3).fill("c0=v0"));
});
