import { assert, assertEquals, assertRejects } from "@std/assert";
import { create } from "../../mod.ts";
import { NetworkError } from "../../src/errors.ts";
import type { ByteCount } from "../../src/transport/progress.ts";
import { eventually, isPattern, sharedServer } from "../support/server.ts";
import { drain, sendFetch, streamed, watchedSignal, wire } from "./wire.ts";

const server = sharedServer();
const text = new TextDecoder();
const bytes = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content);

interface Echo {
  method: string;
  headers: Record<string, string>;
  body: string;
}

async function echo(rest: Parameters<typeof wire>[1]): Promise<Echo> {
  const response = await sendFetch(wire(`${server.url}/echo`, rest));
  return JSON.parse(text.decode(response.body)) as Echo;
}

Deno.test("sendFetch() answers status, headers and the whole body", async () => {
  const url = `${server.url}/json`;
  const response = await sendFetch(wire(url));
  assertEquals(
    [response.status, response.statusText, response.url, response.redirected],
    [200, "OK", url, false],
  );
  assertEquals(
    response.headers.get("content-type"),
    "application/json",
  );
  assertEquals(JSON.parse(text.decode(response.body)).ok, true);
});

Deno.test("a fetch that tells no reason phrase, as undici behind a proxy, has an empty one", async () => {
  const answer = Object.defineProperty(new Response("ok"), "statusText", { value: undefined });
  const api = create({ fetch: () => Promise.resolve(answer) });
  assertEquals((await api.get("https://example.com/")).statusText, "");
});

Deno.test("sendFetch() keeps each set-cookie header separate", async () => {
  const { headers } = await sendFetch(wire(`${server.url}/set-cookies?n=3`));
  assertEquals(headers.getSetCookie(), [
    "c0=v0; Path=/",
    "c1=v1; Path=/",
    "c2=v2; Path=/",
  ]);
});

Deno.test("sendFetch() follows no redirect", async () => {
  const headers = encodeURIComponent(JSON.stringify({ location: "/json" }));
  const response = await sendFetch(wire(`${server.url}/status/302?headers=${headers}`));
  assertEquals([response.status, response.redirected], [302, false]);
});

Deno.test("sendFetch() gives no bytes for HEAD, 204 and 304", async () => {
  for (const [method, path] of [["HEAD", "/json"], ["GET", "/empty"], ["GET", "/status/304"]]) {
    const request = wire(server.url + path, { method: method ?? "GET" });
    assertEquals((await sendFetch(request)).body.byteLength, 0, path);
    assertEquals((await sendFetch({ ...request, stream: true })).body, null, path);
  }
});

Deno.test("sendFetch() sends bytes and parts with their length", async () => {
  for (const method of ["POST", "PUT"]) {
    for (const body of [bytes("hello"), [bytes("he"), new Blob(["llo"])]]) {
      const got = await echo({ method, body });
      assertEquals([got.method, got.body, got.headers["content-length"]], [method, "hello", "5"]);
      assertEquals(got.headers["content-type"], undefined);
    }
  }
});

Deno.test("sendFetch() sends no body with GET, and a length of 0 with an empty POST", async () => {
  assertEquals((await echo({ body: bytes("hello") })).body, "");
  for (const body of [null, bytes(""), []]) {
    const got = await echo({ method: "POST", body });
    assertEquals([got.body, got.headers["content-length"]], ["", "0"]);
  }
});

Deno.test("sendFetch() sends streams and iterables, without empty chunks", async () => {
  async function* later(): AsyncGenerator<Uint8Array> {
    yield bytes("hel");
    yield bytes("");
    yield bytes("lo");
  }
  const now = [bytes("hel"), bytes(""), bytes("lo")].values();
  for (const body of [new Blob(["hello"]).stream(), later(), now]) {
    assertEquals((await echo({ method: "POST", body })).body, "hello");
  }
});

