import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { create, SchemaError, SyncBridgeError } from "../../mod.ts";
import type { SchemaIssue, StandardSchema } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

type Validate<T> = StandardSchema<unknown, T>["~standard"]["validate"];

function schemaOf<T>(validate: Validate<T>): StandardSchema<unknown, T> {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

function failing(...issues: SchemaIssue[]): StandardSchema {
  return schemaOf(() => ({ issues }));
}

bothStyles("schema: its output becomes data, after transforms", async (t) => {
  using api = create({ baseURL: server.url, transformResponse: (data) => [data] });
  const schema = schemaOf((value) => ({ value: { seen: value } }));
  const { data } = await t.get(api, "/status/200", { schema });
  assertEquals(data, { seen: [{ status: 200 }] });
});

bothStyles("schema: a function with the member is one as well", async (t) => {
  using api = create({ baseURL: server.url });
  const schema = Object.assign(() => {}, schemaOf(() => ({ value: "typed" })));
  assertEquals((await t.get(api, "/json", { schema })).data, "typed");
});

bothStyles("schema: a failure is a SchemaError with its issues and the response", async (t) => {
  using api = create({ baseURL: server.url });
  const issues = [
    { message: "must be text", path: ["user", { key: "name" }, 0] },
    { message: "second" },
  ];
  const error = await t.fails(t.get(api, "/json", { schema: failing(...issues) }), SchemaError);
  assertEquals(error.issues, issues);
  assertEquals((error.response?.data as { ok: boolean }).ok, true);
  assertStringIncludes(error.message, '"user.name.0": must be text (and 1 more)');
  assertEquals([error.code, error.request?.url], ["AX_SCHEMA", `${server.url}/json`]);
});

bothStyles("schema: issues without text or path still make a message", async (t) => {
  using api = create({ baseURL: server.url });
  const error = await t.fails(t.get(api, "/json", { schema: failing() }), SchemaError);
  assertStringIncludes(error.message, "does not fit the schema: no reason given");
  const root = await t.fails(
    t.get(api, "/json", { schema: failing({ message: "no" }) }),
    SchemaError,
  );
  assertStringIncludes(root.message, "the schema: no");
});

bothStyles("schema: it is not retried and can be recovered from", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } });
  api.interceptors.response.use(null, (error) => {
    assertInstanceOf(error, SchemaError);
    return error.response;
  });
  const response = await t.get(api, "/json", { schema: failing({ message: "no" }), maxRetries: 3 });
  assertEquals([response.status, (await server.requests(t.key)).length], [200, 1]);
});

Deno.test("schema: one that answers with a promise works in async calls only", async () => {
  using api = create({ baseURL: server.url });
  const schema = schemaOf((value) => Promise.resolve({ value: { later: value } }));
  assertEquals((await api.get("/status/200", { schema })).data, { later: { status: 200 } });
  try {
    api.getSync("/status/200", { schema });
    throw new Error("Must be refused");
  } catch (error) {
    assertInstanceOf(error, SyncBridgeError);
    assertStringIncludes(error.message, '"schema" of test');
  }
});
