/** The limits that the calling thread holds by itself, on a time that passes while it waits. */

import { assert, assertEquals } from "@std/assert";
import { beginTime, lookAfter, type Sent } from "../../src/sync/link.ts";
import { elsewhere } from "../runtime/elsewhere.ts";
import { message } from "./ask.ts";

const ASK = import.meta.resolve("./ask.ts");
const SCRIPTED = import.meta.resolve("./scripted_worker.ts");
/** It stays, but it never listens. */
const DEAF = "setInterval(() => {}, 1000)";

/**
 * A thread for which every wait in vain takes 50 ms, and its own time goes on at once: long enough for
 * a worker on a busy machine to say what it has to say. Where it has nothing to say, `patience` may
 * be less.
 */
const TIMELESS = `
  let now = 0, patience = 50;
  performance.now = () => now;
  const { wait } = Atomics;
  Atomics.wait = (cell, index, value, ms) => {
    const result = wait(cell, index, value, patience);
    if (result === "timed-out") now += ms;
    return result;
  };
  const { newBridge, message } = await import(${JSON.stringify(ASK)});
  const play = (bridge, path, more) => {
    const from = now;
    let settled;
    const request = message("http://127.0.0.1" + path, more);
    bridge.start(request, {}, (outcome) => settled = outcome);
    while (!settled) bridge.wait(Infinity);
    const { error, value } = settled;
    const { name, code, phase, message: text } = error ?? {};
    const worker = value && new Map(value.headers).get("x-worker");
    return { took: now - from, name, code, phase, text, worker, body: value?.body };
  };
`;

interface Played {
  readonly took: number;
  readonly name?: string;
  readonly code?: string;
  readonly phase?: string;
  readonly text?: string;
  readonly worker?: string;
}

async function timeless(program: string): Promise<Played[]> {
  return await elsewhere(TIMELESS + program) as Played[];
}

Deno.test("a send ends by its own limit and a second, whatever the worker says", async () => {
  const [before, silent, after] = await timeless(`
    const bridge = newBridge(new URL(${JSON.stringify(SCRIPTED)}));
    bridge.retain();
    await bridge.warm();
    postMessage([
      play(bridge, "/ok", { timeoutMs: false }),
      play(bridge, "/never", { timeoutMs: 5000 }),
      play(bridge, "/ok", { timeoutMs: false }),
    ]);`);
  assertEquals([silent?.name, silent?.phase], ["TimeoutError", "attempt"]);
  assert(silent?.text?.includes("no response headers within 5000 ms"), silent?.text);
  assert(silent && silent.took >= 6000 && silent.took < 6001, `${silent?.took} ms`);
  assert(before?.worker !== undefined && before.worker === after?.worker);
});

Deno.test("a chunk that does not come ends its read by the same limit", async () => {
  const [read] = await timeless(`
    const bridge = newBridge(new URL(${JSON.stringify(SCRIPTED)}));
    bridge.retain();
    await bridge.warm();
    const { body } = play(bridge, "/endless", { stream: true, timeoutMs: 3000 });
    const outcomes = [];
    for (let n = 0; n < 2; n++) {
      const from = now;
      let settled;
      body.read((outcome) => settled = outcome);
      while (!settled) bridge.wait(Infinity);
      outcomes.push({ took: now - from, name: settled.error?.name, text: settled.error?.message });
    }
    postMessage(outcomes.slice(1));`);
  assertEquals(read?.name, "TimeoutError");
  assert(read?.text?.includes("no more data within 3000 ms (5 bytes received)"), read?.text);
  assert(read && read.took >= 4000 && read.took < 4001, `${read?.took} ms`);
});

Deno.test("a worker that never listens costs a send no more than its limit", async () => {
  const [sent] = await timeless(`
    const bridge = newBridge(${JSON.stringify(DEAF)});
    postMessage([play(bridge, "/ok", { timeoutMs: 500 })]);`);
  assertEquals([sent?.name, sent?.phase], ["TimeoutError", "attempt"]);
  assert(sent?.text?.includes("the worker thread did not start within 500 ms"), sent?.text);
  assert(sent && sent.took >= 500 && sent.took < 501, `${sent?.took} ms`);
});

Deno.test("a worker that is stuck is given up where the send has no limit, and replaced", async () => {
  const [sent, next] = await timeless(`
    const bridge = newBridge(new URL(${JSON.stringify(SCRIPTED)}));
    bridge.retain();
    await bridge.warm();
    patience = 1;
    const sent = play(bridge, "/loop", { timeoutMs: false });
    patience = 50;
    await bridge.warm();
    postMessage([sent, play(bridge, "/ok", { timeoutMs: false })]);`);
  assertEquals(sent?.code, "AX_SYNC_BRIDGE");
  assert(sent?.text?.includes("the worker thread gives no sign of life"), sent?.text);
  assert(next?.worker !== undefined);
});

Deno.test("warm() gives a worker up that never listens", async () => {
  // Each look at the worker comes at once, and a second later.
  const soon = `
    const real = setTimeout;
    globalThis.setTimeout = (run) => real(() => {
      now += 1000;
      run();
    }, 0);`;
  const error = await elsewhere(
    soon + TIMELESS + `
    const bridge = newBridge(${JSON.stringify(DEAF)});
    const { code, message: text } = await bridge.warm().then(() => ({}), (error) => error);
    postMessage({ code, text, now });`,
  ) as { code?: string; text?: string; now: number };
  assertEquals(error.code, "AX_SYNC_BRIDGE");
  assert(error.text?.includes("it gives no sign of life"), error.text);
  assert(error.now >= 60_000 && error.now < 70_000, `${error.now} ms`);
});

function sentWith(timeoutMs: number | false): Sent {
  const sent: Sent = {
    request: message("http://a.test/", { timeoutMs }),
    ...{ report: undefined, settle: undefined, upload: undefined, download: undefined },
    ...{ due: Infinity, late: true, aliveCount: -1, openPings: 3 },
  };
  beginTime(sent);
  return sent;
}

Deno.test("lookAfter() gives a worker that answers all the time there is", () => {
  const sent = sentWith(false);
  let [pings, aliveCount] = [0, 0];
  const look = (): string => lookAfter(sent, { ready: true, aliveCount, ping: () => void pings++ });
  for (let n = 0; n < 100; n++) {
    // It answers every third question only.
    if (n % 3 === 0) aliveCount++;
    assertEquals(look(), "wait");
  }
  assertEquals(pings, 100);
  assertEquals([look(), look(), look(), pings], ["wait", "wait", "dead", 102]);
});

Deno.test("lookAfter() gives a listening worker extra time, once for each wait", () => {
  const sent = sentWith(500);
  const worker = { ready: true, aliveCount: 0, ping: (): void => {} };
  for (let n = 0; n < 2; n++) {
    beginTime(sent);
    const { due } = sent;
    assertEquals(lookAfter(sent, worker), "wait");
    assert(sent.due > due);
    assertEquals(lookAfter(sent, worker), "timeout");
  }
  beginTime(sent);
  assertEquals(lookAfter(sent, { ...worker, ready: false }), "not started");
});
