/** An async middleware at the end of its call: it hears, cleans up and answers as a generator does. */
import { assert, assertEquals } from "@std/assert";
import { CancelError, CancelToken, createResponse, isAxError, TimeoutError } from "../../mod.ts";
import type { Client } from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";
import { answers, cleansUp, goesOn } from "./fixtures/cancelling.ts";

const server = sharedServer();

/** A child whose calls are cancelled in their middle, inside of `next()`. */
function cancelled(parent: Client, token: CancelToken): Client {
  const api = parent.extend();
  api.interceptors.request.use(() => token.cancel("no more"));
  return api;
}

/** The same as a generator. */
const generator = answers.extend();

bothStyles(
  "an async middleware sees the CancelError at await next(), and may answer",
  async (t) => {
    const token = new CancelToken();
    const api = cancelled(answers, token);
    const { data } = await t.get(api, `${server.url}/echo?key=${t.key}`, { cancelToken: token });
    assertEquals(data, {
      code: "AX_CANCEL",
      name: "CancelError",
      reason: "no more",
      phase: undefined,
    });
    assertEquals(await server.requests(t.key), []);
  },
);

bothStyles("a generator middleware does the same", async (t) => {
  const token = new CancelToken();
  const api = cancelled(generator.extend(), token);
  api.use(function* (request, next) {
    try {
      return yield* next(request);
    } catch (error) {
      assert(isAxError(error));
      return createResponse({ data: error.code });
    }
  });
  const { data } = await t.get(api, `${server.url}/echo`, { cancelToken: token });
  assertEquals(data, "AX_CANCEL");
});

bothStyles("an async middleware sees totalTimeout at await next(), and may answer", async (t) => {
  const { data } = await t.get<{ phase: string }>(answers, `${server.url}/never`, {
    totalTimeout: 400,
  });
  assertEquals([(data as { code?: string }).code, data.phase], ["AX_TIMEOUT", "total"]);
});

bothStyles("an async middleware may clean up before its call ends", async (t) => {
  const token = new CancelToken();
  const api = cancelled(cleansUp, token);
  const context = { cleanUrl: `${server.url}/count?key=${t.key}` };
  const call = t.get(api, `${server.url}/echo`, { cancelToken: token, context });
  assertEquals((await t.fails(call, CancelError)).reason, "no more");
  assertEquals((await server.requests(t.key)).map(({ path }) => path), ["/count"]);
  const late = `${server.url}/count?key=${t.key}-late`;
  const timed = t.get(cleansUp, `${server.url}/never`, {
    totalTimeout: 400,
    context: { cleanUrl: late },
  });
  await t.fails(timed, TimeoutError);
  assertEquals((await server.requests(`${t.key}-late`)).length, 1);
});

bothStyles("an async middleware that swallows the end sends nothing more", async (t) => {
  const token = new CancelToken();
  const api = cancelled(goesOn, token);
  const url = `${server.url}/echo?key=${t.key}`;
  await t.fails(t.get(api, url, { cancelToken: token }), CancelError);
  assertEquals(await server.requests(t.key), []);
});

Deno.test("a signal ends an async middleware of an awaited call where it waits", async () => {
  const controller = new AbortController();
  const call = answers.get<{ reason: unknown }>(`${server.url}/never`, {
    signal: controller.signal,
  });
  setTimeout(() => controller.abort("changed my mind"), 20);
  assertEquals((await call).data.reason, "changed my mind");
});
