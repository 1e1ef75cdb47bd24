import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CancelError, CancelToken, create, NetworkError, TimeoutError } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { mostUnread } from "../support/socket_bytes.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedServer();
const faults = sharedFaultServer();
keepWorker();
const BIG = "/stream?size=500000000";

async function freed(key: string): Promise<void> {
  await eventually(() => server.aborted(key), (count) => count === 1);
}

const sent = async (key: string): Promise<number> => (await server.requests(key))[0]?.sent ?? 0;

bothStyles("leaving a loop early frees the connection", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, `${BIG}&key=${t.key}`);
  for await (const chunk of stream.iterBytes()) {
    assert(chunk.byteLength > 0);
    break;
  }
  await freed(t.key);
  const error = await t.fails(async () => void await stream.read(), TypeError);
  assertStringIncludes(error.message, "it is read once");
});

bothStyles("an exception in the loop frees the connection", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, `${BIG}&key=${t.key}`);
  await t.fails(async () => {
    for await (const _ of stream.iterBytes()) throw new EvalError("mine");
  }, EvalError);
  await freed(t.key);
});

bothStyles("return() in a generator frees the connection, its finally runs", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, `${BIG}&key=${t.key}`);
  let cleaned = false;
  async function* sizes(): AsyncGenerator<number> {
    try {
      for await (const chunk of stream.iterBytes()) yield chunk.byteLength;
    } finally {
      cleaned = true;
    }
  }
  for await (const size of sizes()) {
    assert(size > 0);
    break;
  }
  assert(cleaned);
  await freed(t.key);
});

bothStyles("close() and disposal free the connection; later reads say so", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, `${BIG}&key=${t.key}`);
  stream.close();
  stream.close();
  await freed(t.key);
  const error = await t.fails(async () => void await stream.read(), TypeError);
  assertStringIncludes(error.message, "was closed");

  {
    using other = await t.stream(api, `${BIG}&key=${t.key}-using`);
    assertEquals(other.status, 200);
  }
  await freed(`${t.key}-using`);
  if (t.style === "async") {
    {
      await using last = await api.stream(`${BIG}&key=${t.key}-await`);
      assertEquals(last.status, 200);
    }
    await freed(`${t.key}-await`);
  }
});

bothStyles("close() in the middle of a loop ends it with a CancelError", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, `/ndjson?n=5&key=${t.key}`);
  let lines = 0;
  const error = await t.fails(async () => {
    for await (const _ of stream.iterLines()) {
      lines++;
      stream.close();
    }
  }, CancelError);
  assertEquals([lines, error.reason], [1, "stream closed"]);
});

Deno.test("close() ends a read that waits", async () => {
  using api = create({ baseURL: server.url });
  const stream = await api.stream("/stall-body?size=0&key=waits");
  const reading = stream.read().catch((error) => error);
  setTimeout(() => stream.close(), 20);
  assert(await reading instanceof CancelError);
  await freed("waits");

  const other = await api.stream("/stall-body?size=0&key=returns");
  const chunks = other.iterBytes();
  const [next, twice] = [chunks.next(), chunks.next()];
  await chunks.return?.();
  assertEquals(await next, { done: true, value: undefined });
  assertEquals(await twice, { done: true, value: undefined });
  await freed("returns");
});

Deno.test("next() calls that overlap get the items in order", async () => {
  using api = create({ baseURL: server.url });
  const stream = await api.stream("/ndjson?n=5&chunk=9&gap=1");
  const values = stream.iterJSON<{ i: number }>();
  const steps = await Promise.all(Array.from({ length: 7 }, () => values.next()));
  assertEquals(steps.map(({ value }) => value?.i), [0, 1, 2, 3, 4, undefined, undefined]);
});

bothStyles("close() of the client ends open streams with a CancelError", async (t) => {
  const api = create({ baseURL: server.url });
  const stream = await t.stream(api, `${BIG}&key=${t.key}`);
  const chunks = stream.iterBytes();
  await chunks.next();
  api.close();
  await freed(t.key);
  const error = await t.fails(async () => void await chunks.next(), CancelError);
  assertEquals(error.reason, "client closed");
  const again = await t.fails(async () => void await chunks.next(), CancelError);
  assertEquals(again, error);
});

