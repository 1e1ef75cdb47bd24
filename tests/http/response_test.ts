import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { create, DecodeError, HTTPStatusError } from "../../mod.ts";
import type { AxResponse } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { unusedPort } from "../support/fault_server.ts";
import { CHARSET_SAMPLES, CHARSET_TEXT, isPattern, sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

bothStyles("data is decoded by the content type", async (t) => {
  using api = create({ baseURL: server.url });
  assertEquals((await t.get(api, "/json")).data, { ok: true, text: CHARSET_TEXT, list: [1, 2, 3] });
  assertEquals((await t.get(api, "/text")).data, `hello ${CHARSET_TEXT}`);
  assertStringIncludes((await t.get<string>(api, "/html")).data, "<!doctype html>");
  const { data } = await t.get<Uint8Array>(api, "/bytes/70000");
  assertInstanceOf(data, Uint8Array);
  assert(data.length === 70_000 && isPattern(data));
});

bothStyles("responseType outranks the content type", async (t) => {
  using api = create({ baseURL: server.url });
  const text = await t.get<string>(api, "/json", { responseType: "text" });
  assertEquals(JSON.parse(text.data).ok, true);
  assertInstanceOf((await t.get(api, "/json", { responseType: "bytes" })).data, Uint8Array);
  const config = { responseType: "json" as const };
  await t.fails(t.get(api, "/text", config), DecodeError);
  using plain = api.extend({ responseType: "text" });
  assertEquals(typeof (await t.get(plain, "/json")).data, "string");
});

bothStyles("text is decoded by its charset, a byte order mark first", async (t) => {
  using api = create({ baseURL: server.url });
  for (const label of ["utf-8", "utf-8-bom", "utf-16le-bom", "utf-16be", "latin1", "iso-8859-15"]) {
    assertEquals((await t.get(api, `/charset/${label}`)).data, CHARSET_TEXT, label);
  }
  for (const [label, { text }] of CHARSET_SAMPLES) {
    assertEquals((await t.get(api, `/charset/${label}`)).data, text, label);
  }
  const json = await t.get(api, "/charset/utf-8-bom?json&unlabelled");
  assertEquals(json.data, { text: CHARSET_TEXT });
});

bothStyles("readers read what was received, as often as they are called", async (t) => {
  using api = create({ baseURL: server.url, transformResponse: () => "transformed" });
  api.interceptors.response.use((response) => void (response.data = "replaced"));
  const response = await t.get(api, "/json");
  assertEquals(response.data, "replaced");
  for (let round = 0; round < 2; round++) {
    assertEquals(response.json<{ ok: boolean }>().ok, true);
    assertEquals(JSON.parse(response.text()).text, CHARSET_TEXT);
    assertEquals(new TextDecoder().decode(response.bytes()), response.text());
  }
  const html = await t.get(api, "/html");
  const error = await t.fails(() => html.json(), DecodeError);
  assertEquals(error.response, html);
});

bothStyles("a response tells status, URL, request, attempts and timings", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } });
  const response = await t.post(api, "/redirect/2?status=307", { json: 1 });
  const { status, statusText, ok, url, redirected, attempts, timings, request } = response;
  assertEquals([status, statusText, ok, redirected, attempts], [200, "OK", true, true, 1]);
  assertEquals(url, `${server.url}/echo?status=307`);
  assertEquals([request.method, request.url], ["POST", url]);
  assertEquals(request.headers.get("x-test-key"), t.key);
  assert(timings.start > 1_600_000_000_000 && timings.end >= timings.start);
  assertEquals(timings.end, timings.start + timings.duration);
  assertEquals(response.headers.get("content-type"), "application/json");
});

