import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type Client,
  type ClientConfig,
  create,
  HTTPStatusError,
  NetworkError,
  TimeoutError,
} from "../../mod.ts";
import { logger, type LoggerOptions, type LogRecord } from "../../src/plugins/logger.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "https://api.example.com/a";

function bench(options: LoggerOptions = {}, config: ClientConfig = {}): {
  readonly api: Client;
  readonly clock: VirtualClock;
  readonly transport: MockTransport;
  readonly records: LogRecord[];
  readonly lines: string[];
} {
  const clock = new VirtualClock({ now: Date.parse("2026-01-02T03:04:05.678Z") });
  const transport = new MockTransport();
  const records: LogRecord[] = [];
  const lines: string[] = [];
  const sink = (line: string, record: LogRecord): void => {
    lines.push(line);
    records.push(record);
  };
  const api = create({ clock, transport, ...config }).plugin(logger({ sink, ...options }));
  return { api, clock, transport, records, lines };
}

bothStyles("logger() writes one record of a call", async (t) => {
  const { api, lines, records, transport } = bench();
  transport.on("GET", URL_A).reply(200, { ok: true });
  await t.get(api, URL_A);
  const record = {
    time: "2026-01-02T03:04:05.678Z",
    level: "info",
    per: "call",
    method: "GET",
    url: URL_A,
    status: 200,
    ms: 0,
    bytes: 11,
    attempt: 1,
  };
  assertEquals(records as unknown[], [record]);
  assertEquals(lines, [JSON.stringify(record)]);
});

bothStyles("logger() counts attempts and their waits", async (t) => {
  const { api, records, transport } = bench();
  transport.on("GET", URL_A).replyOnce(503).failOnce().reply(200);
  await t.get(api, URL_A, { maxRetries: 2, retryStrategy: { getDelay: () => 250 } });
  const [{ level, attempt, ms } = {} as LogRecord] = records;
  assertEquals([level, attempt, ms, records.length], ["warn", 3, 500, 1]);
});

bothStyles("logger() says how a call failed", async (t) => {
  const { api, records, transport } = bench();
  transport.on("GET", URL_A).replyOnce(404, "no").failOnce().timeoutOnce();
  await t.fails(t.get(api, URL_A), HTTPStatusError);
  await t.fails(t.get(api, URL_A), NetworkError);
  await t.fails(t.get(api, URL_A), TimeoutError);
  assertEquals(records.map(({ level, status, error, bytes }) => [level, status, error, bytes]), [
    ["error", 404, "AX_STATUS", 2],
    ["error", undefined, "AX_NETWORK", undefined],
    ["error", undefined, "AX_TIMEOUT", undefined],
  ]);
  assertStringIncludes(records[1]?.message ?? "", URL_A);
});

bothStyles("logger() says how a call failed that is no fault of the network", async (t) => {
  const { api, records, transport } = bench();
  transport.on("GET", URL_A).reply(200);
  api.use(() => {
    throw new TypeError("a bug");
  });
  await t.fails(t.get(api, URL_A), TypeError);
  assertEquals(records.map(({ url, error, message }) => [url, error, message]), [
    [URL_A, "TypeError", "a bug"],
  ]);
});

bothStyles("logger() writes a record of each request on the wire, if asked to", async (t) => {
  const { api, records, transport } = bench({ per: "hop" });
  transport.on("GET", URL_A).replyOnce(503).reply(302, null, { location: "/b" });
  transport.on("GET", "/b").reply(200, "there", { "content-length": "5" });
  await t.get(api, URL_A, { maxRetries: 1, retryStrategy: { getDelay: () => 100 } });
  assertEquals(
    records.map(({ per, url, status, attempt, level }) => [per, url, status, attempt, level]),
    [
      ["hop", URL_A, 503, 1, "warn"],
      ["hop", URL_A, 302, 2, "warn"],
      ["hop", "https://api.example.com/b", 200, 2, "warn"],
      ["call", "https://api.example.com/b", 200, 2, "warn"],
    ],
  );
});

bothStyles("logger() leaves out what is below its level", async (t) => {
  const { api, records, transport } = bench({ level: "warn", per: "hop" });
  transport.on("GET", URL_A).replyOnce(200).reply(404);
  await t.get(api, URL_A);
  await t.get(api, URL_A, { validateStatus: false });
  assertEquals(records.map(({ per, level }) => [per, level]), [["hop", "warn"], ["call", "warn"]]);
});

bothStyles("logger() shows no headers and no bodies unless it is asked to", async (t) => {
  const { api, lines, transport } = bench();
  transport.on("POST", URL_A).reply(200, { secret: "s" }, { "x-answer": "42" });
  await t.post(api, URL_A, { json: { a: "body" }, headers: { authorization: "t0ken" } });
  for (const hidden of ["body", "t0ken", "42", "secret"]) {
    assertEquals(lines[0]?.includes(hidden), false, hidden);
  }
});

