/** What crosses to async functions of a sync call, and what comes back. The rules of API.md 4.4. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import type { TransportRequest } from "../../mod.ts";
import { HTTPStatusError, InterceptorError, RetryError, SyncBridgeError } from "../../mod.ts";
import { caught } from "../support/caught.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, parity, type StyleKit } from "../support/styles.ts";
import { api, configured, throwing } from "./fixtures/crossing.ts";

const server = sharedServer();

interface Echo {
  url: string;
  headers: Record<string, string>;
}

class Money {
  x = 1;
}

function context(deed: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { do: deed, ...more };
}

function run<T = Echo>(
  t: StyleKit,
  deed: string,
  more: Record<string, unknown> = {},
  path = "/echo",
) {
  return t.get<T>(api, server.url + path, { context: context(deed, more) });
}

bothStyles("what a function changes deep in context comes back, and nothing else", async (t) => {
  const [first, second, instance, other] = [{ n: 1 }, { n: 2 }, new Money(), { deep: {} }];
  const list: unknown[] = [first, second];
  const deep = { list, first };
  const given = {
    ...{ deep, instance, other, gone: 1, fn() {} },
    map: new Map([["a", 1]]),
    bytes: new Uint8Array([1, 2]),
    date: new Date(1),
  };
  let seen: Record<string, unknown> = {};
  const observed = api.extend();
  observed.use((request, next) => {
    seen = request.context;
    return next(request);
  });
  await t.get(observed, `${server.url}/echo`, { context: context("inPlace", given) });
  assertStrictEquals(seen.deep, deep);
  assertStrictEquals(deep.list, list);
  assertEquals(
    list,
    [{ n: 1, changed: 1 }, second, { added: true }].map((v, i) => i === 0 ? first : v),
  );
  assertStrictEquals(list[1], second);
  assertEquals(first, { n: 1, changed: 1 } as never);
  assertStrictEquals(seen.instance, instance);
  assertStrictEquals(seen.other, other);
  assertEquals("gone" in seen, false);
  assertEquals([...seen.map as Map<string, number>], [["a", 1], ["b", 2]]);
  assertEquals([...seen.bytes as Uint8Array], [9, 2]);
  assertEquals((seen.date as Date).getTime(), 5);
});

bothStyles("a spread of the request keeps what stayed with the caller", async (t) => {
  const [instance, list, fn] = [new Money(), [{}], () => 1];
  let seen: Record<string, unknown> = {};
  const observed = api.extend();
  observed.use((request, next) => {
    seen = { ...request.context, signal: request.signal };
    return next(request);
  });
  const { signal } = new AbortController();
  const given = context("spread", { instance, list, fn, nested: { instance } });
  await t.get(observed, `${server.url}/echo`, { signal, context: given });
  assertEquals(Object.keys(seen).sort(), [...Object.keys(given), "added", "signal"].sort());
  assertStrictEquals(seen.instance, instance);
  assertStrictEquals(seen.list, list);
  assertStrictEquals(seen.fn, fn);
  assertStrictEquals(seen.nested, given.nested);
  assertStrictEquals(seen.signal, signal);
});

bothStyles("what stayed with the caller can be replaced", async (t) => {
  const seen: unknown[] = [];
  const observed = api.extend();
  observed.use((request, next) => {
    seen.push(request.context.instance);
    return next(request);
  });
  const given = context("setOverKept", { instance: new Money() });
  await t.get(observed, `${server.url}/echo`, { context: given });
  assertEquals(seen, ["replaced"]);
});

const KEPT: Record<string, [Record<string, unknown>, RegExp]> = {
  readKept: [{ instance: new Money() }, /Cannot read "instance" .*instance of Money/],
  readListItem: [{ functions: [() => 1] }, /Cannot read "0" .*a function/],
  readSignal: [{}, /Cannot read "signal" .*instance of AbortSignal/],
};
for (const [deed, [more, message]] of Object.entries(KEPT)) {
  Deno.test(`${deed}: reading what stayed with the caller names it`, () => {
    const config = { context: context(deed, more), signal: new AbortController().signal };
    const error = caught(() => api.getSync(`${server.url}/echo`, config));
    assertInstanceOf(error, SyncBridgeError);
    assert(message.test(error.message), error.message);
  });
}

Deno.test("an object that contains itself stays with the caller", () => {
  const cycle: Record<string, unknown> = { n: 1 };
  cycle.self = cycle;
  const config = { context: context("readCycle", { cycle }) };
  const error = caught(() => api.getSync(`${server.url}/echo`, config));
  assertStringIncludes(error.message, 'Cannot read "self"');
  const { status } = api.getSync(`${server.url}/echo`, { context: context("nothing", { cycle }) });
  assertEquals(status, 200);
  assertStrictEquals(cycle.self, cycle);
});

parity("built-in classes arrive as such", async (t) => {
  const more = {
    map: new Map([["a", { deep: 1 }.deep]]),
    set: new Set([1]),
    date: new Date(7),
    bytes: new Uint8Array(new ArrayBuffer(100), 10, 3),
    url: new URL("http://a/b"),
    params: new URLSearchParams("a=1"),
    nothing: undefined,
    big: 10n,
    pattern: /x/g,
  };
  // `undefined` in a call's context removes, so it is put in by the wrapper.
  return (await run(t, "types", { ...more, nothing: null }) as { data: unknown }).data;
});

for (const deed of ["headersByKey", "unknownKey"]) {
  parity(`${deed}: the mistake is the same TypeError`, (t) => run(t, deed));
}
for (const own of [true, false]) {
  parity(
    `a request interceptor's ${own ? "mistake" : "error"} is the same one`,
    (t) => t.get(throwing, `${server.url}/echo`, { context: { own } }),
  );
}

bothStyles("an interceptor's error is wrapped, with the original as cause", async (t) => {
  const error = await t.fails(t.get(throwing, `${server.url}/echo`), InterceptorError);
  assertEquals((error.cause as Error).message, "not today");
  assertStringIncludes((error.cause as Error).stack ?? "", "fixtures/crossing.ts");
});

bothStyles("plain headers merge over the current ones", async (t) => {
  const config = { headers: { "x-own": "1" }, context: context("plainHeaders") };
  const { headers } = (await t.get<Echo>(api, `${server.url}/echo`, config)).data;
  assertEquals([headers["x-plain"], headers["x-own"]], ["1", "1"]);
});

Deno.test("what cannot be handed back is named", () => {
  for (
    const [deed, words] of [["handBack", '"context.callback"'], ["returnFunction", "function"]]
  ) {
    const config = { context: context(deed as string) };
    const error = caught(() => api.getSync(`${server.url}/echo`, config));
    assertInstanceOf(error, SyncBridgeError);
    assertStringIncludes(error.message, words as string);
  }
});

parity("next() twice, the second time with other headers", async (t) => {
  const { first, second } = (await run<Record<string, Echo>>(t, "twice")).data;
  return [first?.headers["x-second"], second?.headers["x-second"]];
});
parity("a next() that is awaited twice runs once", async (t) => {
  const { status } = await run(t, "sameTwice", {}, `/echo?key=${t.key}`);
  return [status, (await server.requests(t.key)).length];
});
parity("no next() at all", async (t) => {
  const { status, headers, data } = await run<unknown>(t, "never");
  return [status, headers.get("x-own"), data];
});
parity("two next() at once", async (t) => (await run<unknown>(t, "both")).data);
parity("try and catch around next()", async (t) => {
  return (await run<unknown>(t, "caught", {}, "/status/404")).data;
});
parity("an error that is thrown again", (t) => run(t, "rethrown", {}, "/status/404"));
parity("an error of the user's own class", (t) => run(t, "ownClass"), (awaited, blocking) => {
  const [a, b] = [awaited, blocking].map((outcome) => (outcome as PromiseRejectedResult).reason);
  assertEquals([b.name, b.message, b.shelf], [a.name, a.message, a.shelf]);
  assertStringIncludes(b.stack, "fixtures/crossing.ts");
});

bothStyles("errors of next() are the caller's own again, also as a cause", async (t) => {
  for (const deed of ["rethrown", "wrapped"]) {
    const thrown: unknown[] = [];
    const observed = api.extend();
    observed.use(function* (request, next) {
      try {
        return yield* next(request);
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    });
    const config = { context: context(deed) };
    const error = await t.fails(t.get(observed, `${server.url}/status/404`, config), Error);
    assertStrictEquals(deed === "wrapped" ? error.cause : error, thrown[0]);
  }
});

bothStyles("the response of next() is the caller's own again", async (t) => {
  const responses: unknown[] = [];
  const observed = api.extend();
  observed.use(function* (request, next) {
    const response = yield* next(request);
    responses.push(response, response.headers, response.data);
    return response;
  });
  const response = await t.get(observed, `${server.url}/echo`, { context: context("nothing") });
  assertStrictEquals<unknown>(response, responses[0]);
  assertStrictEquals<unknown>(response.headers, responses[1]);
  assertStrictEquals(response.data, responses[2]);
});

/** Answers with 200 kB of JSON. */
function bigTransport(status: number) {
  const text = JSON.stringify({ pad: "x".repeat(200_000) });
  const head = { status, headers: new Headers({ "content-type": "application/json" }) };
  const answer = () => ({ ...head, body: new TextEncoder().encode(text) });
  return { send: () => Promise.resolve(answer()), sendSync: answer };
}

