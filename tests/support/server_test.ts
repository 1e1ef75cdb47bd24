import { assert, assertEquals } from "@std/assert";
import { CHARSET_SAMPLES, CHARSET_TEXT, encodeText } from "./server_bytes.ts";
import { eventually, isPattern, patternBytes, sharedServer, startServer } from "./server.ts";

const server = sharedServer();

async function getJson(path: string, init?: RequestInit): Promise<Record<string, unknown>> {
  return await (await fetch(server.url + path, init)).json();
}

Deno.test("/echo tells method, path, headers and body", async () => {
  const body = new Uint8Array([0xff, 0, 1]);
  const headers = { "X-One": "1" };
  const echo = await getJson("/echo?a=1&a=2", { method: "PATCH", body, headers });
  assertEquals([echo.method, echo.url, echo.length], ["PATCH", "/echo?a=1&a=2", 3]);
  assertEquals((echo.headers as Record<string, string>)["x-one"], "1");
  assertEquals([echo.bodyBase64, echo.body], ["/wAB", "\ufffd\0\x01"]);
});

Deno.test("/status/:code answers any status, with a body where one is allowed", async () => {
  for (const code of [200, 201, 204, 205, 304, 400, 404, 429, 500, 599]) {
    const response = await fetch(`${server.url}/status/${code}?headers={"x-a":"b"}`);
    const body = await response.text();
    assertEquals([response.status, response.headers.get("x-a")], [code, "b"]);
    assertEquals(body, [204, 205, 304].includes(code) ? "" : `{"status":${code}}`);
  }
});

Deno.test("plain routes answer with their content type", async () => {
  const types = new Map([
    ["/json", "application/json"],
    ["/text", "text/plain"],
    ["/html", "text/html; charset=utf-8"],
    ["/bytes/100", "application/octet-stream"],
    ["/empty200", "application/json"],
    ["/broken-json", "application/json"],
  ]);
  for (const [path, type] of types) {
    const response = await fetch(server.url + path);
    const size = (await response.bytes()).length;
    assertEquals([response.status, response.headers.get("content-type")], [200, type]);
    assertEquals(response.headers.get("content-length"), String(size));
  }
  assertEquals((await fetch(`${server.url}/empty`)).status, 204);
  assertEquals((await fetch(`${server.url}/nothing`)).status, 404);
});

Deno.test("/bytes/:n is the pattern, which finds misplaced chunks", async () => {
  const bytes = await (await fetch(`${server.url}/bytes/200000`)).bytes();
  assert(isPattern(bytes));
  assert(!isPattern(bytes.subarray(65_536)));
  assertEquals(patternBytes(10, 65_530), bytes.slice(65_530, 65_540));
});

Deno.test("/charset/:label encodes the text by its label", async () => {
  const labels = ["utf-8", "utf-8-bom", "utf-16le", "utf-16be-bom", "latin1", "iso-8859-15"];
  for (const label of [...labels, ...CHARSET_SAMPLES.keys()]) {
    const response = await fetch(`${server.url}/charset/${label}`);
    const charset = label.replace("-bom", "");
    assertEquals(response.headers.get("content-type"), `text/plain; charset=${charset}`);
    const text = new TextDecoder(charset).decode(await response.bytes());
    assertEquals(text, CHARSET_SAMPLES.get(label)?.text ?? CHARSET_TEXT);
  }
  const json = await (await fetch(`${server.url}/charset/utf-16le?json`)).bytes();
  assertEquals(json, encodeText(JSON.stringify({ text: CHARSET_TEXT }), "utf-16le"));
});

Deno.test("/headers and /set-cookies set response headers", async () => {
  const response = await fetch(`${server.url}/headers?x-a=1&x-a=2&content-language=de`);
  assertEquals(response.headers.get("x-a"), "1, 2");
  assertEquals(await response.json(), { "x-a": "1, 2", "content-language": "de" });
  const cookies = await fetch(`${server.url}/set-cookies?n=2`);
  assertEquals(cookies.headers.getSetCookie(), ["c0=v0; Path=/", "c1=v1; Path=/"]);
  await cookies.body?.cancel();
});

Deno.test("/redirect/:n and /redirect-to set Location", async () => {
  const location = async (path: string): Promise<[number, string | null]> => {
    const response = await fetch(server.url + path, { redirect: "manual" });
    await response.body?.cancel();
    return [response.status, response.headers.get("location")];
  };
  assertEquals(await location("/redirect/2?key=r"), [302, "/redirect/1?key=r"]);
  assertEquals(await location("/redirect/1?status=308"), [308, "/echo?status=308"]);
  assertEquals(await location("/redirect/1?absolute"), [302, `${server.url}/echo?absolute`]);
  assertEquals(await location("/redirect-to?url=http://a.test/&status=307"), [
    307,
    "http://a.test/",
  ]);
  assertEquals(await location("/redirect-to?status=301"), [301, null]);
  assertEquals(await location("/redirect-loop"), [302, "/redirect-loop"]);
  assertEquals((await getJson("/redirect/3?key=r3")).url, "/echo?key=r3");
});

