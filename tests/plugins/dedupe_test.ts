import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  type AxResponse,
  CancelError,
  CancelToken,
  type Client,
  create,
  HTTPStatusError,
  NetworkError,
  type Operation,
} from "../../mod.ts";
import { dedupe } from "../../src/plugins/dedupe.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { allSettled, atOnce } from "../support/at_once.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedServer();

/** The test server under a key of the test's own. */
function at(t: StyleKit, path: string): string {
  return `${server.url}${path}${path.includes("?") ? "&" : "?"}key=${t.key}`;
}

function three(api: Client, url: string): (() => ReturnType<Client["flow"]["get"]>)[] {
  return [0, 1, 2].map(() => () => api.flow.get(url));
}

/** Does something once the server has answered somebody else: others have long begun to wait. */
function* afterAnswer(act: () => void): Generator<Operation, void, unknown> {
  yield* create().flow.get(`${server.url}/json`);
  act();
}

bothStyles("dedupe() sends one request for equal calls at once", async (t) => {
  const api = create().plugin(dedupe());
  const responses = await atOnce<AxResponse>(t, api, three(api, at(t, "/json")));
  assertEquals(responses.map(({ status }) => status), [200, 200, 200]);
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("dedupe() gives each call data, headers and a response of its own", async (t) => {
  const api = create().plugin(dedupe());
  const responses = await atOnce<AxResponse>(t, api, three(api, at(t, "/json")));
  const [first, second] = responses as [AxResponse<{ ok: boolean }>, AxResponse<{ ok: boolean }>];
  first.data.ok = false;
  first.headers.set("x-own", "1");
  assertEquals([second.data.ok, second.headers.get("x-own")], [true, null]);
  assertEquals(second.url, first.url);
  assertEquals(second.headers.get("content-type"), first.headers.get("content-type"));
  assertEquals(second.text(), first.text());
});

bothStyles("dedupe() sends one request each for calls one after another", async (t) => {
  const api = create().plugin(dedupe());
  for (let n = 0; n < 2; n++) await t.get(api, at(t, "/json"));
  assertEquals((await server.requests(t.key)).length, 2);
});

bothStyles("dedupe() tells requests apart by URL, headers, method and body", async (t) => {
  const api = create({ validateStatus: false }).plugin(dedupe());
  const url = at(t, "/echo");
  await atOnce<AxResponse>(t, api, [
    () => api.flow.get(url),
    () => api.flow.get(`${url}&q=1`),
    () => api.flow.get(url, { headers: { accept: "text/plain" } }),
    () => api.flow.head(url),
    () => api.flow.post(url),
    () => api.flow.post(url),
  ]);
  assertEquals((await server.requests(t.key)).length, 6);
});

bothStyles("dedupe() never shares between credentials that an interceptor sets", async (t) => {
  const parent = create().plugin(dedupe());
  const clients = ["ada", "bob"].map((user) => {
    const client = parent.extend();
    client.interceptors.request.use((request) => request.headers.set("authorization", user));
    return client;
  });
  const responses = await atOnce<AxResponse>(
    t,
    parent,
    clients.map((client) => () => client.flow.get(at(t, "/auth"))),
  );
  assertEquals(responses.map(({ data }) => data), [
    { authorization: "ada" },
    { authorization: "bob" },
  ]);
});

bothStyles("dedupe() does not compare the headers that it is to ignore", async (t) => {
  let id = 0;
  const api = create().plugin(dedupe({ ignoreHeaders: ["X-Request-Id"] }));
  api.interceptors.request.use((request) => request.headers.set("x-request-id", `${++id}`));
  await atOnce<AxResponse>(t, api, three(api, at(t, "/json")));
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("dedupe() lets each call be cancelled by itself", async (t) => {
  const api = create().plugin(dedupe());
  const tokens = [new CancelToken(), new CancelToken()] as const;
  const url = at(t, "/never");
  const events: string[] = [];
  const call = (cancelToken: CancelToken, name: string) =>
    function* () {
      try {
        yield* api.flow.get(url, { cancelToken });
      } catch (error) {
        assertInstanceOf(error, CancelError);
        events.push(name);
      }
    };
  await atOnce<unknown>(t, api, [
    call(tokens[0], "first"),
    call(tokens[1], "second"),
    function* () {
      yield* afterAnswer(() => tokens[0].cancel());
      // A blocked thread looks at tokens between two answers.
      yield* afterAnswer(() => {});
      yield* afterAnswer(() => events.push("answer"));
      yield* afterAnswer(() => tokens[1].cancel());
    },
  ]);
  assertEquals(events, ["first", "answer", "second"]);
  assertEquals((await server.requests(t.key)).length, 1);
});

Deno.test("dedupe() goes on for the others when the call that sent is cancelled", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const transport = new MockTransport();
  transport.on("GET", "https://example.com/").reply(async () => {
    await held;
    return { status: 200, body: "here" };
  });
  const api = create({ transport }).plugin(dedupe());
  const cancelToken = new CancelToken();
  const first = api.get("https://example.com/", { cancelToken });
  const second = api.get("https://example.com/");
  await eventually(() => transport.requests.length, (count) => count === 1);
  cancelToken.cancel();
  await assertRejects(() => first, CancelError);
  release();
  assertEquals((await second).data, "here");
  assertEquals(transport.requests.length, 1);
});

bothStyles("dedupe() ends the request when all calls are cancelled", async (t) => {
  const api = create().plugin(dedupe());
  const cancelToken = new CancelToken();
  const url = at(t, "/never");
  const outcomes = await allSettled<unknown>(t, api, [
    () => api.flow.get(url, { cancelToken }),
    () => api.flow.get(url, { cancelToken }),
    () => afterAnswer(() => cancelToken.cancel()),
  ]);
  assertEquals(outcomes.map(({ status }) => status), ["rejected", "rejected", "fulfilled"]);
  assertEquals((await server.requests(t.key)).length, 1);
  await eventually(() => server.aborted(t.key), (count) => count === 1);
});

bothStyles("dedupe() lets each call judge the status for itself", async (t) => {
  const api = create().plugin(dedupe());
  const url = at(t, "/status/404");
  const [refused, taken] = await allSettled<AxResponse>(t, api, [
    () => api.flow.get(url),
    () => api.flow.get(url, { validateStatus: false }),
  ]);
  assertInstanceOf((refused as PromiseRejectedResult).reason, HTTPStatusError);
  assertEquals((taken as PromiseFulfilledResult<AxResponse>).value.status, 404);
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("dedupe() gives a failure of the network to each call", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", "https://example.com/").fail();
  const api = create({ transport }).plugin(dedupe());
  const outcomes = await allSettled(t, api, three(api, "https://example.com/"));
  for (const outcome of outcomes) {
    assertInstanceOf((outcome as PromiseRejectedResult).reason, NetworkError);
  }
  assertEquals(transport.requests.length, 1);
});

bothStyles("dedupe() lets each call decode for itself", async (t) => {
  const api = create().plugin(dedupe());
  const url = at(t, "/json");
  const [parsed, text] = await atOnce<AxResponse>(t, api, [
    () => api.flow.get(url),
    () => api.flow.get(url, { responseType: "text" }),
  ]);
  assertEquals([typeof parsed?.data, typeof text?.data], ["object", "string"]);
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("dedupe() shares a compressed body, as it was decoded", async (t) => {
  const api = create().plugin(dedupe());
  const [first, second] = await atOnce<AxResponse>(t, api, three(api, at(t, "/gzip")));
  assertEquals(second?.data, first?.data);
  assert((second?.text().length ?? 0) > 1_000);
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("dedupe() gives a call a request of its own with context.dedupe: false", async (t) => {
  const api = create().plugin(dedupe());
  const url = at(t, "/json");
  const own = { context: { dedupe: false } };
  await atOnce<AxResponse>(t, api, [
    () => api.flow.get(url),
    () => api.flow.get(url, own),
    () => api.flow.get(url, own),
  ]);
  assertEquals((await server.requests(t.key)).length, 3);
});

bothStyles("dedupe() does not share a stream", async (t) => {
  const api = create().plugin(dedupe());
  const url = at(t, "/json");
  const read = () =>
    function* () {
      const stream = yield* api.flow.stream(url);
      let size = 0;
      for (let chunk = yield* stream.next(); chunk; chunk = yield* stream.next()) {
        size += chunk.byteLength;
      }
      return size > 0;
    };
  assertEquals(await atOnce<boolean>(t, api, [read(), read()]), [true, true]);
  assertEquals((await server.requests(t.key)).length, 2);
});

bothStyles("dedupe() leaves a request alone that is made inside an equal one", async (t) => {
  const api = create().plugin(dedupe());
  const url = at(t, "/json");
  let inner = 0;
  api.use(function* (request, next) {
    if (inner++ === 0) yield* api.flow.get(url);
    return yield* next(request);
  }, { per: "hop" });
  assertEquals((await t.get(api, url)).status, 200);
  assertEquals((await server.requests(t.key)).length, 2);
});

Deno.test("dedupe() never has a sync call wait for an async one of its thread", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const transport = new MockTransport();
  let answers = 0;
  transport.on("GET", "https://example.com/").replyOnce(async () => {
    await held;
    return { status: 200, body: ++answers };
  }).reply(() => ({ status: 200, body: ++answers }));
  const api = create({ transport }).plugin(dedupe());
  const awaited = api.get("https://example.com/");
  await eventually(() => transport.requests.length, (count) => count === 1);
  assertEquals(api.getSync("https://example.com/").data, 1);
  release();
  assertEquals((await awaited).data, 2);
});