const BIG: Record<string, number> = { bigBody: 200, bigData: 200, bigUnused: 200, bigError: 500 };
for (const [deed, status] of Object.entries(BIG)) {
  parity(`${deed}: a large body crosses when it is used`, async (t) => {
    const config = { transport: bigTransport(status), context: context(deed) };
    const { data, headers } = await t.get<Record<string, unknown>>(api, server.url, config);
    const { pad, ...rest } = data;
    return [(pad as string | undefined)?.length, rest, headers.get("x-seen")];
  });
}

const DEEP = '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000);

/** Answers with what it is sent, or with JSON that is nested 5,000 levels deep. */
const deepTransport = {
  send: (request: TransportRequest) => Promise.resolve(deepTransport.sendSync(request)),
  sendSync({ body }: TransportRequest) {
    const headers = { "content-type": "application/json" };
    return { status: 200, headers, body: body as Uint8Array ?? new TextEncoder().encode(DEEP) };
  },
};

for (const deed of ["nothing", "wrapsData", "changesBeside"]) {
  parity(`${deed}: JSON that is nested 5,000 levels deep`, async (t) => {
    const config = { transport: deepTransport, context: context(deed) };
    const answer = await t.get(api, server.url, config);
    const echo = await t.post(api, server.url, { ...config, json: JSON.parse(DEEP) });
    return [answer, echo].map(({ data, headers }) => [JSON.stringify(data), headers.get("x-seen")]);
  });
}

