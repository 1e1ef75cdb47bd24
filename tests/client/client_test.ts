import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import * as ax from "../../mod.ts";
import { CancelError, create, run, runSync } from "../../mod.ts";
import type { Client, Plugin } from "../../mod.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit, type Verb } from "../support/styles.ts";

const server = sharedServer();
const VERBS = ["get", "options", "delete", "post", "put", "patch"] as const;

bothStyles("each verb sends its method, on a client and at module level", async (t) => {
  using api = create({ baseURL: server.url });
  for (const name of VERBS) {
    const { data } = await t[name]<{ method: string }>(api, "/echo");
    assertEquals(data.method, name.toUpperCase());
    const module = ax as unknown as Client;
    const same = await t.call(module, name, `${server.url}/echo`);
    assertEquals((same.data as { method: string }).method, name.toUpperCase());
  }
  assertEquals((await t.head(api, "/echo")).request.method, "HEAD");
  const { data } = await t.request<{ method: string }>(api, { url: "/echo", method: "report" });
  assertEquals(data.method, "REPORT");
});

bothStyles("verbs work when they are taken off their client", async (t) => {
  using api = create({ baseURL: server.url });
  const { get, getSync, flow } = api;
  assertEquals((await t.get({ get, getSync } as Client, "/json")).status, 200);
  assertEquals((await t.run(flow.get("/json"))).status, 200);
});

bothStyles("a flow is lazy, and runs once", async (t) => {
  using api = create({ baseURL: server.url });
  const flow = api.flow.get("/echo", { params: { key: t.key } });
  const bad = api.flow.get("http://[bad");
  assertEquals(await server.requests(t.key), []);
  await t.run(flow);
  const error = await t.fails(() => t.run(flow), TypeError);
  assertStringIncludes(error.message, "twice");
  await t.fails(() => t.run(bad), TypeError);
  assertEquals((await server.requests(t.key)).length, 1);
});

Deno.test("run() and runSync() refuse what is no flow", async () => {
  const fn = (() => {}) as never;
  await assertRejects(() => run(fn), TypeError, "call it first");
  assertThrows(() => runSync(fn), TypeError, "call it first");
  await assertRejects(() => run(5 as never), TypeError, '"run" got a number');
});

bothStyles("extend() starts with copies, later changes stay on their side", async (t) => {
  using parent = create({ baseURL: server.url, headers: { "x-a": "1" }, context: { log: [] } });
  const note = (api: Client, name: string) =>
    api.interceptors.request.use((request) => request.headers.append("x-order", name));
  const first = note(parent, "inherited");
  parent.use((request, next) => {
    request.headers.append("x-layer", "inherited");
    return next(request);
  });
  using child = parent.extend({ headers: { "x-a": "2", "x-b": "3" } });
  note(parent, "parent");
  note(child, "child");
  child.use((request, next) => {
    request.headers.append("x-layer", "child");
    return next(request);
  });
  const order = async (api: Client) => {
    const { data } = await t.get<{ headers: Record<string, string> }>(api, "/echo");
    return ["x-a", "x-b", "x-order", "x-layer"].map((name) => data.headers[name]);
  };
  assertEquals(await order(parent), ["1", undefined, "inherited, parent", "inherited"]);
  assertEquals(await order(child), ["2", "3", "inherited, child", "inherited, child"]);
  child.interceptors.request.eject(first);
  assertEquals((await order(child))[2], "child");
  assertEquals((await order(parent))[2], "inherited, parent");
});

function spy(name: string, log: string[], extra: Partial<Plugin> = {}): Plugin {
  return {
    name,
    attach: (client) => {
      log.push(`attach ${name}`);
      client.interceptors.request.use((request) => request.headers.append("x-plugin", name));
    },
    detach: () => void log.push(`detach ${name}`),
    ...extra,
  };
}

bothStyles("plugin() attaches once, children inherit what it registered", async (t) => {
  const log: string[] = [];
  const api = create({ baseURL: server.url });
  assertEquals(api.plugin(spy("one", log)), api);
  const child = api.extend();
  child.plugin(spy("two", log));
  const seen = async (client: Client) =>
    (await t.get<{ headers: Record<string, string> }>(client, "/echo")).data.headers["x-plugin"];
  assertEquals([await seen(api), await seen(child)], ["one", "one, two"]);
  for (const client of [api, child]) {
    assertThrows(() => client.plugin(spy("one", log)), TypeError, 'plugin "one"');
  }
  // What the child has is unknown to its parent.
  api.plugin(spy("two", log));
  child.close();
  assertEquals(log.splice(0), ["attach one", "attach two", "attach two", "detach two"]);
  api.close();
  api.close();
  assertEquals(log, ["detach one", "detach two"]);
});

