import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type Client, create, HTTPStatusError, NetworkError } from "../../mod.ts";
import { har, type HarEntry, type HarOptions, type HarRecorder } from "../../src/plugins/har.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "https://api.example.com/a";

function bench(options?: HarOptions): {
  readonly api: Client;
  readonly transport: MockTransport;
  readonly recorder: HarRecorder;
} {
  const clock = new VirtualClock({ now: Date.parse("2026-01-02T03:04:05.678Z") });
  const transport = new MockTransport();
  const recorder = har(options);
  return { api: create({ clock, transport }).plugin(recorder), transport, recorder };
}

bothStyles("har() records a request and its response by HAR 1.2", async (t) => {
  const { api, recorder, transport } = bench();
  transport.on("POST", /./).reply(201, { id: 7 }, { "set-cookie": "sid=1; Path=/" });
  await t.post(api, URL_A, { json: { a: 1 }, params: { q: "x y" }, headers: { cookie: "c=1" } });
  const { log } = JSON.parse(JSON.stringify(recorder));
  assertEquals(log, {
    version: "1.2",
    creator: log.creator,
    entries: [{
      startedDateTime: "2026-01-02T03:04:05.678Z",
      time: 0,
      request: {
        method: "POST",
        url: `${URL_A}?q=x+y`,
        httpVersion: "unknown",
        cookies: [{ name: "c", value: "***" }],
        headers: [
          { name: "accept", value: "application/json, text/plain, */*" },
          { name: "content-type", value: "application/json" },
          { name: "cookie", value: "***" },
        ],
        queryString: [{ name: "q", value: "x y" }],
        postData: { mimeType: "application/json", params: [], text: '{"a":1}' },
        headersSize: -1,
        bodySize: 7,
      },
      response: {
        status: 201,
        statusText: "",
        httpVersion: "unknown",
        cookies: [{ name: "sid", value: "***" }],
        headers: [
          { name: "content-type", value: "application/json" },
          { name: "set-cookie", value: "***" },
        ],
        content: { size: 8, mimeType: "application/json", text: '{"id":7}' },
        redirectURL: "",
        headersSize: -1,
        bodySize: -1,
      },
      cache: {},
      timings: { send: 0, wait: 0, receive: 0 },
    }],
  });
  assertEquals(typeof log.creator.name, "string");
  assertEquals(typeof log.creator.version, "string");
});

bothStyles("har() records each retry and each redirect", async (t) => {
  const { api, recorder, transport } = bench();
  transport.on("GET", URL_A).replyOnce(503, "later").reply(302, null, { location: "/b" });
  transport.on("GET", "/b").reply(200, "there");
  await t.get(api, URL_A, { maxRetries: 1, retryStrategy: { getDelay: () => 100 } });
  const seen = ({ request, response, startedDateTime }: HarEntry): unknown[] => [
    ...[request.url, response.status, response.content.text, response.redirectURL],
    startedDateTime.slice(-5),
  ];
  assertEquals(recorder.log.entries.map(seen), [
    [URL_A, 503, "later", "", ".678Z"],
    [URL_A, 302, undefined, "/b", ".778Z"],
    ["https://api.example.com/b", 200, "there", "", ".778Z"],
  ]);
});

bothStyles("har() records failures and refused statuses", async (t) => {
  const { api, recorder, transport } = bench();
  transport.on("GET", URL_A).replyOnce(404, "not here").fail();
  await t.fails(t.get(api, URL_A), HTTPStatusError);
  await t.fails(t.get(api, URL_A), NetworkError);
  const [refused, failed] = recorder.log.entries;
  assertEquals([refused?.response.status, refused?.response.content.text], [404, "not here"]);
  assertEquals(failed?.response.status, 0);
  assertStringIncludes(failed?.response._error ?? "", URL_A);
});

bothStyles("har() records bytes in Base64, and forms by their fields", async (t) => {
  const { api, recorder, transport } = bench();
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  transport.on("POST", URL_A).reply(200, bytes, { "content-type": "image/png" });
  await t.post(api, URL_A, { form: { a: "1 2", password: "pw" } });
  const [{ request, response } = {} as HarEntry] = recorder.log.entries;
  assertEquals(request.postData?.params, [
    { name: "a", value: "1 2" },
    { name: "password", value: "***" },
  ]);
  assertEquals(response.content.encoding, "base64");
  assertEquals(atob(response.content.text ?? "").length, 256);
});

bothStyles("har() records credentials only where it is asked to", async (t) => {
  const masked = bench();
  const whole = bench({ secrets: true });
  for (const { api, transport } of [masked, whole]) {
    transport.on("POST", /./).reply(200, { token: "s3cret" }, { "set-cookie": "a=s3cret" });
    await t.post(api, `${URL_A}?key=s3cret`, {
      headers: { authorization: "s3cret", cookie: "c=s3cret" },
      json: { password: "s3cret" },
      redact: ["key"],
    });
  }
  assertEquals(JSON.stringify(masked.recorder).includes("s3cret"), false);
  assertEquals(JSON.stringify(whole.recorder).split("s3cret").length - 1, 9);
});

bothStyles("har() keeps sizes and counts within bounds", async (t) => {
  const { api, recorder, transport } = bench({ maxBody: 4, maxEntries: 2 });
  transport.on("GET", /./).replyOnce(200, "1").replyOnce(200, "12345").reply(200, "1234");
  for (let n = 0; n < 3; n++) await t.get(api, `${URL_A}${n}`);
  assertEquals(
    recorder.log.entries.map(({ request, response }) => [request.url, response.content]),
    [
      [`${URL_A}1`, { size: 5, mimeType: "text/plain;charset=UTF-8" }],
      [`${URL_A}2`, { size: 4, mimeType: "text/plain;charset=UTF-8", text: "1234" }],
    ],
  );
  recorder.clear();
  assertEquals(recorder.log.entries, []);
});

bothStyles("har() records the head of a stream", async (t) => {
  const { api, recorder, transport } = bench();
  transport.on("GET", URL_A).reply(200, "streamed");
  const stream = await t.stream(api, URL_A);
  await stream.read();
  const [entry] = recorder.log.entries;
  assertEquals([entry?.response.status, entry?.response.content.size], [200, 0]);
});

Deno.test("har() refuses numbers that cannot be meant", () => {
  assertThrows(() => har({ maxBody: -1 }), RangeError, '"maxBody"');
  assertThrows(() => har({ maxEntries: NaN }), RangeError, '"maxEntries"');
});