Deno.test("reading what is nested too deep is a SyncBridgeError, never a RangeError", () => {
  const config = { transport: deepTransport, context: context("readsDeep") };
  const error = caught(() => api.getSync(server.url, config));
  assertInstanceOf(error, SyncBridgeError);
  assertStringIncludes(error.message, "nested more than 200 levels deep");
});

bothStyles("errors of calls inside keep class, status, data and what they mask", async (t) => {
  const inside = `${server.url}/status/404?headers=${encodeURIComponent('{"x-secret":"s3cret"}')}`;
  const error = await t.fails(run(t, "callsInside", { inside }), HTTPStatusError);
  assertEquals([error.status, error.response?.status, error.response?.data], [404, 404, {
    status: 404,
  }]);
  const [own, response] = [error.toJSON(), error.response?.toJSON()] as Record<string, never>[];
  const heads = [own?.response?.["headers"], response?.headers] as unknown[];
  assertEquals(heads.map((head) => JSON.stringify(head).includes("s3cret")), [false, false]);
});

bothStyles("a RetryError of a call inside keeps its errors", async (t) => {
  const inside = `${server.url}/status/503`;
  const error = await t.fails(run(t, "retriesInside", { inside }), RetryError);
  assertEquals(error.errors.map((each) => (each as HTTPStatusError).response?.data), [
    { status: 503 },
    { status: 503 },
  ]);
  assertInstanceOf(error.cause, HTTPStatusError);
  assertEquals([error.attempts, error.response?.status], [2, 503]);
});

Deno.test("a sync call inside an async function is refused, with what to write", () => {
  const config = { context: context("syncInside", { inside: server.url }) };
  const error = caught(() => api.getSync(`${server.url}/echo`, config));
  assertInstanceOf(error, SyncBridgeError);
  assertStringIncludes(error.message, "await api.get");
});

bothStyles("functions in the config stay, and do no harm", async (t) => {
  const { data } = await t.get<Echo>(configured, `${server.url}/echo`);
  assertEquals(data.headers["x-seen"], "1");
});

bothStyles("a streamed response crosses as status and headers", async (t) => {
  const config = { context: context("streamed") };
  const stream = await t.stream(api, `${server.url}/echo`, config);
  assertEquals(stream.headers.get("x-seen"), "200");
  assertEquals(new TextDecoder().decode(await stream.read()).includes("/echo"), true);
});