Deno.test("sendFetch() rejects with what the body of the request threw", async () => {
  const mine = new RangeError("mine");
  // deno-lint-ignore require-yield -- fails before
  const body = (function* (): Generator<Uint8Array> {
    throw mine;
  })();
  const error = await assertRejects(() => echo({ method: "POST", body }));
  assert(error === mine);
  const strings = ["text"].values() as unknown as Iterable<Uint8Array>;
  await assertRejects(() => echo({ method: "POST", body: strings }), TypeError, "Uint8Array");
});

Deno.test("sendFetch() hands fetchOptions on, but not what belongs to the request", async () => {
  let seen: RequestInit | undefined;
  const fetchOptions = {
    cache: "no-store",
    method: "DELETE",
    body: "x",
    headers: { a: "b" },
    signal: AbortSignal.abort(),
    redirect: "error",
  };
  const response = await sendFetch(wire(`${server.url}/echo`, { fetchOptions }), {
    fetch: (input, init) => {
      seen = init;
      return fetch(input, init);
    },
  });
  assertEquals([seen?.method, seen?.body, seen?.redirect], ["GET", null, "manual"]);
  assertEquals([seen?.cache, seen?.headers], ["no-store", []]);
  assertEquals(response.status, 200);
});

Deno.test("sendFetch() rejects bad fetchOptions as fetch does", async () => {
  const fetchOptions = { credentials: "nonsense" };
  await assertRejects(() => sendFetch(wire(`${server.url}/json`, { fetchOptions })), TypeError);
});

Deno.test("sendFetch() never ignores network options", async () => {
  // Nobody listens on that port, so a request that reaches the server went past its proxy.
  const request = wire(`${server.url}/json`, { network: { proxy: "http://127.0.0.1:1" } });
  await assertRejects(() => sendFetch(request), NetworkError);
  assertEquals((await sendFetch({ ...request, network: { proxy: undefined } })).status, 200);
});

Deno.test("sendFetch() reports progress in both directions", async () => {
  const seen: ByteCount[] = [];
  const body = new Uint8Array(300_000);
  await sendFetch(
    wire(`${server.url}/stream?size=200000&length&key=progress`, {
      method: "POST",
      body,
      progress: { upload: true, download: true },
    }),
    { onProgress: (progress) => seen.push(progress) },
  );
  const last = (direction: string): ByteCount | undefined =>
    seen.findLast((progress) => progress.direction === direction);
  assertEquals(last("upload"), { direction: "upload", loaded: 300_000, total: 300_000 });
  assertEquals(last("download")?.loaded, 200_000);
  const [record] = await server.requests("progress");
  assertEquals([record?.length, new Headers(record?.headers).get("content-length")], [
    300_000,
    "300000",
  ]);
});

Deno.test("sendFetch() streams the body chunk by chunk", async () => {
  const { body } = await sendFetch(streamed(`${server.url}/stream?size=300000&chunk=1000`));
  let offset = 0;
  for (let chunk = await body?.read(); chunk; chunk = await body?.read()) {
    assert(isPattern(chunk, offset));
    offset += chunk.byteLength;
  }
  assertEquals(offset, 300_000);
  assertEquals(await body?.read(), undefined);
});

Deno.test("FetchBody.cancel() ends the connection and the reading", async () => {
  const key = "cancelled";
  const { control, listeners } = watchedSignal();
  const { body } = await sendFetch(
    streamed(`${server.url}/stream?size=100000000&key=${key}`),
    { signal: control.signal },
  );
  assert(await body?.read());
  body?.cancel();
  assertEquals(await body?.read(), undefined);
  assertEquals(listeners(), 0);
  await eventually(() => server.open(key), (open) => open === 0);
});

Deno.test("sendFetch() leaves no listener on the signal", async () => {
  const { control, listeners } = watchedSignal();
  const events = { signal: control.signal };
  await sendFetch(wire(`${server.url}/json`), events);
  await assertRejects(() => sendFetch(wire(`${server.url}/never`, { timeoutMs: 20 }), events));
  await drain((await sendFetch(streamed(`${server.url}/json`), events)).body);
  assertEquals(listeners(), 0);
});
