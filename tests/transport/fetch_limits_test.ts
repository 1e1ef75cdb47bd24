import { assert, assertEquals, assertRejects } from "@std/assert";
import { BodySizeError, TimeoutError } from "../../src/errors.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { drain, sendFetch, streamed, wire } from "./wire.ts";

const server = sharedServer();

/**
 * A fetch that has answered before any timer fires, with a body of `chunks` chunks of 10 bytes,
 * `gapMs` apart, that never ends: what ends in time depends on the order of timers alone.
 */
function answering(chunks: number, gapMs = 0): () => Promise<Response> {
  return () => {
    let left = chunks;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        if (left-- <= 0) return await new Promise(() => {});
        if (gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
        controller.enqueue(new Uint8Array(10));
      },
    }, { highWaterMark: 0 });
    return Promise.resolve(new Response(body));
  };
}

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
  const url = "http://example.com/";
  const request = wire(url, { timeoutMs: 100 });
  const error = await assertRejects(
    () => sendFetch(request, { fetch: answering(1) }),
    TimeoutError,
  );
  assert(error.message.startsWith(`Cannot read the body of "GET ${url}": `), error.message);
  assert(error.message.includes("within 100 ms"), error.message);
});

Deno.test("sendFetch() counts in the message what had arrived", async () => {
  const progress = { upload: false, download: true };
  const request = wire("http://example.com/", { timeoutMs: 100, progress });
  await assertRejects(
    () => sendFetch(request, { fetch: answering(10), onProgress() {} }),
    TimeoutError,
    "(100 bytes received)",
  );
});

Deno.test("FetchBody.read() bounds each read, not the whole body", async () => {
  // Five chunks take more than the limit, each of them half of it.
  const request = streamed("http://example.com/", { timeoutMs: 200 });
  const { body } = await sendFetch(request, { fetch: answering(5, 100) });
  const error = await assertRejects(() => drain(body), TimeoutError);
  assert(error.message.includes("no more data within 200 ms (50 bytes received)"), error.message);
  assert(error === await assertRejects(() => drain(body)), "a later read fails alike");
});

Deno.test("FetchBody.read() does not count the time between reads", async () => {
  const request = streamed("http://example.com/", { timeoutMs: 40 });
  const { body } = await sendFetch(request, { fetch: answering(2) });
  for (let read = 0; read < 2; read++) {
    await new Promise((resolve) => setTimeout(resolve, 120));
    assertEquals((await body?.read())?.byteLength, 10);
  }
  body?.cancel();
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
