import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type AxResponse,
  create,
  createResponse,
  dual,
  FixedDelay,
  HTTPStatusError,
  InterceptorError,
  type Next,
  portable,
  RetryError,
  sleep,
  TimeoutError,
} from "../../mod.ts";
import type { ResolvedConfig } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();
const BIG = "/stream?size=500000000";

async function freed(key: string, times = 1): Promise<void> {
  await eventually(() => server.aborted(key), (count) => count === times);
}

async function text(items: Iterable<string> | AsyncIterable<string>): Promise<string> {
  let all = "";
  for await (const piece of items) all += piece;
  return all;
}

bothStyles("plain and generator functions see status and headers of a stream", async (t) => {
  using api = create({ baseURL: server.url });
  const seen: unknown[] = [];
  const note = (who: string, response: AxResponse) => {
    seen.push([who, response.status, response.headers.get("content-type"), response.data]);
    return response;
  };
  api.use(function* (request: ResolvedConfig, next: Next) {
    return note("middleware", yield* next(request));
  });
  api.interceptors.response.use((response) => note("interceptor", response));
  api.interceptors.response.use(function* (response) {
    yield* sleep(1);
    note("generator", response);
  });
  const stream = await t.stream(api, "/text");
  assertEquals(
    seen,
    ["middleware", "interceptor", "generator"].map((who) => [who, 200, "text/plain", undefined]),
  );
  assert((await text(stream.iterText())).startsWith("hello"));
});

bothStyles("async functions see status and headers of a stream", async (t) => {
  using api = create({ baseURL: server.url });
  api.use(portable(async (request, next) => {
    const response = await next(request);
    if (response.status !== 200) throw new Error("not ok");
    return response;
  }));
  api.interceptors.response.use(portable(async (response) => {
    const type = await Promise.resolve(response.headers.get("content-type"));
    if (type !== "text/plain") throw new Error(`not text: ${type}`);
    response.headers.set("x-seen", "yes");
    return response;
  }));
  const stream = await t.stream(api, "/text");
  assert((await text(stream.iterText())).startsWith("hello"));
  assertEquals(stream.headers.get("x-seen"), "yes");
});

bothStyles("an async function that reads a stream's body is told to iterate", async (t) => {
  using api = create({ baseURL: server.url });
  api.interceptors.response.use(portable(async (response) => {
    await Promise.resolve();
    response.text();
  }));
  const error = await t.fails(t.stream(api, `${BIG}&key=${t.key}`), InterceptorError);
  assert(error.cause instanceof Error);
  await freed(t.key);
});

bothStyles("body readers of a stream in an interceptor say to iterate", async (t) => {
  using api = create({ baseURL: server.url });
  const messages: string[] = [];
  api.interceptors.response.use((response) => {
    for (const read of [() => response.text(), () => response.json(), () => response.bytes()]) {
      try {
        read();
      } catch (error) {
        assert(error instanceof TypeError);
        messages.push(error.message);
      }
    }
  });
  const stream = await t.stream(api, "/json");
  assertEquals(messages.length, 3);
  assertStringIncludes(messages[0] ?? "", "iterate the result of the call");
  assertEquals(JSON.parse(await text(stream.iterText())).ok, true);
});

bothStyles("transforms and schema do not run on a stream", async (t) => {
  const fail = () => {
    throw new Error("ran");
  };
  const schema = { "~standard": { version: 1 as const, vendor: "test", validate: fail } };
  using api = create({ baseURL: server.url, transformResponse: fail, schema });
  const stream = await t.stream(api, "/json");
  assertEquals(JSON.parse(await text(stream.iterText())).ok, true);
});

bothStyles("a refused status is an HTTPStatusError whose response is readable", async (t) => {
  using api = create({ baseURL: server.url });
  const error = await t.fails(t.stream(api, "/status/404"), HTTPStatusError);
  assertEquals(error.status, 404);
  assertEquals(error.response?.data, { status: 404 });
  assertEquals(error.response?.json(), { status: 404 });
});

