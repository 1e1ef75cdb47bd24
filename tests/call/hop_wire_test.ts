import { assertEquals } from "@std/assert";
import { create } from "../../mod.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();

bothStyles("middleware per hop that sends again frees what it has given up", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } });
  api.use(function* (request, next) {
    yield* next(request);
    return yield* next({ url: `${server.url}/text` });
  }, { per: "hop" });
  const stream = await t.stream(api, "/stall-body");
  await eventually(() => server.aborted(t.key), (aborted) => aborted === 1);
  assertEquals(new TextDecoder().decode(await stream.read()).slice(0, 5), "hello");
});

bothStyles("middleware per hop that throws frees what it has received", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } });
  api.use(function* (request, next) {
    const { status } = yield* next(request);
    throw new TypeError(`no use for ${status}`);
  }, { per: "hop" });
  await t.fails(() => t.stream(api, "/stall-body"), TypeError);
  await eventually(() => server.aborted(t.key), (aborted) => aborted === 1);
});