bothStyles("raiseForStatus() throws what validateStatus would have", async (t) => {
  using api = create({ baseURL: server.url });
  const good = await t.get(api, "/json");
  assertEquals(good.raiseForStatus(), good);
  const bad = await t.get(api, "/status/404", { validateStatus: false });
  const raised = await t.fails(() => bad.raiseForStatus(), HTTPStatusError);
  const thrown = await t.fails(t.get(api, "/status/404"), HTTPStatusError);
  assertEquals([raised.message, raised.code, raised.status], [
    thrown.message,
    thrown.code,
    thrown.status,
  ]);
  assertEquals(raised.response, bad);
});

const SECRETS = {
  authorization: "Bearer s3cret",
  cookie: "session=s3cret",
  "proxy-authorization": "Basic s3cret",
  "x-api-key": "s3cret",
  "x-own": "s3cret",
};

function shown(value: unknown): string {
  const { inspect } = process.getBuiltinModule("node:util");
  return Deno.inspect(value, { depth: 9 }) + inspect(value, { depth: 9 }) + JSON.stringify(value);
}

declare const process: { getBuiltinModule(name: "node:util"): typeof import("node:util") };

bothStyles("printing a response shows no secret", async (t) => {
  const headers = JSON.stringify({ "set-cookie": "id=s3cret", "x-own": "s3cret" });
  const base = server.url.replace("//", "//me:s3cret@");
  using api = create({ baseURL: base, headers: SECRETS, redact: ["X-Own", "token"] });
  const params = { headers, token: "s3cret" };
  let response: AxResponse | undefined;
  try {
    response = await t.get(api, "/status/200", { params: { ...params, headers: "{}" } });
  } finally {
    assertEquals(shown(response).includes("s3cret"), false, shown(response));
  }
  assertStringIncludes(shown(response), "token=***");
  assertEquals(response.request.headers.get("authorization"), "Bearer s3cret");
  // What the server sets is masked by the same names; the URL would show this parameter.
  const set = await t.get(api, "/headers", { params: { "set-cookie": "id=1", "x-own": "s3cret" } });
  const { headers: seen } = set.toJSON() as { headers: Record<string, string> };
  assertEquals([seen["set-cookie"], seen["x-own"]], ["***", "***"]);
});

bothStyles("printing an error shows no secret and no body", async (t) => {
  const base = server.url.replace("//", "//me:s3cret@");
  using api = create({ baseURL: base, headers: SECRETS, redact: ["x-own", "token"] });
  const config = { params: { token: "s3cret" }, headers: { "x-body": "1" } };
  const error = await t.fails(t.get(api, "/status/500", config), HTTPStatusError);
  assertEquals(shown(error).includes("s3cret"), false, shown(error));
  assertEquals(Deno.inspect(error).includes("AxResponse"), false);
  assertEquals(Object.keys(error).includes("response"), false);
  assertEquals(error.response?.data, { status: 500 });
  const json = JSON.parse(JSON.stringify(error));
  assertEquals([json.name, json.code, json.response.status], ["HTTPStatusError", "AX_STATUS", 500]);
  assertEquals(json.request, { method: "GET", url: `${server.url}/status/500?token=***` });
  assertEquals(JSON.stringify(json).includes('"data"'), false);
});

bothStyles("printing an error of any kind shows no redacted parameter", async (t) => {
  const down = `http://me:s3cret@127.0.0.1:${unusedPort()}/`;
  using api = create({ baseURL: server.url, redact: ["token"], allowAbsoluteUrls: true });
  const retryStrategy = { getDelay: () => 0 };
  const config = { params: { token: "s3cret" }, retryStrategy, maxRetries: 1 };
  const paths = [down, "/status/503", "/broken-json", "/redirect-loop", "/deflate?damaged"];
  for (const path of paths) {
    const error = await t.fails(t.get(api, path, config), Error);
    assertEquals(shown(error).includes("s3cret"), false, `${path}: ${shown(error)}`);
  }
  const late = await t.fails(t.get(api, "/never", { ...config, timeout: 10 }), Error);
  assertEquals(shown(late).includes("s3cret"), false, shown(late));
});
