/** Async functions of a sync call that do not end, or crash: only their own call hears of it. */
import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { CancelError, CancelToken, SyncBridgeError, TimeoutError } from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";
import { api } from "./fixtures/stuck.ts";

const server = sharedServer();

/** Runs a call that fails; gives the error. */
function failure(deed: string, config = {}, path = "/echo"): Error {
  try {
    api.getSync(server.url + path, { ...config, context: { do: deed } });
  } catch (error) {
    return error as Error;
  }
  throw new Error("Expected the call to fail");
}

function works(): void {
  assertEquals(api.getSync(`${server.url}/echo`).status, 200);
}

Deno.test("timeout ends a function that waits, and names it", () => {
  works();
  const error = failure("wait");
  assertInstanceOf(error, TimeoutError);
  assertEquals(error.phase, "function");
  assertStringIncludes(error.message, 'middleware 0 "deeds"');
  works();
});

Deno.test("time in next() is not counted", () => {
  works();
  const { attempts } = api.getSync(`${server.url}/fail-then/2?key=next-time`, {
    maxRetries: 3,
    retryStrategy: { getDelay: () => 400 },
  });
  assertEquals(attempts, 3);
});

Deno.test("totalTimeout ends a function, also one that goes on after it", () => {
  for (const deed of ["wait", "cleanup"]) {
    const path = deed === "wait" ? "/echo" : "/never";
    const error = failure(deed, { totalTimeout: 80, timeout: 5_000 }, path);
    assertInstanceOf(error, TimeoutError);
    assertEquals(error.phase, "total");
  }
  works();
});

bothStyles(
  "a function that awaits next() hears of the end of its call, and may answer",
  async (t) => {
    const config = { totalTimeout: 80, timeout: 5_000 };
    const path = `${server.url}/never`;
    const { data } = await t.get(api, path, { ...config, context: { do: "answers" } });
    assertEquals(data, ["TimeoutError", "total"]);
    const failing = t.get(api, path, { ...config, context: { do: "rethrows" } });
    const error = await t.fails(failing, TimeoutError);
    assertEquals(error.phase, "total");
    assertStringIncludes(error.message, ", cleaned up");
    assertEquals((await t.get(api, `${server.url}/echo`)).status, 200);
  },
);

/** Has another thread cancel a token some time after this thread has begun to wait. */
function cancelling(token: CancelToken, check: () => void): Promise<void> {
  const source = `import { CancelToken } from ${
    JSON.stringify(new URL("../../mod.ts", import.meta.url).href)
  };
    self.onmessage = ({ data }) => {
      const token = CancelToken.from(data);
      setTimeout(() => token.cancel("enough"), 400);
      self.postMessage("ready");
    };`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  return new Promise<void>((resolve, reject) => {
    worker.onmessage = () => {
      try {
        check();
        resolve();
      } catch (error) {
        reject(error);
      } finally {
        worker.terminate();
        URL.revokeObjectURL(url);
      }
    };
    worker.postMessage(token.share());
  });
}

Deno.test("a token that another thread cancels ends a function", () => {
  const token = new CancelToken();
  return cancelling(token, () => {
    const error = failure("wait", { cancelToken: token, timeout: 10_000 });
    assertInstanceOf(error, CancelError);
    assertStringIncludes(error.message, "enough");
  });
});

Deno.test("a function that awaits next() may answer to a token that another thread cancels", () => {
  const token = new CancelToken();
  return cancelling(token, () => {
    const config = { cancelToken: token, timeout: 10_000, context: { do: "answers" } };
    assertEquals(api.getSync(`${server.url}/never`, config).data, ["CancelError", "enough"]);
  });
});

Deno.test("an endless loop ends with its worker: others go on, and the next call works", async () => {
  works();
  const key = "loop-others";
  const get = (path: string, deed: string) =>
    api.extend().flow.get(server.url + path, { context: { do: deed } });
  // Without functions of its own: it has nothing to do with the worker.
  const { create } = await import("../../mod.ts");
  const plain = create({ timeout: 5_000 });
  const [looped, slow] = api.allSync([
    get(`/echo?key=${key}`, "loop"),
    plain.flow.get(`${server.url}/delay/1500?key=${key}`),
  ], { settled: true });
  assertEquals([looped.status, slow.status], ["rejected", "fulfilled"]);
  assertInstanceOf((looped as PromiseRejectedResult).reason, TimeoutError);
  works();
  assertEquals((await server.requests(key)).length, 1);
});

Deno.test("a rejection that nobody handles, and a throw in a timer, harm nobody", () => {
  for (const deed of ["reject", "timer"]) {
    const { status } = api.getSync(`${server.url}/echo`, { context: { do: deed } });
    assertEquals(status, 200);
  }
  works();
});

for (const deed of ["exit", "denoExit"]) {
  Deno.test(`${deed}() in a function ends the worker, with a clear error`, () => {
    works();
    const error = failure(deed);
    assertInstanceOf(error, SyncBridgeError);
    assertStringIncludes(error.message, 'Cannot run middleware 0 "deeds" in a sync call');
    assertStringIncludes(error.message, "ended");
    works();
  });
}

Deno.test("a next() after the end of its function is refused", async () => {
  api.getSync(`${server.url}/echo`, { context: { do: "late" } });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { data } = api.getSync(`${server.url}/echo`, { context: { do: "lateErrors" } });
  assertEquals((data as string[]).length, 1);
  assertStringIncludes((data as string[])[0] ?? "", "has ended");
});

bothStyles("a race of two next() is won by the first", async (t) => {
  const path = `${server.url}/delay/100`;
  const config = { timeout: 2_000, context: { do: "race" } };
  assertEquals((await t.get(api, path, config)).status, 200);
});
