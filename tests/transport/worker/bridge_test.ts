import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { NetworkError, TimeoutError } from "../../../src/errors.ts";
import { Bridge, threadBridge } from "../../../src/transport/worker/bridge.ts";
import { eventually, isPattern, sharedServer } from "../../support/server.ts";
import { answerOf, bytesOf, jsonOf, outcomeOf, pause, type Settled, until, wire } from "./ask.ts";

const server = sharedServer();
const bridge = threadBridge();

interface Echo {
  method: string;
  headers: Record<string, string>;
  body: string;
  length: number;
}

Deno.test("send() returns status, headers and the whole body", () => {
  const response = answerOf(bridge, wire(`${server.url}/headers?x-a=1`));
  assertEquals(response.status, 200);
  assertEquals(response.headers.find(([name]) => name === "x-a")?.[1], "1");
  assertEquals(response.url, `${server.url}/headers?x-a=1`);
  assertEquals(response.redirected, false);
});

Deno.test("send() starts a worker for its first request", () => {
  const own = new Bridge();
  own.retain();
  assertEquals(bytesOf(own, wire(`${server.url}/bytes/3`)).length, 3);
  own.release();
});

for (const size of [0, 1, 1000, 131_072, 131_073, 300_000, 5_000_000]) {
  Deno.test(`send() brings a body of ${size} bytes whole`, () => {
    for (let n = 0; n < (size > 1_000_000 ? 1 : 12); n++) {
      const bytes = bytesOf(bridge, wire(`${server.url}/bytes/${size}`));
      assertEquals(bytes.length, size);
      assert(isPattern(bytes));
    }
  });
}

Deno.test("send() leaves the caller its request bytes, small, large and parts of a larger buffer", () => {
  const buffer = new Uint8Array(300_000).fill(120);
  for (const body of [buffer.slice(0, 10), buffer.slice(), buffer.subarray(5, 25)]) {
    const echo = jsonOf<Echo>(bridge, wire(`${server.url}/echo`, { method: "POST", body }));
    assertEquals(echo.length, body.length);
    assertEquals(echo.body, "x".repeat(body.length));
    assertEquals(body[0], 120);
  }
});

Deno.test("send() carries large bodies both ways", () => {
  const body = new Uint8Array(16_000_000);
  const url = `${server.url}/echo?brief`;
  assertEquals(jsonOf<Echo>(bridge, wire(url, { method: "POST", body })).length, body.length);
  assertEquals(bytesOf(bridge, wire(`${server.url}/bytes/16000000`)).length, body.length);
});

Deno.test("send() sends parts, blobs among them", () => {
  const body = [new TextEncoder().encode("one "), new Blob(["two "]), new Uint8Array([51])];
  const echo = jsonOf<Echo>(bridge, wire(`${server.url}/echo`, { method: "POST", body }));
  assertEquals(echo.body, "one two 3");
});

Deno.test("send() pulls an iterable body while it blocks, a bounded window ahead", () => {
  let pulled = 0;
  let returned = false;
  function* body(): Generator<Uint8Array> {
    try {
      for (; pulled < 40; pulled++) yield new Uint8Array(10_000).fill(65 + pulled % 26);
    } finally {
      returned = true;
    }
  }
  const request = wire(`${server.url}/echo?brief`, { method: "POST", body: body() });
  assertEquals(jsonOf<Echo>(bridge, request).length, 400_000);
  assertEquals([pulled, returned], [40, true]);
});

Deno.test("send() settles with what the iterable of its body throws", () => {
  const problem = new Error("No more ink");
  function* body(): Generator<Uint8Array> {
    yield new Uint8Array(10);
    throw problem;
  }
  const outcome = outcomeOf(bridge, wire(`${server.url}/echo`, { method: "POST", body: body() }));
  assert(!outcome.ok);
  assert(outcome.error === problem);
});

Deno.test("send() gives network errors their class, code and message", () => {
  const outcome = outcomeOf(bridge, wire("http://127.0.0.1:9/"));
  assert(!outcome.ok);
  assertInstanceOf(outcome.error, NetworkError);
  assertEquals(outcome.error.code, "AX_NETWORK");
  assertEquals(outcome.error.request?.url, "http://127.0.0.1:9/");
  assertInstanceOf(outcome.error.cause, Error);
});

Deno.test("send() honours the request's timeout in the worker", () => {
  const outcome = outcomeOf(bridge, wire(`${server.url}/never`, { timeout: 50 }));
  assert(!outcome.ok);
  assertInstanceOf(outcome.error, TimeoutError);
  assertEquals(outcome.error.phase, "attempt");
});

