import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { create, sleep, SyncBridgeError } from "../../mod.ts";
import type { RequestConfig, RequestTransform } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

interface Echo {
  body: string;
  headers: Record<string, string>;
}

bothStyles(
  "transformRequest changes the value of the body option, then it is encoded",
  async (t) => {
    using api = create({ baseURL: server.url });
    const cases: [RequestConfig, RequestTransform, string, string | undefined][] = [
      [
        { json: { a: 1 } },
        (data) => ({ ...data as object, b: 2 }),
        '{"a":1,"b":2}',
        "application/json",
      ],
      [
        { form: { a: 1 } },
        () => ({ c: 3 }),
        "c=3",
        "application/x-www-form-urlencoded;charset=UTF-8",
      ],
      [{ data: "raw" }, (data) => `${data}!`, "raw!", "text/plain;charset=UTF-8"],
      [{ json: null }, () => [1], "[1]", "application/json"],
    ];
    for (const [config, transformRequest, body, type] of cases) {
      const { data } = await t.post<Echo>(api, "/echo", { ...config, transformRequest });
      assertEquals([data.body, data.headers["content-type"]?.toLowerCase()], [
        body,
        type?.toLowerCase(),
      ]);
    }
  },
);

bothStyles("transformRequest runs in order, with headers that it may change", async (t) => {
  using api = create({
    baseURL: server.url,
    transformRequest: (data, headers) => {
      headers.set("content-type", "application/x-list");
      return [data, "client"];
    },
  });
  const transformRequest: RequestTransform[] = [
    (data) => [data, "call"],
    function* (data) {
      yield* sleep(1);
      return [data, "generator"];
    },
  ];
  const { data } = await t.post<Echo>(api, "/echo", { json: 0, transformRequest });
  assertEquals(data.body, '[[[0,"client"],"call"],"generator"]');
  assertEquals(data.headers["content-type"], "application/x-list");
});

bothStyles("transformRequest runs again on each attempt, from the same value", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } });
  let runs = 0;
  const config = { maxRetries: 2, retryStrategy: { getDelay: () => 0 } };
  const transformRequest: RequestTransform = (data) => [data, ++runs];
  await t.put(api, "/fail-then/2", { ...config, json: "x", transformRequest });
  assertEquals((await server.requests(t.key)).map(({ text }) => text), [
    '["x",1]',
    '["x",2]',
    '["x",3]',
  ]);
});

bothStyles("transformResponse changes data in order, on accepted responses", async (t) => {
  using api = create({ baseURL: server.url });
  const { data } = await t.get(api, "/status/200", {
    transformResponse: [
      (given, response) => [given, response.status],
      function* (given) {
        yield* sleep(1);
        return [given, "generator"];
      },
      () => undefined,
      (given) => ({ given }),
    ],
  });
  assertEquals(data, { given: undefined });
});

bothStyles("transformResponse may use flows of the client", async (t) => {
  using api = create({ baseURL: server.url });
  const config: RequestConfig = {
    transformResponse: function* (data) {
      const { data: more } = yield* api.flow.get("/status/203");
      return [data, more];
    },
  };
  assertEquals((await t.get(api, "/status/200", config)).data, [{ status: 200 }, { status: 203 }]);
});

Deno.test("an async transform is awaited in an async call and refused in a sync one", async () => {
  using api = create({ baseURL: server.url });
  const config: RequestConfig = {
    // deno-lint-ignore require-await -- only its kind counts
    transformResponse: async function unwrap(data) {
      return [data];
    },
  };
  assertEquals((await api.get("/status/200", config)).data, [{ status: 200 }]);
  try {
    api.getSync("/status/200", config);
    throw new Error("Must be refused");
  } catch (error) {
    assertInstanceOf(error, SyncBridgeError);
    assertStringIncludes(error.message, '"unwrap"');
    assertStringIncludes(error.message, "transformResponse");
  }
});
