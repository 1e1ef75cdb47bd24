/** Twins: the worker imports the module and finds the same registration. */
import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { create, NetworkError, SyncBridgeError } from "../../mod.ts";
import { caught } from "../support/caught.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";
import * as several from "./fixtures/several.ts";
import { api as throwsOurs } from "./fixtures/bad_network.ts";
import { api as throwsOnLoad } from "./fixtures/bad_throws.ts";

const server = sharedServer();

interface Echo {
  headers: Record<string, string>;
}

async function seen(t: StyleKit, api: Parameters<StyleKit["get"]>[0]): Promise<string> {
  return (await t.get<Echo>(api, `${server.url}/echo`)).data.headers["x-seen"] ?? "";
}

bothStyles("each client of a module has its own twins, children inherit", async (t) => {
  assertEquals(await seen(t, several.first), "first");
  assertEquals(await seen(t, several.second), "second");
  assertEquals(await seen(t, several.child), "second, child");
  assertEquals(await seen(t, several.grandchild), "second, child, grandchild");
});

bothStyles("methods run on the twin of their own object", async (t) => {
  const { data } = await t.get<Echo>(several.withStores, `${server.url}/echo`);
  const stored = data.headers["x-stored"]?.replaceAll(/:\d+/g, "");
  assertEquals(stored, "one:k, two:k");
});

Deno.test("a function that is registered after the module has loaded has no twin", () => {
  const api = several.first.extend();
  api.use(async function late(request, next) {
    return await next(request);
  });
  const error = refused(() => api.getSync(`${server.url}/echo`));
  assertStringIncludes(error.message, 'middleware 0 "late"');
  assertStringIncludes(error.message, "does not register it while it loads");
});

Deno.test("registrations that differ between threads are found out", () => {
  const error = refused(() => several.differing.getSync(`${server.url}/echo`));
  assertStringIncludes(error.message, 'request interceptor 0 "mine"');
  assertStringIncludes(error.message, "registers another function in its place");
  assertStringIncludes(error.message, '"other" instead of "mine"');
});

bothStyles("a twin whose source a tool has rewritten is the right one", async (t) => {
  for (const api of [several.rewritten, several.defaultExport]) {
    assertEquals(await seen(t, api), t.style === "sync" ? "worker" : "main");
  }
});

Deno.test("the environment and the arguments are the same in the worker, its output appears", () => {
  Deno.env.set("AX_TEST_VALUE", "same");
  const { data } = several.environment.getSync<Echo>(`${server.url}/echo`);
  assertEquals(data.headers["x-env"], "same");
});

Deno.test("an error of the module comes with its own stack", () => {
  const error = refused(() => throwsOnLoad.getSync(`${server.url}/echo`));
  assertStringIncludes(error.message, "fixtures/bad_throws.ts");
  assertStringIncludes(error.message, "cannot load here");
  assertInstanceOf(error.cause, RangeError);
  assertStringIncludes((error.cause as Error).stack ?? "", "fixtures/bad_throws.ts:");
});

Deno.test("an error of ours that the module throws keeps its class", () => {
  const error = caught(() => throwsOurs.getSync(`${server.url}/echo`));
  assertInstanceOf(error, NetworkError);
  assertEquals([error.message, error.systemCode], ["no way to get there", "EOWN"]);
});

Deno.test("without module and portable(), the error names function, position and ways out", () => {
  let ran = 0;
  const api = create();
  api.use((request, next) => next(request));
  api.use(async function audit(request, next) {
    ran++;
    return await next(request);
  });
  const error = refused(() => api.getSync(`${server.url}/echo`));
  for (
    const words of ['middleware 1 "audit"', "module: import.meta.url", "portable()", "function*"]
  ) {
    assertStringIncludes(error.message, words);
  }
  const anonymous = create();
  anonymous.interceptors.response.use(() => {});
  anonymous.interceptors.response.use(async () => {});
  const unnamed = refused(() => anonymous.getSync(`${server.url}/echo`));
  assertStringIncludes(unnamed.message, "Cannot run response interceptor 1 in a sync call");
  assertEquals(ran, 0);
});

Deno.test("functions of one call have no twin", () => {
  const config = { retryOn: async () => await Promise.resolve(false), maxRetries: 1 };
  const error = refused(() => several.first.getSync(`${server.url}/status/503`, config));
  assertStringIncludes(error.message, '"retryOn"');
});

for (const module of [Deno.mainModule, ""]) {
  Deno.test(`a module of ${module ? "the program's entry" : "no URL"} has no twin, and says so`, async () => {
    const api = create({ module });
    const child = api.extend();
    for (const client of [api, child]) {
      client.use(async function own(request, next) {
        request.headers.set("x-seen", "own");
        return await next(request);
      });
      const { data } = await client.get<Echo>(`${server.url}/echo`);
      assertEquals(data.headers["x-seen"], "own");
      const error = refused(() => client.getSync(`${server.url}/echo`));
      for (
        const words of [
          '"own"',
          module ? "the program's entry" : '"module" is empty',
          "a module of its own",
          "portable()",
          "function*",
          "plain function",
        ]
      ) assertStringIncludes(error.message, words);
    }
  });
}

Deno.test("a module that a bundle has made undefined counts as empty", () => {
  const api = create({ module: undefined });
  api.use(async (request, next) => await next(request));
  for (const client of [api, api.extend({ module: undefined })]) {
    const error = refused(() => client.getSync(`${server.url}/echo`));
    assertStringIncludes(error.message, '"module" is empty');
  }
});

Deno.test("create() refuses a module that is no URL", () => {
  for (const module of ["./api.ts", "api"]) {
    const error = assertThrows(() => create({ module }), TypeError);
    assertStringIncludes((error as Error).message, "import.meta.url");
  }
});

function refused(call: () => unknown): SyncBridgeError {
  const error = caught(call);
  assertInstanceOf(error, SyncBridgeError, String(error));
  assertEquals(error.code, "AX_SYNC_BRIDGE");
  return error;
}