Deno.test("send() names an option that cannot cross, and sends nothing", async () => {
  class Agent {}
  const cases: [Record<string, unknown>, string][] = [
    [{ dispatcher: new Agent() }, "fetchOptions.dispatcher"],
    [{ deep: { hook: () => {} } }, "fetchOptions.deep.hook"],
    [{ signal: new AbortController().signal }, "fetchOptions.signal"],
  ];
  for (const [fetchOptions, name] of cases) {
    const outcome = outcomeOf(bridge, wire(`${server.url}/echo?key=uncloneable`, { fetchOptions }));
    assert(!outcome.ok);
    assertInstanceOf(outcome.error, TypeError);
    assertStringIncludes(outcome.error.message, `"${name}" cannot cross`);
  }
  assertEquals(await server.requests("uncloneable"), []);
});

Deno.test("send() never settles before wait() or poll()", () => {
  let settled = false;
  const fetchOptions = { hook: () => {} };
  bridge.send(wire(server.url, { fetchOptions }), { settle: () => settled = true });
  assertEquals(settled, false);
  assertEquals(bridge.poll(), true);
  assertEquals(settled, true);
});

Deno.test("send() runs many requests at once, each with its own answer", () => {
  const lengths: number[] = [];
  for (let n = 0; n < 50; n++) {
    bridge.send(wire(`${server.url}/meet/50?key=many&n=${n}`), {
      settle: (outcome) => {
        assert(outcome.ok && outcome.value.url.endsWith(`&n=${n}`));
        lengths.push(n);
      },
    });
  }
  until(bridge, () => lengths.length === 50);
});

Deno.test("Pending.cancel() aborts on the wire and drops a late reply", async () => {
  const settled: Settled[] = [];
  const handlers = { settle: (outcome: Settled): void => void settled.push(outcome) };
  const never = bridge.send(wire(`${server.url}/never?key=cancel`), handlers);
  const late = bridge.send(wire(`${server.url}/delay/30`), handlers);
  bridge.wait(20);
  for (let n = 0; n < 50 && await server.open("cancel") === 0; n++) await pause(20);
  never.cancel();
  late.cancel();
  // The next call's answer is its own, whatever comes late.
  assertEquals(bytesOf(bridge, wire(`${server.url}/bytes/7?read-gap=1`)).length, 7);
  bridge.wait(100);
  assertEquals(settled, []);
  for (let n = 0; n < 50 && await server.aborted("cancel") === 0; n++) await pause(20);
  assertEquals(await server.aborted("cancel"), 1);
});

Deno.test("Pending.cancel() right after send() ends it as well", async () => {
  const settled: Settled[] = [];
  const settle = (outcome: Settled): void => void settled.push(outcome);
  for (let n = 0; n < 20; n++) {
    const pending = bridge.send(wire(`${server.url}/never?key=at-once`), { settle });
    if (n % 2 === 0) pending.cancel();
    else bridge.send(wire(`${server.url}/bytes/${n}`), { settle });
    if (n % 2 === 1) pending.cancel();
  }
  until(bridge, () => settled.length === 10);
  assert(settled.every(({ ok }) => ok));
  await eventually(() => server.open("at-once"), (open) => open === 0);
});

Deno.test("wait() returns false when the time is over", () => {
  assertEquals(bridge.wait(30), false);
});

Deno.test("send() hands progress on while it blocks", () => {
  const loaded: number[] = [];
  let settled = false;
  const url = `${server.url}/drip?chunks=5&gap=150&size=100`;
  bridge.send(wire(url, { progress: { upload: false, download: true } }), {
    settle: () => settled = true,
    progress: ({ direction, loaded: bytes }) => {
      assertEquals([direction, settled], ["download", false]);
      loaded.push(bytes);
    },
  });
  until(bridge, () => settled);
  assertEquals(loaded.at(-1), 500);
  assert(loaded.length >= 3);
});

Deno.test("release() stops the worker with the last client, and the next send starts one", () => {
  const own = new Bridge();
  own.retain();
  own.retain();
  assertEquals(bytesOf(own, wire(`${server.url}/bytes/1`)).length, 1);
  own.release();
  assertEquals(bytesOf(own, wire(`${server.url}/bytes/2`)).length, 2);
  own.release();
  own.retain();
  assertEquals(bytesOf(own, wire(`${server.url}/bytes/3`)).length, 3);
  own.release();
});

Deno.test("warm() resolves when the worker is ready, also twice", async () => {
  const own = new Bridge();
  own.retain();
  await Promise.all([own.warm(), own.warm()]);
  await own.warm();
  assertEquals(bytesOf(own, wire(`${server.url}/bytes/3`)).length, 3);
  own.release();
});
