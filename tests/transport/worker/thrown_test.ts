import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { NetworkError } from "../../../src/errors.ts";
import { sendFetch } from "../../../src/transport/fetch.ts";
import { threadBridge } from "../../../src/transport/worker/bridge.ts";
import { fromData, type Thrown, toData } from "../../../src/transport/worker/thrown.ts";
import { sharedFaultServer, unusedPort } from "../../support/fault_server.ts";
import { outcomeOf } from "./ask.ts";
import { wire } from "../wire.ts";

const server = sharedFaultServer();

function crossed(thrown: unknown): unknown {
  return fromData(JSON.parse(JSON.stringify([toData(thrown)]))[0] as Thrown);
}

Deno.test("fromData() gives class, name, message, code and stack back", () => {
  const system = Object.assign(new Error("refused"), {
    name: "SystemError",
    code: "ECONNREFUSED",
    errno: -111,
    socket: { any: 1 },
    hook() {},
  });
  const back = crossed(new TypeError("fetch failed", { cause: system })) as TypeError;
  assertInstanceOf(back, TypeError);
  assertEquals([back.name, back.message], ["TypeError", "fetch failed"]);
  const cause = back.cause as typeof system;
  assertInstanceOf(cause, Error);
  assertEquals([cause.name, cause.message, cause.stack], [
    "SystemError",
    "refused",
    system.stack,
  ]);
  assertEquals({ ...cause }, { code: "ECONNREFUSED", errno: -111 } as never);
});

Deno.test("fromData() gives the code of a DOMException and the errors of an AggregateError", () => {
  const dom = crossed(new DOMException("gone", "AbortError")) as DOMException;
  assertEquals([dom.name, dom.message, dom.code], ["AbortError", "gone", 20]);
  const all = crossed(new AggregateError([new RangeError("one"), "two"], "all")) as AggregateError;
  assertInstanceOf(all, AggregateError);
  assertInstanceOf(all.errors[0], RangeError);
  assertEquals(all.errors[1], "two");
});

Deno.test("toData() takes what is no error, and causes that are a loop", () => {
  assertEquals(["text", 5, null].map(crossed), ["text", "5", "null"]);
  assertStrictEquals(fromData(toData(undefined)), undefined);
  const loop = new Error("loop");
  loop.cause = loop;
  assertInstanceOf((crossed(loop) as Error).cause, Error);
});

Deno.test("send() fails as sendFetch() does, the cause included", async () => {
  const urls = [
    `${server.url}/reset`,
    `${server.url}/close`,
    `${server.url}/garbage`,
    `${server.url}/reset-body`,
    `http://127.0.0.1:${unusedPort()}/`,
    "http://127.0.0.1:9/",
    "http://me:secret@nowhere.invalid/?key=secret",
  ];
  const facts = (error: unknown): unknown => {
    const { name, message, code, systemCode, request, cause } = error as NetworkError;
    const links: unknown[] = [];
    for (let link = cause as Error | undefined; link; link = link.cause as Error | undefined) {
      links.push([link.constructor.name, link.name, link.message, (link as NetworkError).code]);
    }
    return { name, message, code, systemCode, request, links };
  };
  for (const url of urls) {
    const request = wire(url, { redact: ["key"] });
    const outcome = outcomeOf(threadBridge(), request);
    assert(!outcome.ok);
    assertInstanceOf(outcome.error, NetworkError);
    const error = await sendFetch(request).then(() => undefined, (thrown) => thrown);
    const text = (thrown: unknown): string =>
      JSON.stringify(facts(thrown)).replaceAll(/from [\d.:]+ for /g, "");
    assertEquals(text(outcome.error), text(error), url);
    assert(!text(error).includes("secret"), text(error));
  }
});

Deno.test("send() fails with a bad option as sendFetch() does", async () => {
  const request = wire(server.url, { fetchOptions: { credentials: "nonsense" } });
  const outcome = outcomeOf(threadBridge(), request);
  assert(!outcome.ok);
  const error = await sendFetch(request).then(() => undefined, (thrown) => thrown);
  assertInstanceOf(error, TypeError);
  assertInstanceOf(outcome.error, TypeError);
  assertEquals(outcome.error.message, error.message);
});
