import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { SyncBridgeError } from "../../../src/errors.ts";
import { Bridge } from "../../../src/transport/worker/bridge.ts";
import { WORKER_SOURCE } from "../../../src/transport/worker/worker_source.ts";
import { sharedServer } from "../../support/server.ts";
import { answerOf, outcomeOf, until, wire } from "./ask.ts";

const server = sharedServer();

/** A worker that answers as usual, and does something when a URL ends in `/__do`. */
function withDeed(deed: string): string {
  return `const plainFetch = globalThis.fetch;
    globalThis.fetch = (url, init) => {
      if (!String(url).includes("__do")) return plainFetch(url, init);
      ${deed}
      return new Promise(() => {});
    };
    ${WORKER_SOURCE}`;
}

function failureOf(source: string, url: string): SyncBridgeError {
  const bridge = new Bridge(source);
  const outcome = outcomeOf(bridge, wire(url));
  assert(!outcome.ok);
  assertInstanceOf(outcome.error, SyncBridgeError);
  return outcome.error;
}

const BROKEN: [what: string, source: string, reason: string][] = [
  ["throws", 'throw new Error("No luck")', "failed: No luck"],
  ["rejects", 'Promise.reject(new Error("No luck"))', "failed: No luck"],
  ["does not parse", "let let;", "failed: "],
  ["exits", "process.exit(3)", "ended"],
];

for (const [what, source, reason] of BROKEN) {
  Deno.test(`a worker that ${what} at its start fails the send at once`, () => {
    const error = failureOf(source, "http://user:secret@127.0.0.1:9/");
    assertStringIncludes(error.message, 'Cannot send "GET http://');
    assertStringIncludes(error.message, `: the worker thread ${reason}`);
    assert(error.message.endsWith("; the next call starts a new one"));
    assert(!error.message.includes("secret"));
    assertEquals(error.code, "AX_SYNC_BRIDGE");
  });
}

Deno.test("a worker that never gets ready is given up", () => {
  const error = failureOf("for (;;);", "http://127.0.0.1:9/");
  assertStringIncludes(error.message, "the worker thread did not start within 5 seconds");
});

Deno.test("a worker that hangs is given up, and the next send starts a new one", () => {
  const bridge = new Bridge(withDeed("for (;;);"));
  assertEquals(answerOf(bridge, wire(`${server.url}/json`)).status, 200);
  const outcome = outcomeOf(bridge, wire(`${server.url}/__do`, { timeout: false }));
  assert(!outcome.ok);
  assertInstanceOf(outcome.error, SyncBridgeError);
  assertStringIncludes(outcome.error.message, "did not answer for 5 seconds");
  assertEquals(answerOf(bridge, wire(`${server.url}/json`)).status, 200);
});

const DEEDS: [what: string, deed: string, reason: string][] = [
  ["exits", "process.exit(1);", "ended"],
  ["throws where nobody catches", 'setTimeout(() => { throw new Error("Oh") }, 0);', "failed: Oh"],
];

for (const [what, deed, reason] of DEEDS) {
  Deno.test(`a worker that ${what} fails every pending send, each once`, () => {
    const bridge = new Bridge(withDeed(deed));
    const errors: unknown[] = [];
    const settle = (outcome: { ok: boolean; error?: unknown }): void => {
      errors.push(outcome.error);
    };
    bridge.send(wire(`${server.url}/never`), { settle });
    bridge.send(wire(`${server.url}/__do`), { settle });
    until(bridge, () => errors.length === 2);
    for (const error of errors) {
      assertInstanceOf(error, SyncBridgeError);
      assertStringIncludes(error.message, `the worker thread ${reason}`);
    }
    assertEquals(answerOf(bridge, wire(`${server.url}/json`)).status, 200);
    assertEquals(errors.length, 2);
  });
}

Deno.test("pings leave a slow request alone", () => {
  const bridge = new Bridge();
  const response = answerOf(bridge, wire(`${server.url}/delay/7000`));
  assertEquals(response.status, 200);
});

Deno.test("warm() rejects when the worker does not start", async () => {
  const bridge = new Bridge('throw new Error("No luck")');
  const error = await assertRejects(() => bridge.warm(), SyncBridgeError);
  assertStringIncludes(error.message, "No luck");
});