Deno.test("/fail-then/:n and /count count by key", async () => {
  const path = "/fail-then/2?key=f&status=429&retry-after=7";
  const seen: unknown[] = [];
  for (let call = 0; call < 3; call++) {
    const response = await fetch(server.url + path);
    seen.push([response.status, response.headers.get("retry-after"), await response.json()]);
  }
  assertEquals(seen, [
    [429, "7", { count: 1 }],
    [429, "7", { count: 2 }],
    [200, null, { count: 3 }],
  ]);
  assertEquals(await getJson("/count?key=c"), { count: 1 });
  assertEquals(await getJson("/count", { headers: { "x-test-key": "c" } }), { count: 2 });
  assertEquals(await getJson("/count?key=d"), { count: 1 });
});

Deno.test("/link pages with Link headers", async () => {
  const first = await fetch(`${server.url}/link?pages=2`);
  const next = '</link?pages=2&page=2>; rel="next", </link?pages=2&page=2>; rel="last"';
  assertEquals(first.headers.get("link"), next);
  assertEquals(await first.json(), [{ id: 1 }, { id: 2 }]);
  const last = await fetch(`${server.url}/link?pages=2&page=2&absolute`);
  assert(last.headers.get("link")?.startsWith(`<${server.url}/link?`));
  assertEquals(await last.json(), [{ id: 3 }, { id: 4 }]);
});

Deno.test("/auth wants the expected authorization", async () => {
  const ask = async (query: string, authorization?: string): Promise<number> => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${server.url}/auth${query}`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await ask(""), 401);
  assertEquals(await ask("", "Basic x"), 200);
  assertEquals(await ask("?expect=Bearer%20b", "Bearer a"), 401);
  assertEquals(await ask("?expect=Bearer%20b", "Bearer b"), 200);
});

Deno.test("/etag answers 304 to its own tag", async () => {
  const first = await fetch(`${server.url}/etag?key=e`);
  assertEquals([first.headers.get("etag"), (await first.json()).hits], ['"v1"', 1]);
  const headers = { "if-none-match": '"v1"' };
  assertEquals((await fetch(`${server.url}/etag?key=e`, { headers })).status, 304);
});

Deno.test("requests() tells what came, by key, until reset()", async () => {
  await getJson("/echo?key=q", { method: "POST", body: "hello", headers: { "x-a": "b" } });
  await getJson("/echo?key=q&unread", { method: "PUT", body: "unread" });
  const [post, put] = await server.requests("q");
  assertEquals([post?.method, post?.url, post?.text], ["POST", "/echo?key=q", "hello"]);
  assertEquals([post?.length, put?.method, put?.length], [5, "PUT", 0]);
  assert(post?.headers.some(([name, value]) => name === "x-a" && value === "b"));
  await eventually(() => server.requests("q"), (all) => all.every((r) => r.state === "answered"));
  const [byHttp] = await getJson("/__requests?key=q") as unknown as Record<string, unknown>[];
  assertEquals([byHttp?.method, byHttp?.bodyBase64], ["POST", "aGVsbG8="]);
  assertEquals(await getJson("/__reset?key=q"), { reset: true });
  assertEquals(await server.requests("q"), []);
});

Deno.test("open() and aborted() follow a request", async () => {
  for (const path of ["/never", "/delay/5000", "/stall-body", "/drip?gap=5000"]) {
    const key = path.slice(1, 5);
    const controller = new AbortController();
    const url = new URL(path, server.url);
    url.searchParams.set("key", key);
    const call = fetch(url, { signal: controller.signal }).then((r) => r.text());
    await eventually(() => server.open(key), (open) => open === 1);
    controller.abort();
    await call.catch(() => {});
    await eventually(() => server.aborted(key), (aborted) => aborted === 1);
    assertEquals(await getJson(`/__open?key=${key}`), { open: 0, aborted: 1, answered: 0 });
  }
});

Deno.test("/delay waits, and leaves the requests after it alone", async () => {
  const order: string[] = [];
  const slow = getJson("/delay/200?key=slow").then(() => order.push("slow"));
  await eventually(() => server.open("slow"), (open) => open === 1);
  await getJson("/json").then(() => order.push("quick"));
  await slow;
  assertEquals(order, ["quick", "slow"]);
});

Deno.test("/meet answers when as many requests as wanted are there", async () => {
  const first = getJson("/meet/2?key=meet");
  await eventually(() => server.open("meet"), (open) => open === 1);
  assertEquals(await getJson("/meet/2?key=meet"), { count: 2 });
  assertEquals(await first, { count: 1 });
});

Deno.test("the server answers while this thread is blocked", async () => {
  const answer = new Int32Array(new SharedArrayBuffer(4));
  const source = `self.onmessage = async ({ data }) => {
    self.postMessage("ready");
    const { count } = await (await fetch("${server.url}/count?key=blocked")).json();
    Atomics.store(data, 0, count);
    Atomics.notify(data, 0);
  };`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, {
    type: "module",
  });
  await new Promise((resolve) => {
    worker.onmessage = resolve;
    worker.postMessage(answer);
  });
  Atomics.wait(answer, 0, 0);
  worker.terminate();
  assertEquals(answer[0], 1);
});

Deno.test("a second server is another origin; close() frees its port", async () => {
  const other = await startServer();
  assert(other.url !== server.url);
  assertEquals((await fetch(`${other.url}/empty`)).status, 204);
  const hanging = fetch(`${other.url}/never`).catch((error) => error);
  await eventually(() => other.open(), (open) => open === 1);
  await other.close();
  assert(await hanging instanceof Error);
  const refused = await Deno.connect({ hostname: "127.0.0.1", port: other.port }).catch((e) => e);
  assert(refused instanceof Deno.errors.ConnectionRefused);
});