bothStyles("a signal and a token end a stream, also between reads", async (t) => {
  using api = create({ baseURL: server.url });
  const control = new AbortController();
  const { signal } = control;
  const stream = await t.stream(api, `${BIG}&key=${t.key}`, { signal });
  control.abort(new Error("enough"));
  await freed(t.key);
  const error = await t.fails(async () => void await stream.iterLines().next(), CancelError);
  assertStringIncludes(error.message, "enough");

  const cancelToken = new CancelToken();
  const other = await t.stream(api, `${BIG}&key=${t.key}-token`, { cancelToken });
  const chunks = other.iterBytes();
  await chunks.next();
  cancelToken.cancel("stop");
  await freed(`${t.key}-token`);
  const cancelled = await t.fails(async () => void await chunks.next(), CancelError);
  assertEquals(cancelled.reason, "stop");
});

bothStyles("no listener stays on a signal when the stream is over", async (t) => {
  using api = create({ baseURL: server.url });
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    listeners++;
    Reflect.apply(addEventListener, signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    listeners--;
    Reflect.apply(removeEventListener, signal, args);
  };
  const stream = await t.stream(api, "/ndjson?n=3", { signal });
  assertEquals(listeners, 1);
  for await (const _ of stream.iterLines());
  assertEquals(listeners, 0);
  const other = await t.stream(api, "/ndjson?n=3", { signal });
  other.close();
  assertEquals(listeners, 0);
});

bothStyles("totalTimeout bounds the call until the stream is read", async (t) => {
  using api = create({ baseURL: server.url, totalTimeout: 800 });
  const stream = await t.stream(api, `/drip?chunks=100&gap=30&key=${t.key}`);
  const error = await t.fails(async () => void await stream.read(), TimeoutError);
  assertEquals(error.phase, "total");
  await freed(t.key);
});

bothStyles("timeout bounds the wait for each chunk, not the whole", async (t) => {
  using api = create({ baseURL: server.url, timeout: 400 });
  const slow = await t.stream(api, "/drip?chunks=10&gap=30&size=3");
  assertEquals((await slow.read()).byteLength, 30);
  const stalled = await t.stream(api, `/stall-body?size=10&key=${t.key}`);
  const error = await t.fails(async () => void await stalled.read(), TimeoutError);
  assertEquals(error.phase, "attempt");
  assertStringIncludes(error.message, "no more data within 400 ms (10 bytes received)");
  await freed(t.key);
});

for (const route of ["reset-body", "reset-body?how=reset", "reset-chunked", "bad-chunk"]) {
  bothStyles(`a body that is cut is no short read: /${route}`, async (t) => {
    using api = create({ baseURL: faults.url });
    for (
      const read of [
        (stream: Stream) => stream.read(),
        (stream: Stream) => drain(stream.iterText()),
        (stream: Stream) => drain(stream.iterLines()),
        (stream: Stream) => drain(stream.iterEvents({ anyType: true })),
      ]
    ) {
      const stream = await t.stream(api, `/${route}`);
      await t.fails(async () => void await read(stream), NetworkError);
    }
  });
}

type Stream = Awaited<ReturnType<StyleKit["stream"]>>;

async function drain(items: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

bothStyles("a server that stalls in the middle is a TimeoutError", async (t) => {
  using api = create({ baseURL: faults.url, timeout: 500 });
  const stream = await t.stream(api, "/stall-body");
  await t.fails(async () => void await drain(stream.iterLines()), TimeoutError);
});

bothStyles("a slow reader stops the server", async (t) => {
  using api = create({ baseURL: server.url });
  const most = await mostUnread();
  const stream = await t.stream(api, `/stream?size=${3 * most}&key=${t.key}`);
  const chunks = stream.iterBytes();
  await chunks.next();
  let before = -1;
  for (let now = await sent(t.key); now !== before; now = await sent(t.key)) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert(before <= most, `${before} bytes were sent, more than ${most}`);
  for (let read = 0; read < before;) read += (await chunks.next()).value?.byteLength ?? 0;
  await eventually(() => sent(t.key), (now) => now > before);
  stream.close();
  await freed(t.key);
});
