import { assert, assertEquals } from "@std/assert";
import {
  CancelError,
  CancelToken,
  type Client,
  create,
  FixedDelay,
  type RequestConfig,
  runSync,
  sleep,
} from "../mod.ts";
import { sharedFaultServer } from "./support/fault_server.ts";
import { eventually, sharedServer } from "./support/server.ts";
import { bothStyles } from "./support/styles.ts";

const server = sharedServer();
const faults = sharedFaultServer();
/** Longer than any run of the tests; that a cancel takes 50 ms at most is for scripts/bench. */
const FOR_EVER_MS = 2 ** 31 - 1;

const SOURCE = `
import { CancelToken } from ${JSON.stringify(import.meta.resolve("../src/cancel_token.ts"))};
self.onmessage = ({ data: { handle, ms, reason } }) => {
  const token = CancelToken.from(handle);
  setTimeout(() => token.cancel(reason), ms);
  self.postMessage("armed");
};`;

let worker: Worker | undefined;

Deno.test.beforeAll(async () => {
  const url = URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
  worker = new Worker(url, { type: "module" });
  await create().warmSync();
});
Deno.test.afterAll(() => worker?.terminate());

/** Lets another thread cancel a token, while this one waits for what does not end by itself. */
async function cancelLater(cancelToken: CancelToken, ms = 100): Promise<void> {
  await new Promise((resolve) => {
    worker?.addEventListener("message", resolve, { once: true });
    const reason = "from another thread";
    worker?.postMessage({ handle: cancelToken.share(), ms, reason });
  });
}

bothStyles("another thread ends a call that waits for headers", async (t) => {
  const cancelToken = new CancelToken();
  await cancelLater(cancelToken);
  const api = create({ baseURL: server.url, timeout: false });
  const error = await t.fails(
    () => t.get(api, `/never?key=${t.key}`, { cancelToken }),
    CancelError,
  );
  assertEquals(error.reason, "from another thread");
  await eventually(() => server.aborted(t.key), (count) => count === 1);
});

bothStyles("another thread ends a call in its body, and the socket closes", async (t) => {
  const cancelToken = new CancelToken();
  await cancelLater(cancelToken);
  const api = create({ baseURL: faults.url, timeout: false });
  await t.fails(() => t.get(api, `/stall-body?key=${t.key}`, { cancelToken }), CancelError);
  const log = await eventually(() => faults.log(t.key), ({ open }) => open === 0);
  assertEquals([log.opened, log.closedByClient], [1, 1]);
});

bothStyles("another thread ends a call that is about to try again", async (t) => {
  const cancelToken = new CancelToken();
  await cancelLater(cancelToken);
  const api = create({
    baseURL: server.url,
    maxRetries: 3,
    retryStrategy: new FixedDelay({ delay: FOR_EVER_MS }),
  });
  const error = await t.fails(
    () => t.get(api, `/status/503?key=${t.key}`, { cancelToken }),
    CancelError,
  );
  assertEquals([error.attempts, (await server.requests(t.key)).length], [1, 1]);
});

bothStyles("another thread ends a call in a user's flow, whose cleanup runs", async (t) => {
  const cancelToken = new CancelToken();
  await cancelLater(cancelToken);
  const api = create({ baseURL: server.url, cancelToken });
  const steps: string[] = [];
  api.use(function* (request, next) {
    try {
      yield* sleep(FOR_EVER_MS);
      return yield* next(request);
    } catch (error) {
      steps.push(`catch ${(error as CancelError).reason}`);
      throw error;
    } finally {
      yield* sleep(20);
      steps.push("finally");
    }
  });
  await t.fails(() => t.get(api, "/echo"), CancelError);
  assertEquals(steps, ["catch from another thread", "finally"]);
});

Deno.test("another thread ends all flows of one allSync()", async () => {
  const cancelToken = new CancelToken();
  await cancelLater(cancelToken);
  const api = create({ baseURL: server.url });
  const get = (config: RequestConfig) => api.flow.get("/never?key=allSync", config);
  const outcomes = api.allSync([get({ cancelToken }), get({ cancelToken })], { settled: true });
  for (const outcome of outcomes) {
    assert(outcome.status === "rejected" && outcome.reason instanceof CancelError);
  }
  await eventually(() => server.aborted("allSync"), (count) => count === 2);
});

Deno.test("another thread ends one flow of allSync() and leaves the others", async () => {
  const cancelToken = new CancelToken();
  await cancelLater(cancelToken, 30);
  const api = create({ baseURL: server.url });
  const [ended, other] = api.allSync([
    api.flow.get("/never", { cancelToken }),
    api.flow.get("/delay/150"),
  ], { settled: true });
  assert(ended.status === "rejected" && other.status === "fulfilled");
});

Deno.test("a call that was cancelled leaves the worker to the next one", async () => {
  const api = create({ baseURL: server.url });
  for (let round = 0; round < 3; round++) {
    const cancelToken = new CancelToken();
    await cancelLater(cancelToken, 20);
    const error = failure(api, "/never", { cancelToken });
    assert(error instanceof CancelError);
    assertEquals(api.getSync("/json").status, 200);
  }
});

Deno.test("a shared token that nobody cancels ends nothing", () => {
  const cancelToken = new CancelToken();
  cancelToken.share();
  runSync((function* () {
    yield* sleep(30);
  })());
  const api = create({ baseURL: server.url, cancelToken });
  for (let count = 0; count < 20; count++) assertEquals(api.getSync("/json").status, 200);
});

function failure(api: Client, url: string, config: RequestConfig): unknown {
  try {
    return api.getSync(url, config);
  } catch (error) {
    return error;
  }
}
