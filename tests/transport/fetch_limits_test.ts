import { assert, assertEquals, assertRejects } from "@std/assert";
import { BodySizeError, TimeoutError } from "../../src/errors.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { drain, sendFetch, streamed, wire } from "./wire.ts";

const server = sharedServer();

Deno.test("sendFetch() rejects when no headers arrive in time, and ends the request", async () => {
  const url = `${server.url}/never?key=no-headers`;
  for (const request of [wire(url, { timeoutMs: 50 }), streamed(url, { timeoutMs: 50 })]) {
    const error = await assertRejects(() => sendFetch(request), TimeoutError);
    assertEquals(
      error.message,
      `Cannot reach "GET ${url}": no response headers within 50 ms`,
    );
    assertEquals([error.phase, error.request], ["attempt", { method: "GET", url }]);
  }
  await eventually(() => server.open("no-headers"), (open) => open === 0);
});

Deno.test("sendFetch() rejects when the body is not complete in time", async () => {
  const url = `${server.url}/stall-body?size=100`;
  const error = await assertRejects(() => sendFetch(wire(url, { timeoutMs: 100 })), TimeoutError);
  assert(error.message.startsWith(`Cannot read the body of "GET ${url}": `), error.message);
  assert(error.message.includes("within 100 ms"), error.message);
});

Deno.test("sendFetch() counts in the message what had arrived", async () => {
  const url = `${server.url}/stall-body?size=100`;
  const progress = { upload: false, download: true };
  const request = wire(url, { timeoutMs: 100, progress });
  await assertRejects(
    () => sendFetch(request, { onProgress() {} }),
    TimeoutError,
    "(100 bytes received)",
  );
});

Deno.test("FetchBody.read() bounds each read, not the whole body", async () => {
  const url = `${server.url}/drip?n=8&gap=150&chunks=8&ms=150`;
  const { body } = await sendFetch(streamed(url, { timeoutMs: 900 }));
  assert(await drain(body) > 0);
  const stalled = await sendFetch(streamed(`${server.url}/stall-body?size=10`, { timeoutMs: 500 }));
  const error = await assertRejects(() => drain(stalled.body), TimeoutError);
  assert(error.message.includes("no more data within 500 ms (10 bytes received)"), error.message);
  assert(error === await assertRejects(() => drain(stalled.body)), "a later read fails alike");
});

Deno.test("FetchBody.read() does not count the time between reads", async () => {
  const { body } = await sendFetch(streamed(`${server.url}/stream?size=100`, { timeoutMs: 40 }));
  await new Promise((resolve) => setTimeout(resolve, 120));
  assertEquals(await drain(body), 100);
});

Deno.test("sendFetch() rejects with the signal's own reason", async () => {
  const reason = { why: "enough" };
  const abort = (): AbortSignal => {
    const control = new AbortController();
    setTimeout(() => control.abort(reason), 30);
    return control.signal;
  };
  const caught = async (run: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await run();
    } catch (error) {
      return error;
    }
  };
  for (const path of ["/never?key=aborted", "/stall-body?key=aborted"]) {
    for (const timeout of [5_000, false] as const) {
      const request = wire(server.url + path, { timeoutMs: timeout });
      assert(await caught(() => sendFetch(request, { signal: abort() })) === reason);
    }
  }
  assert(
    await caught(() => sendFetch(wire(server.url), { signal: AbortSignal.abort(reason) })) ===
      reason,
  );
  await eventually(() => server.open("aborted"), (open) => open === 0);
});

Deno.test("sendFetch() ends in time though a custom fetch ignores its signal", async () => {
  const fetch = (): Promise<Response> => new Promise(() => {});
  const request = wire("http://example.com/", { timeoutMs: 30 });
  const error = await assertRejects(() => sendFetch(request, { fetch }), TimeoutError);
  assertEquals(
    error.message,
    'Cannot reach "GET http://example.com/": no response headers within 30 ms',
  );
});

Deno.test("sendFetch() bounds the body by its declared and by its real length", async () => {
  for (const path of ["/bytes/1000", "/stream?size=1000", "/stream?size=1000&length"]) {
    const url = server.url + path;
    const request = wire(url, { maxResponseBytes: 999 });
    const error = await assertRejects(() => sendFetch(request), BodySizeError);
    assertEquals(
      error.message,
      `Cannot read the body of "GET ${url}": larger than 999 bytes ("maxResponseSize")`,
    );
    const stream = await sendFetch({ ...request, stream: true });
    await assertRejects(() => drain(stream.body), BodySizeError);
    assertEquals((await sendFetch({ ...request, maxResponseBytes: 1000 })).body.byteLength, 1000);
  }
});

Deno.test("sendFetch() checks the size of what a custom fetch gives", async () => {
  const fetch = (): Promise<Response> =>
    Promise.resolve(new Response("too much", { headers: { "content-length": "2" } }));
  const request = wire("http://example.com/", { maxResponseBytes: 4 });
  await assertRejects(() => sendFetch(request, { fetch }), BodySizeError);
});
