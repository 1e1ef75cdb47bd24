import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ClientConfig, create, RetryError, TimeoutError } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { eventually } from "../support/server.ts";
import { bothStyles, parity, type StyleKit } from "../support/styles.ts";

const server = sharedFaultServer();
keepWorker();

function client(config: ClientConfig = {}) {
  return create({ baseURL: server.url, retryStrategy: { getDelay: () => 1 }, ...config });
}

/** The error of a call that no answer would end: what ends it is the limit that it names. */
function failing(t: StyleKit, url: string, config: ClientConfig): Promise<TimeoutError> {
  return t.fails(() => t.get(client(config), `${url}key=${t.key}`), TimeoutError);
}

/** Waits until the server has seen every connection of that key closed by the client. */
async function closed(t: StyleKit, ...counts: number[]): Promise<void> {
  const log = await eventually(() => server.log(t.key), ({ open }) => open === 0);
  assert(counts.includes(log.opened), `${log.opened} were opened, not ${counts.join(" or ")}`);
  assertEquals(log.closedByClient, log.opened);
}

for (
  const [path, message] of [
    ["/stall-headers?", "no response headers within 500 ms"],
    ["/stall-headers?partial&", "no response headers within 500 ms"],
    ["/stall-body?", "within 500 ms"],
    ["/slow-drip?size=100&gap=20&", "within 500 ms"],
    ["/slow-drip?headers&gap=20&", "no response headers within 500 ms"],
  ] as const
) {
  bothStyles(`timeout ends an attempt at ${path}, on the wire too`, async (t) => {
    const error = await failing(t, path, { timeout: 500 });
    assertEquals([error.phase, error.attempts, error.code], ["attempt", 1, "AX_TIMEOUT"]);
    assertStringIncludes(error.message, message);
    await closed(t, 1);
  });
}

bothStyles("each retry gets the whole timeout", async (t) => {
  const api = client({ timeout: 80, maxRetries: 2 });
  const error = await t.fails(() => t.get(api, `/stall-headers?key=${t.key}`), RetryError);
  assertEquals(error.errors.length, 3);
  for (const each of error.errors) {
    assert(each instanceof TimeoutError && each.phase === "attempt");
    assertStringIncludes(each.message, "within 80 ms");
  }
  await closed(t, 3);
});

for (const path of ["/stall-headers?", "/stall-body?", "/slow-drip?size=100&gap=20&"]) {
  bothStyles(`totalTimeout ends a call to ${path}, on the wire too`, async (t) => {
    const error = await failing(t, path, { totalTimeout: 500, timeout: false });
    assertEquals([error.phase, error.attempts], ["total", 1]);
    assertStringIncludes(error.message, 'within 500 ms ("totalTimeout")');
    await closed(t, 1);
  });
}

bothStyles("totalTimeout counts attempts that time out", async (t) => {
  // All retries would take twice as long.
  const config = { timeout: 60, totalTimeout: 600, maxRetries: 19 };
  const error = await failing(t, "/stall-headers?", config);
  assertEquals([error.phase, (error.cause as TimeoutError).phase], ["total", "attempt"]);
  const { attempts = 0 } = error;
  assert(attempts > 1 && attempts < 20, `${attempts} attempts`);
  // The last one may have ended before it reached the server.
  await closed(t, attempts, attempts - 1);
});

bothStyles("a slow response that is in time is whole", async (t) => {
  const api = client({ timeout: 5_000 });
  const response = await t.get(api, `/slow-drip?size=10&gap=5&key=${t.key}`);
  assertEquals(response.data, "x".repeat(10));
});

bothStyles("a timeout leaves the next call alone", async (t) => {
  const api = client({ timeout: 60 });
  for (let round = 0; round < 3; round++) {
    await t.fails(() => t.get(api, "/stall-headers"), TimeoutError);
    assertEquals((await t.get(api, "/ok", { timeout: 5_000 })).status, 200);
  }
});

parity("a timeout in the headers", async (t) => {
  await t.get(client({ timeout: 60 }), "/stall-headers");
});

parity("a timeout in the body", async (t) => {
  // The headers have to come in time, on a busy machine too.
  await t.get(client({ timeout: 500 }), "/stall-body");
});

parity("a total timeout", async (t) => {
  await t.get(client({ totalTimeout: 60 }), "/stall-body");
});

bothStyles("only a sync call to a loopback address adds that this thread is blocked", async (t) => {
  const error = await failing(t, "/stall-headers?", { timeout: 60 });
  const said = String((error.cause as Error | undefined)?.message ?? "");
  const why = "If the server runs on this thread, it cannot answer: the thread is blocked";
  assertEquals(said, t.style === "sync" ? why : "");
  assertEquals(error.message.includes("thread"), false);
});
