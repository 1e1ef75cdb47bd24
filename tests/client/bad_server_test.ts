import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { create, DecodeError, NetworkError } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedFaultServer, unusedPort } from "../support/fault_server.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, parity } from "../support/styles.ts";

const server = sharedServer();
const faults = sharedFaultServer();
keepWorker();

const BROKEN = [
  "/reset",
  "/close",
  "/reset-headers",
  "/reset-body",
  "/reset-chunked",
  "/bad-chunk",
  "/bad-length",
  "/garbage",
];

for (const path of BROKEN) {
  parity(`a server that answers ${path} fails alike`, async (t) => {
    using api = create({ baseURL: faults.url });
    await t.post(api, path, { json: 1 });
  });

  bothStyles(`a server that answers ${path} is a NetworkError`, async (t) => {
    using api = create({ baseURL: faults.url });
    const error = await t.fails(t.post(api, `${path}?key=${t.key}`, { json: 1 }), NetworkError);
    assertStringIncludes(error.message, `"POST ${faults.url}${path}?key=${t.key}"`);
    assertEquals(error.request, { method: "POST", url: `${faults.url}${path}?key=${t.key}` });
    assertEquals([error.code, error.attempts], ["AX_NETWORK", 1]);
    assertEquals((await faults.log(t.key)).requests.length, 1);
  });
}

bothStyles("a port where nobody listens is a NetworkError with its code", async (t) => {
  using api = create({ baseURL: `http://127.0.0.1:${unusedPort()}` });
  const error = await t.fails(t.get(api, "/"), NetworkError);
  assertStringIncludes(error.message, "connection refused");
  assertEquals(error.systemCode, "ECONNREFUSED");
});

bothStyles("a body without length ends with its connection", async (t) => {
  using api = create({ baseURL: faults.url });
  assertEquals((await t.get(api, "/no-length")).data, "until the end");
});

bothStyles("a JSON body that does not parse is a DecodeError that keeps the text", async (t) => {
  using api = create({ baseURL: server.url });
  const error = await t.fails(t.get(api, "/broken-json"), DecodeError);
  assertEquals(error.response?.status, 200);
  assertEquals(error.response?.text(), '{"broken": ');
  assertEquals(error.response?.data, '{"broken": ');
  assertInstanceOf(error.cause, SyntaxError);
  assertEquals(
    error.message,
    `Cannot decode the response to "GET ${server.url}/broken-json", of content type ` +
      '"application/json": it is no valid JSON',
  );
});

bothStyles("a page in the place of JSON is told as such, with its content type", async (t) => {
  using api = create({ baseURL: server.url });
  const page = `Cannot decode the response to "GET ${server.url}/html", of content type ` +
    '"text/html": it is no valid JSON; it starts with "<", as a page of a proxy does';
  const typed = await t.fails(t.get(api, "/html", { responseType: "json" }), DecodeError);
  assertEquals(typed.message, page);
  const response = await t.get(api, "/html");
  assertEquals((await t.fails(() => response.json(), DecodeError)).message, page);
  const empty = await t.fails(async () => (await t.get(api, "/empty")).json(), DecodeError);
  assertStringIncludes(empty.message, "without a content type: it is empty");
});

bothStyles("an empty body gives undefined, and json() says that it is empty", async (t) => {
  using api = create({ baseURL: server.url });
  for (const path of ["/empty", "/empty200"]) {
    const response = await t.get(api, path);
    assertEquals([response.data, response.text(), response.bytes().length], [undefined, "", 0]);
    const error = await t.fails(() => response.json(), DecodeError);
    assertStringIncludes(error.message, "empty");
  }
});

bothStyles("a HEAD has headers and no body", async (t) => {
  using api = create({ baseURL: server.url });
  const response = await t.head(api, "/json");
  assertEquals([response.status, response.data], [200, undefined]);
  assertEquals(response.headers.get("content-type"), "application/json");
});
