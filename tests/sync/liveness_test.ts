/** That no worker, whatever it does, makes a call wait for ever or touches the others. */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { SyncBridgeError } from "../../src/errors.ts";
import { headerOf, isSource } from "../../src/http/message.ts";
import type { Bridge } from "../../src/sync/bridge.ts";
import { elsewhere, importOf } from "../runtime/elsewhere.ts";
import { answerOf, errorOf, message, newBridge, readOf, type Settled, until } from "./ask.ts";

const SCRIPTED = new URL("./scripted_worker.ts", import.meta.url);

function play(path: string, more: object = {}): ReturnType<typeof message> {
  return message(`http://a.test${path}`, more);
}

/** Which worker answers. */
function workerOf(bridge: Bridge): string | null {
  return headerOf(answerOf(bridge, play("/ok")).headers, "x-worker");
}

/** A bridge to a scripted worker, stopped after the test. */
function withBridge(source: string | URL, test: (bridge: Bridge) => void): () => void {
  return () => {
    const bridge = newBridge(source);
    bridge.retain();
    try {
      test(bridge);
    } finally {
      bridge.release();
    }
  };
}

const BROKEN: [what: string, source: string, reason: string, cause?: [string, string]][] = [
  [
    "throws",
    'throw Object.assign(new RangeError("No luck"), { code: "E_LUCK" })',
    "failed: No luck",
    ["RangeError", "E_LUCK"],
  ],
  ["rejects", 'Promise.reject(new Error("No luck"))', "failed: No luck", ["Error", ""]],
  ["throws a text", 'throw "No luck"', "failed: No luck", ["Error", ""]],
  ["does not parse", "let let;", "failed: ", ["SyntaxError", ""]],
  [
    "fails with a very long message",
    'throw new Error("No " + "\\u0001".repeat(9000))',
    "failed: No \u0001",
    ["Error", ""],
  ],
  ["exits", "process.exit(3)", "ended"],
  ["has a module that is not there", "file:///no/such/module.ts", "failed: ", [
    "TypeError",
    "ERR_MODULE_NOT_FOUND",
  ]],
];

for (const [what, source, reason, expected] of BROKEN) {
  Deno.test(
    `a worker that ${what} at its start fails the send with its own error`,
    withBridge(source, (bridge) => {
      const request = message("http://user:secret@127.0.0.1:9/", { timeoutMs: false });
      const error = errorOf(bridge, request);
      assertInstanceOf(error, SyncBridgeError);
      assertStringIncludes(error.message, 'Cannot send "GET http://');
      assertStringIncludes(error.message, `: the worker thread ${reason}`);
      assert(error.message.endsWith("; the next call starts a new one"));
      assert(!error.message.includes("secret"));
      assertEquals(error.code, "AX_SYNC_BRIDGE");
      const { name, code = "" } = (error.cause ?? {}) as { name?: string; code?: string };
      assertEquals(name && [name, code], expected);
    }),
  );
}

Deno.test("warm() rejects with the error of a worker that does not start", async () => {
  const bridge = newBridge('throw new RangeError("No luck")');
  const error = await assertRejects(() => bridge.warm(), SyncBridgeError);
  assertStringIncludes(error.message, "Cannot start the worker thread: it failed: No luck");
  assertInstanceOf(error.cause, RangeError);
});

Deno.test("warm() and sends work under faked time", async () => {
  const bridge = newBridge(SCRIPTED);
  bridge.retain();
  const { now } = performance;
  using _time = new FakeTime();
  performance.now = () => 7;
  try {
    await bridge.warm();
    const settled: Settled[] = [];
    bridge.start(play("/ok"), {}, (outcome) => settled.push(outcome));
    while (settled.length === 0) bridge.wait(Infinity);
    assert(settled[0]?.ok);
  } finally {
    performance.now = now;
    bridge.release();
  }
});

Deno.test(
  "a worker that exits fails every pending send, each once",
  withBridge(SCRIPTED, (bridge) => {
    const errors: unknown[] = [];
    const settle = (outcome: Settled): void => void errors.push(!outcome.ok && outcome.error);
    bridge.start(play("/never"), {}, settle);
    bridge.start(play("/exit"), {}, settle);
    until(bridge, () => errors.length === 2);
    for (const error of errors) {
      assertInstanceOf(error, SyncBridgeError);
      assertStringIncludes(
        error.message,
        "the worker thread ended; the next call starts a new one",
      );
    }
    assertEquals(answerOf(bridge, play("/ok")).status, 200);
    assertEquals(errors.length, 2);
  }),
);

Deno.test(
  "a worker that writes what cannot be read is given up",
  withBridge(SCRIPTED, (bridge) => {
    const error = errorOf(bridge, play("/garbage"));
    assertInstanceOf(error, SyncBridgeError);
    assertStringIncludes(error.message, "the worker thread sent what cannot be read");
    assertInstanceOf(error.cause, SyntaxError);
    assertEquals(answerOf(bridge, play("/ok")).status, 200);
  }),
);

Deno.test(
  "a response comes as the worker has it, whatever its texts hold",
  withBridge(SCRIPTED, (bridge) => {
    assertEquals(answerOf(bridge, play("/facts")), {
      ...{ status: 299, statusText: "", url: "b:", redirected: true },
      headers: [
        ...[["x-a", "café ÿ"], ["set-cookie", "a"], ["set-cookie", "b"], ["x-empty", ""]] as const,
        ...[["x-odd", "[1]\n2"]] as const,
      ],
      body: new Uint8Array(0),
      failure: undefined,
    });
  }),
);

