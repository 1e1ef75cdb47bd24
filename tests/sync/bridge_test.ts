import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { NetworkError, TimeoutError } from "../../src/errors.ts";
import type { HttpBody } from "../../src/http/message.ts";
import type { Progress } from "../../src/http/transport.ts";
import { eventually, isPattern, sharedServer } from "../support/server.ts";
import {
  answerOf,
  bytesOf,
  errorOf,
  jsonOf,
  message,
  newBridge,
  outcomeOf,
  type Settled,
  until,
} from "./ask.ts";

const server = sharedServer();
const bridge = newBridge();

interface Echo {
  method: string;
  headers: Record<string, string>;
  body: string;
  length: number;
}

function post(path: string, body: HttpBody): ReturnType<typeof message> {
  return message(`${server.url}${path}`, { method: "POST", body });
}

Deno.test("support() names the worker", () => {
  assertEquals(bridge.support(), { supported: true, via: "worker" });
});

Deno.test("start() returns status, headers and the whole body", () => {
  const response = answerOf(bridge, message(`${server.url}/headers?x-a=1`));
  assertEquals(response.status, 200);
  assert(Array.isArray(response.headers));
  assertEquals(response.headers.find(([name]) => name === "x-a")?.[1], "1");
  assertEquals(response.url, `${server.url}/headers?x-a=1`);
  assertEquals([response.redirected, response.failure], [false, undefined]);
});

for (const size of [0, 1, 1000, 131_072, 131_073, 300_000, 5_000_000]) {
  Deno.test(`start() brings a body of ${size} bytes whole`, () => {
    for (let n = 0; n < (size > 1_000_000 ? 1 : 12); n++) {
      const bytes = bytesOf(bridge, message(`${server.url}/bytes/${size}`));
      assertEquals(bytes.length, size);
      assert(isPattern(bytes));
    }
  });
}

Deno.test("start() leaves the caller its request bytes, small, large and parts of a larger buffer", () => {
  const buffer = new Uint8Array(300_000).fill(120);
  for (const body of [buffer.slice(0, 10), buffer.slice(), buffer.subarray(5, 25)]) {
    const echo = jsonOf<Echo>(bridge, post("/echo", body));
    assertEquals(echo.length, body.length);
    assertEquals(echo.body, "x".repeat(body.length));
    assertEquals(body[0], 120);
  }
});

Deno.test("start() copies bytes that other threads share", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(20)).fill(121);
  for (const body of [shared, shared.subarray(3, 8)]) {
    assertEquals(jsonOf<Echo>(bridge, post("/echo", body)).body, "y".repeat(body.length));
  }
  function* chunks(): Generator<Uint8Array> {
    for (let n = 0; n < 3; n++) {
      shared.fill(97 + n);
      yield shared;
    }
  }
  const echo = jsonOf<Echo>(bridge, post("/echo", chunks()));
  assertEquals(echo.body, "a".repeat(20) + "b".repeat(20) + "c".repeat(20));
});

Deno.test("start() sends parts, blobs among them", () => {
  const body = [new TextEncoder().encode("one "), new Blob(["two "]), new Uint8Array([51])];
  assertEquals(jsonOf<Echo>(bridge, post("/echo", body)).body, "one two 3");
});

Deno.test("start() refuses a blob of another realm, which a clone would empty", async () => {
  class Foreign {
    readonly [Symbol.toStringTag] = "Blob";
    readonly size = 4;
  }
  const error = errorOf(bridge, post("/echo?key=foreign", [new Foreign() as unknown as Blob]));
  assertInstanceOf(error, TypeError);
  assertStringIncludes(error.message, "a Blob that is not the runtime's own");
  assertEquals(await server.requests("foreign"), []);
});

Deno.test("start() pulls an iterable body while it blocks, a bounded window ahead", () => {
  let pulled = 0;
  let returned = false;
  function* body(): Generator<Uint8Array> {
    try {
      for (; pulled < 40; pulled++) yield new Uint8Array(10_000).fill(65 + pulled % 26);
    } finally {
      returned = true;
    }
  }
  assertEquals(jsonOf<Echo>(bridge, post("/echo?brief", body())).length, 400_000);
  assertEquals([pulled, returned], [40, true]);
});

