import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { create, sleep } from "../../mod.ts";
import type { RequestConfig } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

interface Echo {
  url: string;
  body: string;
  bodyBase64: string;
  headers: Record<string, string>;
}

const bytes = (text: string) => new TextEncoder().encode(text);

const BODIES: [string, RequestConfig, string, string | undefined][] = [
  ["json", { json: { ü: [1, null] } }, '{"ü":[1,null]}', "application/json"],
  ["json null", { json: null }, "null", "application/json"],
  [
    "form",
    { form: { a: "b c", d: ["1", "2"] } },
    "a=b+c&d=1&d=2",
    "application/x-www-form-urlencoded",
  ],
  ["text", { data: "grüße" }, "grüße", "text/plain"],
  ["bytes", { data: bytes("abc") }, "abc", undefined],
  ["a buffer", { data: bytes("abc").buffer }, "abc", undefined],
  ["a view", { data: new DataView(bytes("abc").buffer, 1, 1) }, "b", undefined],
  ["parameters", { data: new URLSearchParams("a=1") }, "a=1", "application/x-www-form-urlencoded"],
  ["a blob", { data: new Blob(["x"], { type: "text/css" }) }, "x", "text/css"],
  ["empty text", { data: "" }, "", "text/plain"],
];

for (const [name, config, body, type] of BODIES) {
  bothStyles(`a body of ${name} arrives as it is`, async (t) => {
    using api = create({ baseURL: server.url });
    const { data } = await t.post<Echo>(api, "/echo", config);
    assertEquals(data.body, body);
    assertEquals(data.headers["content-type"]?.split(";")[0], type);
    const own = await t.post<Echo>(api, "/echo", { ...config, headers: { "Content-Type": "x/y" } });
    assertEquals([own.data.body, own.data.headers["content-type"]], [body, "x/y"]);
  });
}

bothStyles("files and form arrive as multipart", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } });
  const content = new Uint8Array([0, 255, 13, 10]);
  await t.post(api, "/echo", {
    form: { title: "Bild" },
    files: { one: { name: "ä.bin", content, type: "image/png" }, two: new File(["t"], "t.txt") },
    headers: { "content-type": "multipart/form-data" },
  });
  const [sent] = await server.requests(t.key);
  const type = new Map(sent?.headers).get("content-type") ?? "";
  assertMatch(type, /^multipart\/form-data; boundary=\S+$/);
  const form = await new Response(sent?.body ?? null, { headers: { "content-type": type } })
    .formData();
  assertEquals(form.get("title"), "Bild");
  const one = form.get("one") as File;
  assertEquals([one.name, one.type], ["ä.bin", "image/png"]);
  assertEquals(new Uint8Array(await one.arrayBuffer()), content);
  assertEquals(await (form.get("two") as File).text(), "t");
});

bothStyles("a FormData and an iterable of chunks arrive", async (t) => {
  using api = create({ baseURL: server.url });
  const form = new FormData();
  form.set("a", "1");
  assertStringIncludes((await t.post<Echo>(api, "/echo", { data: form })).data.body, 'name="a"');
  const { data } = await t.post<Echo>(api, "/echo", {
    data: (function* () {
      yield bytes("one ");
      yield bytes("two");
    })(),
  });
  assertEquals(data.body, "one two");
});

bothStyles("a DELETE and an OPTIONS may have a body", async (t) => {
  using api = create({ baseURL: server.url });
  assertEquals((await t.delete<Echo>(api, "/echo", { json: 1 })).data.body, "1");
  assertEquals((await t.options<Echo>(api, "/echo", { json: 2 })).data.body, "2");
});

bothStyles("paramsSerializer is a function of any colour, or a format", async (t) => {
  using api = create({ baseURL: server.url });
  const url = async (paramsSerializer: RequestConfig["paramsSerializer"]) =>
    (await t.get<Echo>(api, "/echo?z=1", { params: { a: [1, 2] }, paramsSerializer })).data.url;
  assertEquals(await url(undefined), "/echo?z=1&a=1&a=2");
  assertEquals(await url({ arrayFormat: "brackets" }), "/echo?z=1&a%5B%5D=1&a%5B%5D=2");
  assertEquals(await url({ arrayFormat: "comma" }), "/echo?z=1&a=1,2");
  assertEquals(await url((params) => `q=${JSON.stringify(params).length}`), "/echo?z=1&q=11");
  assertEquals(
    await url(function* () {
      yield* sleep(1);
      return "?late=1";
    }),
    "/echo?z=1&late=1",
  );
  const error = await t.fails(() => url((() => 5) as never), TypeError);
  assertStringIncludes(error.message, "paramsSerializer");
});

bothStyles("userinfo of the URL becomes an authorization header", async (t) => {
  const base = server.url.replace("//", "//us%C3%A9r:p%40ss@");
  using api = create({ baseURL: base });
  const get = async (headers?: RequestConfig["headers"]) =>
    (await t.get<Echo>(api, "/echo", { headers })).data.headers.authorization;
  assertEquals(await get(), `Basic ${btoa("us\u00c3\u00a9r:p@ss")}`);
  assertEquals(await get({ authorization: "Bearer own" }), "Bearer own");
});

bothStyles("the client's credentials stay on the origin of the base URL", async (t) => {
  const sensitive = {
    ...{ authorization: "Bearer client", cookie: "a=1", "x-own": "1", "x-redacted": "1" },
    "x-free": "1",
  };
  using api = create({
    baseURL: "http://home.invalid",
    allowAbsoluteUrls: true,
    headers: sensitive,
    sensitiveHeaders: ["X-Own"],
    redact: ["X-Redacted"],
  });
  const sent = async (headers?: RequestConfig["headers"]) => {
    const seen = (await t.get<Echo>(api, `${server.url}/echo`, { headers })).data.headers;
    return Object.keys(sensitive).map((name) => seen[name]);
  };
  const away = [undefined, undefined, undefined, undefined, "1"];
  assertEquals(await sent(), away);
  assertEquals(await sent({ Authorization: "Bearer call" }), ["Bearer call", ...away.slice(1)]);
  assertEquals((await sent({ authorization: "Bearer client" }))[0], "Bearer client");
});