Deno.test("plugin() refuses what is none", () => {
  using api = create();
  for (const plugin of [null, {}, { name: "x" }, { name: "", attach() {} }, { attach() {} }]) {
    assertThrows(() => api.plugin(plugin as never), TypeError, '"name" and "attach"');
  }
});

Deno.test("plugin() that fails to attach may be attached later", () => {
  using api = create();
  let ready = false;
  const attach = () => {
    if (!ready) throw new RangeError("not ready");
  };
  assertThrows(() => api.plugin({ name: "late", attach }), RangeError, "not ready");
  ready = true;
  api.plugin({ name: "late", attach });
});

Deno.test("close() lets go of everything although a detach throws", async () => {
  const log: string[] = [];
  const transport = {
    send: () => Promise.reject(new Error()),
    close: () => void log.push("close"),
  };
  const api = create({ transport });
  const failure = new RangeError("cannot let go");
  const detach = () => {
    throw failure;
  };
  api.plugin(spy("bad", [], { detach })).plugin(spy("good", log));
  assertThrows(() => api.close(), RangeError, "cannot let go");
  assertEquals(log, ["attach good", "detach good", "close"]);
  await assertRejects(() => api.get("http://test.invalid/"), TypeError, "closed");
});

Deno.test("close() ends calls in flight with a CancelError, children go on", async () => {
  const key = "close-in-flight";
  const api = create({ baseURL: server.url, headers: { "x-test-key": key } });
  const child = api.extend({ headers: { "x-test-key": `${key}-child` } });
  const seen: string[] = [];
  api.use(function* (request, next) {
    try {
      return yield* next(request);
    } finally {
      seen.push("finally");
    }
  });
  const call = assertRejects(() => api.get("/never"), CancelError, "its client was closed");
  const other = child.get("/delay/50");
  await eventually(() => server.open(key), (open) => open === 1);
  api.close();
  await call;
  assertEquals(seen, ["finally"]);
  assertEquals((await other).status, 200);
  await eventually(() => server.aborted(key), (aborted) => aborted === 1);
  child.close();
});

const CLOSED: [string, (api: Client, t: StyleKit) => unknown][] = [
  ...[...VERBS, "head"].map((verb): [string, (api: Client, t: StyleKit) => unknown] => [
    verb,
    (api, t) => t[verb as Verb](api, "/echo"),
  ]),
  ["request", (api, t) => t.request(api, { url: "/echo" })],
  ["flow", (api, t) => t.run(api.flow.get("/echo"))],
  ["allSync", (api) => api.allSync([])],
  ["extend", (api) => api.extend()],
  ["plugin", (api) => api.plugin({ name: "x", attach() {} })],
  ["warmSync", (api) => api.warmSync()],
];

for (const [name, call] of CLOSED) {
  bothStyles(`${name}() of a closed client is a TypeError`, async (t) => {
    const api = create({ baseURL: server.url });
    api.close();
    const error = await t.fails(() => call(api, t), TypeError);
    assertStringIncludes(error.message, "closed");
  });
}

bothStyles("using and await using close the client", async (t) => {
  let first: Client;
  let second: Client;
  {
    using api = first = create({ baseURL: server.url });
    await using other = second = create({ baseURL: server.url });
    assertEquals((await t.get(api, "/json")).status, (await t.get(other, "/json")).status);
  }
  for (const api of [first, second]) await t.fails(() => t.get(api, "/json"), TypeError);
});

bothStyles("a child is open after its parent was closed", async (t) => {
  const parent = create({ baseURL: server.url });
  using child = parent.extend();
  parent.close();
  assertEquals((await t.get(child, "/json")).status, 200);
});

bothStyles("close() inside of a call ends it", async (t) => {
  const api = create({ baseURL: server.url });
  api.interceptors.request.use(() => api.close());
  const error = await t.fails(t.get(api, "/echo"), CancelError);
  assertStringIncludes(error.message, "closed");
});