Deno.test("start() settles with what the iterable of its body throws", () => {
  const problem = new Error("No more ink");
  function* body(): Generator<Uint8Array> {
    yield new Uint8Array(10);
    throw problem;
  }
  assert(errorOf(bridge, post("/echo", body())) === problem);
});

Deno.test("start() lets an iterable clean up whose call has ended, also from inside it", () => {
  const ended: string[] = [];
  function* body(name: string, work: () => void): Generator<Uint8Array> {
    try {
      for (;;) {
        yield new Uint8Array(10);
        work();
      }
    } finally {
      ended.push(name);
    }
  }
  const settle = (): void => void ended.push("settled");
  let asked = 0;
  const plain = bridge.start(post("/never", body("plain", () => asked++)), {}, settle);
  until(bridge, () => asked > 0);
  plain();
  assertEquals(ended, ["plain"]);
  let stop = (): void => {};
  stop = bridge.start(post("/never", body("inside", () => stop())), {}, settle);
  until(bridge, () => ended.length === 2);
  assertEquals(ended, ["plain", "inside"]);
});

Deno.test("an iterable body may make sync calls itself", () => {
  let nested = 0;
  let running = false;
  function* body(): Generator<Uint8Array> {
    for (; nested < 30; nested++) {
      assertEquals(running, false);
      running = true;
      const bytes = bytesOf(bridge, message(`${server.url}/bytes/1000`));
      running = false;
      yield bytes;
    }
  }
  assertEquals(jsonOf<Echo>(bridge, post("/echo?brief", body())).length, 30_000);
  assertEquals(nested, 30);
});

Deno.test("start() gives network errors their class, code and message", () => {
  const error = errorOf(bridge, message("http://127.0.0.1:9/")) as NetworkError;
  assertInstanceOf(error, NetworkError);
  assertEquals(error.code, "AX_NETWORK");
  assertEquals(error.request?.url, "http://127.0.0.1:9/");
  assertInstanceOf(error.cause, Error);
});

Deno.test("start() honours the request's time in the worker", () => {
  const error = errorOf(bridge, message(`${server.url}/never`, { timeoutMs: 50 })) as TimeoutError;
  assertInstanceOf(error, TimeoutError);
  assertEquals(error.phase, "attempt");
});

Deno.test("start() gives status and headers of a response whose body could not be read", () => {
  const request = message(`${server.url}/bytes/1000`, { maxResponseBytes: 10 });
  const { status, headers, body, failure } = answerOf(bridge, request);
  assertEquals([status, body], [200, null]);
  assert(Array.isArray(headers) && headers.length > 0);
  assertInstanceOf(failure, Error);
  assertStringIncludes(failure.message, "larger than 10 bytes");
});

Deno.test("start() names an option that cannot go to the worker, and sends nothing", async () => {
  class Agent {}
  const cases: [Record<string, unknown>, string][] = [
    [{ dispatcher: new Agent() }, "fetchOptions.dispatcher"],
    [{ deep: { hook: () => {} } }, "fetchOptions.deep.hook"],
    [{ signal: new AbortController().signal }, "fetchOptions.signal"],
  ];
  for (const [fetchOptions, name] of cases) {
    const request = message(`${server.url}/echo?key=uncloneable`, { fetchOptions });
    let error: unknown;
    try {
      bridge.start(request, {}, () => {});
    } catch (thrown) {
      error = thrown;
    }
    assertInstanceOf(error, TypeError);
    assertStringIncludes(error.message, `"${name}" cannot go to the worker thread`);
  }
  assertEquals(await server.requests("uncloneable"), []);
});

Deno.test("start() never settles before wait()", () => {
  const settled: Settled[] = [];
  bridge.start(message(`${server.url}/json`), {}, (outcome) => settled.push(outcome));
  assertEquals(settled, []);
  until(bridge, () => settled.length > 0);
});