bothStyles("logger() shows headers and bodies as they went over the wire, masked", async (t) => {
  const { api, records, transport } = bench({ headers: true, body: true });
  transport.on("POST", URL_A).reply(200, { token: "t2", n: 1 }, { "set-cookie": "a=b" });
  api.interceptors.request.use((request) => request.headers.set("x-late", "1"));
  await t.post(api, URL_A, {
    json: { password: "pw", name: "ada" },
    headers: { authorization: "t0ken", "x-tax": "7" },
    redact: ["x-tax", "name"],
  });
  const [record] = records;
  assertEquals(record?.requestHeaders, {
    accept: "application/json, text/plain, */*",
    authorization: "***",
    "content-type": "application/json",
    "x-late": "1",
    "x-tax": "***",
  });
  assertEquals(record?.responseHeaders, {
    "content-type": "application/json",
    "set-cookie": "***",
  });
  assertEquals(record?.requestBody, '{"password":"***","name":"***"}');
  assertEquals(record?.responseBody, '{"token":"***","n":1}');
});

bothStyles("logger() cuts bodies, and does not read streams", async (t) => {
  const { api, records, transport } = bench({ body: 5 });
  transport.on("POST", URL_A).reply(200, "a long answer");
  await t.post(api, URL_A, { data: "a long question", headers: { "content-type": "text/plain" } });
  assertEquals(records[0]?.requestBody, "a lon… (10 more)");
  assertEquals(records[0]?.responseBody, "a lon… (8 more)");
  const stream = await t.stream(api, URL_A, { method: "POST" });
  await stream.read();
  assertEquals([records[1]?.status, records[1]?.responseBody], [200, undefined]);
});

bothStyles("logger() masks the URL", async (t) => {
  const { api, lines, transport } = bench();
  transport.on("GET", /api/).reply(200);
  await t.get(api, URL_A, { params: { key: "s3cret", q: 1 }, redact: ["key"] });
  assertEquals(lines[0]?.includes("s3cret"), false);
  assertStringIncludes(lines[0] ?? "", "key=***&q=1");
});

bothStyles("logger() says how a cache took part", async (t) => {
  const { api, records, transport } = bench();
  transport.on("GET", URL_A).reply(200);
  api.use(function* (request, next) {
    return Object.assign(yield* next(request), { fromCache: "hit" });
  });
  await t.get(api, URL_A);
  assertEquals(records[0]?.cache, "hit");
});

bothStyles("logger() keeps to the options of a call", async (t) => {
  const { api, records, transport } = bench();
  transport.on("GET", URL_A).reply(200, "text");
  await t.get(api, URL_A, { context: { logger: false } });
  await t.get(api, URL_A, { context: { logger: { body: true } } });
  assertEquals(records.map(({ responseBody }) => responseBody), ["text"]);
});

bothStyles("logger() costs no call: what a sink throws or rejects with is ignored", async (t) => {
  const throws = bench({
    sink: () => {
      throw new Error("full disk");
    },
  });
  const rejects = bench({ sink: () => Promise.reject(new Error("full disk")) });
  for (const { api, transport } of [throws, rejects]) {
    transport.on("GET", URL_A).reply(200);
    assertEquals((await t.get(api, URL_A)).status, 200);
  }
});

bothStyles("logger() writes for the eyes", async (t) => {
  const { api, lines, transport } = bench({ format: "pretty", body: true, headers: true });
  transport.on("POST", URL_A).reply(404, "no\u001b[2Jpe", { "x-a": "1" });
  await t.fails(t.post(api, URL_A, { json: [1] }), HTTPStatusError);
  assertEquals(lines[0]?.split("\n"), [
    `03:04:05.678 error POST ${URL_A} 404 0 ms 8 B AX_STATUS`,
    `    "POST ${URL_A}" failed: status 404`,
    "    > accept: application/json, text/plain, */*",
    "    > content-type: application/json",
    "    [1]",
    "    < content-type: text/plain;charset=UTF-8",
    "    < x-a: 1",
    "    no\\x1b[2Jpe",
  ]);
});

Deno.test("logger() writes to the console by level unless it has a sink", async () => {
  const written: [string, string][] = [];
  const real = globalThis.console;
  const to = (name: string) => (line: string) => written.push([name, line]);
  globalThis.console = { ...real, info: to("info"), warn: to("warn"), error: to("error") };
  try {
    const transport = new MockTransport();
    transport.on("GET", URL_A).replyOnce(200).replyOnce(404).fail();
    const api = create({ transport, validateStatus: false }).plugin(logger());
    await api.get(URL_A);
    await api.get(URL_A);
    await api.get(URL_A).catch(() => {});
  } finally {
    globalThis.console = real;
  }
  assertEquals(written.map(([name]) => name), ["info", "warn", "error"]);
  assert(written.every(([, line]) => JSON.parse(line).url === URL_A));
});

Deno.test("logger() refuses options that cannot be meant", () => {
  const make = (options: object) => () => logger(options as LoggerOptions);
  assertThrows(make({ level: "debug" }), TypeError, '"level"');
  assertThrows(make({ format: "xml" }), TypeError, '"format"');
  assertThrows(make({ per: "attempt" }), TypeError, '"per"');
  assertThrows(make({ sink: console }), TypeError, '"sink" must be a function');
  assertThrows(make({ body: -1 }), TypeError, '"body"');
});