bothStyles("the body of a refused status is bounded", async (t) => {
  using api = create({ baseURL: server.url, validateStatus: () => false, timeout: 5_000 });
  const error = await t.fails(t.stream(api, `${BIG}&key=${t.key}`), HTTPStatusError);
  const size = error.response?.bytes().byteLength ?? 0;
  assert(size >= 16 * 1024 ** 2 && size < 20 * 1024 ** 2, `${size} bytes`);
  await freed(t.key);
  const slow = t.stream(api, `/drip?chunks=100&gap=30&key=${t.key}-slow`, { timeout: 400 });
  const { cause, response } = await t.fails(slow, HTTPStatusError);
  assert(cause instanceof TimeoutError);
  assertEquals([cause.phase, response?.data], ["attempt", undefined]);
  await freed(`${t.key}-slow`);
});

bothStyles("raiseForStatus() throws for a stream that was let through", async (t) => {
  using api = create({ baseURL: server.url, validateStatus: false });
  const stream = await t.stream(api, "/status/500");
  assertEquals([stream.ok, stream.status], [false, 500]);
  await t.fails(() => void stream.raiseForStatus(), HTTPStatusError);
  assertEquals(JSON.parse(await text(stream.iterText())), { status: 500 });
  const good = await t.stream(api, "/text");
  assertEquals(good.raiseForStatus(), good);
  good.close();
});

bothStyles("attempts that fail are made again, and count", async (t) => {
  const retryStrategy = new FixedDelay({ delay: 1 });
  using api = create({ baseURL: server.url, maxRetries: 3, retryStrategy });
  let calls = 0;
  api.interceptors.request.use((request) => {
    request.url = ++calls < 3 ? "/status/503" : "/text";
  });
  const stream = await t.stream(api, "/");
  assertEquals(stream.attempts, 3);
  assert((await text(stream.iterText())).startsWith("hello"));

  using other = create({ baseURL: server.url, maxRetries: 1, retryStrategy });
  const error = await t.fails(t.stream(other, "/status/503"), RetryError);
  assertEquals(error.response?.data, { status: 503 });
});

bothStyles("redirects are followed to the stream", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/redirect/2");
  assertEquals([stream.status, stream.redirected], [200, true]);
  stream.close();
});

bothStyles("a stream that an interceptor replaces or drops is closed", async (t) => {
  const key = (name: string) => `${t.key}-${name}`;
  using replacing = create({ baseURL: server.url });
  replacing.interceptors.response.use(() => createResponse({ body: "mine" }));
  const stream = await t.stream(replacing, `${BIG}&key=${key("replaced")}`);
  assertEquals(await text(stream.iterText()), "mine");
  await freed(key("replaced"));

  using throwing = create({ baseURL: server.url });
  throwing.interceptors.response.use(() => {
    throw new Error("no");
  });
  await t.fails(t.stream(throwing, `${BIG}&key=${key("thrown")}`), InterceptorError);
  await freed(key("thrown"));

  using twice = create({ baseURL: server.url });
  twice.use(function* (request, next) {
    yield* next(request);
    return yield* next(request);
  });
  const second = await t.stream(twice, `${BIG}&key=${key("twice")}`);
  await freed(key("twice"));
  second.close();
  await freed(key("twice"), 2);
});

bothStyles("an interceptor answers with another call's stream", async (t) => {
  using api = create({ baseURL: server.url });
  const key = t.key;
  api.interceptors.response.use(undefined, function* (error) {
    if (!(error instanceof HTTPStatusError)) throw error;
    return yield* api.flow.stream(`${BIG}&key=${key}`);
  });
  const control = new AbortController();
  const stream = await t.stream(api, "/status/401", { signal: control.signal });
  const chunks = stream.iterBytes();
  assert((await chunks.next()).value?.byteLength);
  control.abort();
  await freed(key);
  await t.fails(async () => void await chunks.next(), Error);
});

bothStyles("an operation's stream and items are usable outside of it", async (t) => {
  using api = create({ baseURL: server.url });
  const chat = dual(function* (path: string) {
    return yield* api.flow.stream(path);
  });
  const stream = await t.dual(chat, "/text");
  assertEquals(stream.status, 200);
  assert((await text(stream.iterText())).startsWith("hello"));
  const lines = dual(function* (path: string) {
    return (yield* api.flow.stream(path)).iterLines();
  });
  assertEquals((await Array.fromAsync(await t.dual(lines, "/ndjson?n=3"))).length, 3);
});

bothStyles("the option of old is refused, and its error names the verb", async (t) => {
  using api = create({ baseURL: server.url });
  const error = await t.fails(t.get(api, "/text", { stream: true } as never), TypeError);
  assertStringIncludes(error.message, '"stream"');
  assertMatch(error.message, /api\.stream|"streamSync"|stream\(url/);
});
