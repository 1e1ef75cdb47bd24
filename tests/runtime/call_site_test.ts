/** The stack of an error names the line that made the call, in both styles. */
import { assert, assertEquals } from "@std/assert";
import * as ax from "../../mod.ts";
import { addCallSite } from "../../src/runtime/call_site.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const api = ax.create({ maxRetries: 1, retryStrategy: { getDelay: () => 0 } });
// fetch refuses this port, so that nothing listens there by accident.
const URL_A = "http://127.0.0.1:9/";

const op = ax.dual(function* () {
  return yield* api.flow.get(URL_A);
});
const users = ax.sdk({
  *list() {
    return yield* api.flow.get(URL_A);
  },
});

/** Each has the call in a function of its own, named `theCaller`. */
const DOORS: Record<string, (t: StyleKit) => Promise<unknown>> = {
  "a verb": (t) =>
    t.either(
      async function theCaller() {
        return await api.get(URL_A);
      },
      function theCaller() {
        return api.getSync(URL_A);
      },
    ),
  "a verb of the module": (t) =>
    t.either(
      async function theCaller() {
        return await ax.post(URL_A);
      },
      function theCaller() {
        return ax.postSync(URL_A);
      },
    ),
  "misuse": (t) =>
    t.either(
      async function theCaller() {
        return await api.get("/relative");
      },
      function theCaller() {
        return api.getSync("/relative");
      },
    ),
  "misuse of options": (t) =>
    t.either(
      async function theCaller() {
        return await api.get(URL_A, { heders: {} } as never);
      },
      function theCaller() {
        return api.getSync(URL_A, { heders: {} } as never);
      },
    ),
  "stream": (t) =>
    t.either<unknown>(
      async function theCaller() {
        return await api.stream(URL_A);
      },
      function theCaller() {
        return api.streamSync(URL_A);
      },
    ),
  "run": (t) =>
    t.either<unknown>(
      async function theCaller() {
        return await ax.run(api.flow.get(URL_A));
      },
      function theCaller() {
        return ax.runSync(api.flow.get(URL_A));
      },
    ),
  "a dual": (t) =>
    t.either<unknown>(
      async function theCaller() {
        return await op();
      },
      function theCaller() {
        return op.sync();
      },
    ),
  "a method of an sdk": (t) =>
    t.either<unknown>(
      async function theCaller() {
        return await users.list();
      },
      function theCaller() {
        return users.listSync();
      },
    ),
  "pages": (t) =>
    t.either<unknown>(
      async function theCaller() {
        for await (const _ of api.paginate(URL_A)) break;
      },
      function theCaller() {
        for (const _ of api.paginateSync(URL_A)) break;
      },
    ),
  "calls at once": (t) =>
    t.either<unknown>(
      async function theCaller() {
        return await Promise.all([api.get(URL_A)]);
      },
      function theCaller() {
        return api.allSync([api.flow.get(URL_A)]);
      },
    ),
};

for (const [name, call] of Object.entries(DOORS)) {
  bothStyles(`the stack of an error names the caller's line: ${name}`, async (t) => {
    const { stack = "" } = await t.fails(() => call(t), Error);
    assert(/at (?:async )?(?:Object\.)?theCaller \(.*call_site_test\.ts:\d+/.test(stack), stack);
  });
}

bothStyles("the stack of an error names the line that reads a stream", async (t) => {
  const body = function* () {
    yield new Uint8Array([10]);
    throw new Error("the connection broke");
  };
  const answer = () => ({ status: 200, headers: {}, body: body() });
  const transport = { send: () => Promise.resolve(answer()), sendSync: answer };
  const config = { transport };
  const { stack = "" } = await t.fails(() =>
    t.either<unknown>(
      async function theCaller() {
        for await (const _ of (await api.stream(URL_A, config)).iterLines());
      },
      function theCaller() {
        for (const _ of api.streamSync(URL_A, config).iterLines());
      },
    ), Error);
  assert(/at (?:async )?(?:Object\.)?theCaller \(/.test(stack), stack);
  const rest = await t.fails(() =>
    t.either<unknown>(
      async function theCaller() {
        return await (await api.stream(URL_A, config)).read();
      },
      function theCaller() {
        return api.streamSync(URL_A, config).read();
      },
    ), Error);
  assert(/at (?:async )?(?:Object\.)?theCaller \(/.test(rest.stack ?? ""), rest.stack);
});

bothStyles("the caller's line is there however many frames the engine keeps", async (t) => {
  const before = Error.stackTraceLimit;
  try {
    for (let limit = 3; limit < 20; limit++) {
      Error.stackTraceLimit = limit;
      const { stack = "" } = await t.fails(() => DOORS["a verb"]?.(t), Error);
      assert(/at (?:async )?(?:Object\.)?theCaller \(/.test(stack), `${limit}: ${stack}`);
    }
  } finally {
    Error.stackTraceLimit = before;
  }
});

Deno.test("an error that many wait for does not grow without end", async () => {
  const error = new ax.NetworkError("One for all");
  const transport = { send: () => Promise.reject(error) };
  const shared = ax.create({ transport });
  for (let count = 0; count < 20; count++) {
    const caller = { [`caller${count}`]: async () => await shared.get(URL_A) }[`caller${count}`];
    await caller?.().catch(() => {});
  }
  assertEquals(error.stack?.match(/from the call/g)?.length, 3);
});

Deno.test("addCallSite() leaves what is no error, or cannot be changed, as it is", () => {
  const frozen = Object.freeze(new Error("frozen"));
  for (const thrown of [undefined, null, "text", 1, {}, frozen]) {
    assertEquals(addCallSite(thrown, () => {}), thrown);
  }
});

bothStyles("a program that makes stacks of its own gets the error all the same", async (t) => {
  const realm = Error as { prepareStackTrace?: (error: Error, sites: unknown[]) => unknown };
  const before = realm.prepareStackTrace;
  try {
    realm.prepareStackTrace = (_, sites) => sites;
    const error = await t.fails(() => DOORS["a verb"]?.(t), Error);
    assertEquals((error as ax.AxError).code, "AX_RETRY");
  } finally {
    realm.prepareStackTrace = before as never;
    if (!before) delete realm.prepareStackTrace;
  }
});