const SENT: [what: string, more: object][] = [
  ["without anything unusual", {}],
  ["with limits", { timeoutMs: 5000.5, maxResponseBytes: 0 }],
  ["without limits", { timeoutMs: false, maxResponseBytes: false }],
  ["with headers of all kinds", {
    method: "REPORT",
    headers: [["x-a", "café ÿ"], ["x-a", ""], ["x-odd", "[1]\n2"], ["[", "\uD800"]],
    redirect: "follow",
  }],
  ["with what only a clone keeps", {
    ...{ network: { http2: false }, fetchOptions: { keepalive: true }, redact: ["x-a"] },
    ...{ progress: { upload: false, download: true }, maxRequestBytes: 7 },
  }],
  ["with less time than its limit", { timeoutMs: 5000, leftMs: 4999.5 }],
];

for (const [what, more] of SENT) {
  Deno.test(
    `a request ${what} comes to the worker as it is`,
    withBridge(SCRIPTED, (bridge) => {
      const request = play("/echo", more);
      const { body } = answerOf(bridge, request);
      assert(body && !isSource(body));
      const { leftMs, ...sent } = request;
      const expected = { ...sent, timeoutMs: leftMs ?? sent.timeoutMs };
      assertEquals(
        JSON.parse(new TextDecoder().decode(body)),
        JSON.parse(JSON.stringify(expected)),
      );
    }),
  );
}

/** What a request may come to in the worker: its own error, or nothing but its own limit. */
const DEEDS: [path: string, text: string | undefined][] = [
  ["/throws", "The exchange threw"],
  ["/odd", undefined],
  ["/nothing", undefined],
  ["/unsendable", "No text"],
  ["/stray", undefined],
  ["/reject", undefined],
  ["/twice", undefined],
];

for (const [path, text] of DEEDS) {
  Deno.test(
    `nothing that "${path}" does in the worker touches another send`,
    withBridge(SCRIPTED, (bridge) => {
      const worker = workerOf(bridge);
      const outcomes: Settled[] = [];
      const other: Settled[] = [];
      bridge.start(play("/slow"), {}, (outcome) => other.push(outcome));
      bridge.start(play(path), {}, (outcome) => outcomes.push(outcome));
      until(bridge, () => other.length === 1);
      assert(other[0]?.ok);
      if (text !== undefined) {
        const [outcome] = outcomes;
        assert(outcome && !outcome.ok);
        assertStringIncludes(String(outcome.error), text);
      }
      assert(outcomes.length <= 1);
      assertEquals(workerOf(bridge), worker);
    }),
  );
}

Deno.test(
  "a body that throws where it should settle ends its own stream",
  withBridge(SCRIPTED, (bridge) => {
    const { body } = answerOf(bridge, play("/body-throws"));
    assert(isSource(body));
    assertThrows(() => readOf(bridge, body), RangeError, "The body threw");
    assertEquals(answerOf(bridge, play("/ok")).status, 200);
  }),
);

/** What two sends come to in a thread whose globals were changed, the second after `restore`. */
async function twoSends(change: string, restore: string): Promise<unknown> {
  return await elsewhere(`
    ${change}
    const { answerOf, message, newBridge } = ${importOf("../../tests/sync/ask.ts")};
    const bridge = newBridge(new URL(${JSON.stringify(SCRIPTED.href)}));
    bridge.retain();
    const send = () => {
      try {
        return answerOf(bridge, message("http://a.test/ok")).status;
      } catch ({ code, message, cause }) {
        return [code, message, cause?.message];
      }
    };
    const first = send();
    ${restore}
    postMessage([first, send()]);`);
}

Deno.test("memory that is short fails one send, and not the next", async () => {
  const change = `
    const Real = SharedArrayBuffer;
    globalThis.SharedArrayBuffer = function (size) {
      if (size > 1000) throw new RangeError("Array buffer allocation failed");
      return new Real(size);
    };`;
  assertEquals(await twoSends(change, "globalThis.SharedArrayBuffer = Real;"), [
    [
      "AX_SYNC_BRIDGE",
      'Cannot send "GET http://a.test/ok" synchronously: the worker thread could not be started: ' +
      "Array buffer allocation failed",
      "Array buffer allocation failed",
    ],
    200,
  ]);
});

Deno.test("a runtime that refuses a thread fails one send, and not the next", async () => {
  const change = `
    let refuses = true;
    const { getBuiltinModule } = process;
    const threads = getBuiltinModule("node:worker_threads");
    const Worker = function (...args) {
      if (refuses) throw new Error("No more threads");
      return new threads.Worker(...args);
    };
    process.getBuiltinModule = (name) =>
      name === "node:worker_threads" ? { ...threads, Worker } : getBuiltinModule(name);`;
  assertEquals(await twoSends(change, "refuses = false;"), [
    [
      "AX_SYNC_BRIDGE",
      'Cannot send "GET http://a.test/ok" synchronously: the worker thread could not be started: ' +
      "No more threads",
      "No more threads",
    ],
    200,
  ]);
});