Deno.test("start() runs many requests at once, each with its own answer", async () => {
  const answered: number[] = [];
  for (let n = 0; n < 50; n++) {
    bridge.start(message(`${server.url}/delay/100?n=${n}&key=at-once`), {}, (outcome) => {
      assert(outcome.ok && outcome.value.url.includes(`?n=${n}&`));
      answered.push(n);
    });
  }
  until(bridge, () => answered.length > 0);
  // The server had most of them before it answered the first.
  assert((await server.requests("at-once")).length > 10);
  until(bridge, () => answered.length === 50);
});

Deno.test("a stop aborts on the wire and drops a late reply", async () => {
  const settled: Settled[] = [];
  const settle = (outcome: Settled): void => void settled.push(outcome);
  const never = bridge.start(message(`${server.url}/never?key=cancel`), {}, settle);
  const late = bridge.start(message(`${server.url}/delay/30`), {}, settle);
  bridge.wait(20);
  await eventually(() => server.open("cancel"), (open) => open > 0);
  never();
  late();
  // The next call's answer is its own, whatever comes late.
  assertEquals(bytesOf(bridge, message(`${server.url}/bytes/7?read-gap=1`)).length, 7);
  bridge.wait(100);
  assertEquals(settled, []);
  await eventually(() => server.aborted("cancel"), (aborted) => aborted === 1);
});

Deno.test("a stop right after start() ends it as well", async () => {
  const settled: Settled[] = [];
  const settle = (outcome: Settled): void => void settled.push(outcome);
  for (let n = 0; n < 20; n++) {
    const stop = bridge.start(message(`${server.url}/never?key=stopped`), {}, settle);
    if (n % 2 === 0) stop();
    else bridge.start(message(`${server.url}/bytes/${n}`), {}, settle);
    if (n % 2 === 1) stop();
  }
  until(bridge, () => settled.length === 10);
  assert(settled.every(({ ok }) => ok));
  await eventually(() => server.open("stopped"), (open) => open === 0);
});

Deno.test("start() hands progress on while it blocks", () => {
  const told: Progress[] = [];
  let settled = false;
  const url = `${server.url}/drip?chunks=5&gap=150&size=100`;
  const attachments = {
    onDownloadProgress(progress: Progress): void {
      assertEquals(settled, false);
      told.push(progress);
    },
  };
  const request = message(url, { progress: { upload: false, download: true } });
  bridge.start(request, attachments, () => settled = true);
  until(bridge, () => settled);
  assertEquals(told.at(-1)?.loaded, 500);
  assert(told.length >= 3 && told.every(({ rate }) => rate !== undefined));
});

Deno.test("start() settles with what a progress listener throws, and aborts", async () => {
  const problem = new Error("Too slow");
  const request = message(`${server.url}/drip?chunks=500&gap=20&size=100&key=listener`, {
    progress: { upload: false, download: true },
  });
  const outcome = outcomeOf(bridge, request, {
    onDownloadProgress() {
      throw problem;
    },
  });
  assert(!outcome.ok && outcome.error === problem);
  await eventually(() => server.aborted("listener"), (aborted) => aborted === 1);
});

Deno.test("release() stops the worker with the last client, and the next send starts one", () => {
  const own = newBridge();
  own.retain();
  own.retain();
  assertEquals(bytesOf(own, message(`${server.url}/bytes/1`)).length, 1);
  own.release();
  assertEquals(bytesOf(own, message(`${server.url}/bytes/2`)).length, 2);
  own.release();
  own.retain();
  assertEquals(bytesOf(own, message(`${server.url}/bytes/3`)).length, 3);
  own.release();
});

Deno.test("release() leaves no handle behind", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const own = newBridge();
  own.retain();
  assertEquals(bytesOf(own, message(`${server.url}/bytes/1`)).length, 1);
  await own.warm();
  own.release();
});

Deno.test("warm() resolves when the worker is ready, also twice", async () => {
  const own = newBridge();
  own.retain();
  await Promise.all([own.warm(), own.warm()]);
  await own.warm();
  assertEquals(bytesOf(own, message(`${server.url}/bytes/3`)).length, 3);
  own.release();
});
