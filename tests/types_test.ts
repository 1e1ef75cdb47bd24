import { type Assert, assertType, type IsExact } from "@std/testing/types";
import { concurrent, create, createResponse, run, runSync, share, sleep } from "../mod.ts";
import type {
  AxResponse,
  Client,
  Flow,
  Middleware,
  Next,
  NextResult,
  RequestConfig,
  ResolvedConfig,
  SchemaOutput,
  StandardSchema,
} from "../mod.ts";

interface User {
  name: string;
}

declare const api: Client;
declare const config: RequestConfig;
declare const schema: StandardSchema<unknown, User>;

/** Checked by the compiler; never run. */
function never(_check: () => unknown): void {}

Deno.test("verbs: data is unknown, what the call names, or the schema's output", () => {
  never(() => {
    const plain = api.get("/");
    assertType<IsExact<typeof plain, Promise<AxResponse<unknown>>>>(true);
    const named = api.get<User>("/", config);
    assertType<IsExact<typeof named, Promise<AxResponse<User>>>>(true);
    const typed = api.post("/", { schema, json: {} });
    assertType<IsExact<typeof typed, Promise<AxResponse<User>>>>(true);

    const plainSync = api.getSync("/");
    assertType<IsExact<typeof plainSync, AxResponse<unknown>>>(true);
    const namedSync = api.putSync<User>(new URL("http://a.invalid"));
    assertType<IsExact<typeof namedSync, AxResponse<User>>>(true);
    const typedSync = api.requestSync({ url: "/", schema });
    assertType<IsExact<typeof typedSync, AxResponse<User>>>(true);

    const flow = api.flow.get<User>("/");
    assertType<IsExact<typeof flow, Flow<AxResponse<User>>>>(true);
    const typedFlow = api.flow.request({ url: "/", schema });
    assertType<IsExact<typeof typedFlow, Flow<AxResponse<User>>>>(true);

    const text = plainSync.json();
    assertType<IsExact<typeof text, unknown>>(true);
    const user = plainSync.json<User>();
    assertType<IsExact<typeof user, User>>(true);
    const raised = namedSync.raiseForStatus();
    assertType<IsExact<typeof raised, AxResponse<User>>>(true);
  });
});

Deno.test("verbs refuse bodies as second argument, and unknown options", () => {
  never(() => {
    // @ts-expect-error -- bodies travel in the config
    api.post("/", { name: "Ada" });
    // @ts-expect-error -- the name is "headers"
    api.get("/", { heders: {} });
    // @ts-expect-error -- a client has no "stream"
    create({ stream: true });
    // @ts-expect-error -- "module" is for create()
    api.get("/", { module: "x" });
    // @ts-expect-error -- milliseconds are a number
    api.get("/", { timeout: "5s" });
    api.get("/", { timeout: undefined, headers: { a: undefined }, params: { b: undefined } });
  });
});

Deno.test("no body is taken for a config", () => {
  never(() => {
    // @ts-expect-error -- "form" or "data"
    api.post("/", new URLSearchParams("a=1"));
    // @ts-expect-error -- "data"
    api.post("/", new FormData());
    // @ts-expect-error -- "data"
    api.postSync("/", new Blob(["x"]));
    // @ts-expect-error -- "data"
    api.post("/", new ArrayBuffer(1));
    // @ts-expect-error -- "data"
    api.postSync("/", new Uint8Array(1));
    // @ts-expect-error -- "json"
    api.post("/", new Map([["a", 1]]));
    // @ts-expect-error -- "json"
    api.post("/", []);
    // @ts-expect-error -- "json"
    api.postSync("/", [{ name: "Ada" }]);
    // @ts-expect-error -- "data"
    api.post("/", "name=Ada");
    // @ts-expect-error -- "json"
    api.flow.post("/", null);
    const user = { name: "Ada" };
    // @ts-expect-error -- also a variable
    api.post("/", user);
    // @ts-expect-error -- axios has a third argument
    api.post("/", { json: user }, { headers: {} });
    // @ts-expect-error -- "request" has any method
    api.get("/", { method: "DELETE" });
    // @ts-expect-error -- the URL is the first argument
    api.postSync("/", { url: "https://example.com" });
    // @ts-expect-error -- the URL is the first argument
    api.stream("/", { url: "https://example.com" });
    // @ts-expect-error -- the URL is the first argument
    api.request("/", { url: "https://example.com" });
    // @ts-expect-error -- "data"
    api.request("/", new URLSearchParams());
    // @ts-expect-error -- "data"
    api.stream("/", new URLSearchParams());
    // @ts-expect-error -- bodies that are no object
    api.post("/", { data: { name: "Ada" } });
    // @ts-expect-error -- a client is made of options
    create(new Map());
  });
});

Deno.test("interceptors are inferred without annotations, in every colour", () => {
  never(() => {
    const { request, response } = api.interceptors;
    request.use((given) => {
      assertType<IsExact<typeof given, ResolvedConfig>>(true);
      assertType<IsExact<typeof given.headers, Headers>>(true);
      given.headers.set("a", "b");
    });
    request.use((given) => given.headers.set("a", "b"));
    request.use((given) => ({ ...given, headers: { a: "b" } }));
    request.use(() => ({ url: "/other" }));
    request.use(async (given) => {
      await Promise.resolve();
      assertType<IsExact<typeof given, ResolvedConfig>>(true);
      return given;
    });
    request.use(function* (given, state) {
      assertType<IsExact<typeof given, ResolvedConfig>>(true);
      assertType<IsExact<typeof state.request, ResolvedConfig>>(true);
      const token = yield* api.flow.post<User>("/token");
      assertType<IsExact<typeof token, AxResponse<User>>>(true);
      given.headers.set("a", token.data.name);
    });
    response.use((given) => {
      assertType<IsExact<typeof given, AxResponse<unknown>>>(true);
    });
    response.use(null, function* (error, { request: sent }) {
      yield* sleep(1);
      if (error.status !== 401) throw error;
      return yield* api.flow.request(sent);
    });
    response.use(null, async (error, { request: sent }) => {
      if (error.status !== 401) throw error;
      return await api.request(sent);
    });
    response.use(null, () => createResponse({ data: 1 }));
    // @ts-expect-error -- the body is in "data"
    response.use((given) => given.data.name);
    // @ts-expect-error -- text is no request
    request.use(() => "text");
  });
});

Deno.test("middleware is inferred without annotations, in every colour", () => {
  never(() => {
    api.use((request, next) => {
      assertType<IsExact<typeof request, ResolvedConfig>>(true);
      assertType<IsExact<typeof next, Next>>(true);
      const result = next(request);
      assertType<IsExact<typeof result, NextResult>>(true);
      return result;
    });
    api.use((_request, next) => next({ headers: { a: "b" } }));
    api.use(() => createResponse({ data: { any: 1 } }));
    api.use(async (request, next) => {
      const response = await next(request);
      assertType<IsExact<typeof response, AxResponse<unknown>>>(true);
      return response;
    });
    api.use(function* (request, next) {
      const response = yield* next(request);
      assertType<IsExact<typeof response, AxResponse<unknown>>>(true);
      return response;
    });
    // @ts-expect-error -- it answers nothing
    api.use(() => {});
    // @ts-expect-error -- an unknown key
    api.use((_request, next) => next({ tenant: 1 }));
  });
});

Deno.test("concurrent() and allSync() give a tuple, settled or not", () => {
  never(function* () {
    const flows = [api.flow.get<User>("/"), () => sleep(1)] as const;
    const both = yield* concurrent([api.flow.get<User>("/"), sleep(1)]);
    assertType<IsExact<typeof both, [AxResponse<User>, void]>>(true);
    const settled = yield* concurrent(flows, { settled: true });
    assertType<
      IsExact<
        typeof settled,
        [PromiseSettledResult<AxResponse<User>>, PromiseSettledResult<void>]
      >
    >(true);
    const blocking = api.allSync([api.flow.get<User>("/"), api.flow.get("/")]);
    assertType<IsExact<typeof blocking, [AxResponse<User>, AxResponse<unknown>]>>(true);
    const many = api.allSync([1, 2].map(() => api.flow.get<User>("/")), { concurrency: 2 });
    assertType<IsExact<typeof many, AxResponse<User>[]>>(true);
    const shared = yield* share(api, api.flow.get<User>("/"));
    assertType<IsExact<typeof shared, AxResponse<User>>>(true);
  });
});

Deno.test("run(), runSync() and a schema's output keep their types", () => {
  never(() => {
    function* name() {
      return (yield* api.flow.get<User>("/")).data.name;
    }
    const awaited = run(name());
    assertType<IsExact<typeof awaited, Promise<string>>>(true);
    const blocking = runSync(name());
    assertType<IsExact<typeof blocking, string>>(true);
    const made = createResponse({ data: { a: 1 } });
    assertType<IsExact<typeof made, AxResponse<{ a: number }>>>(true);
  });
});

/** Type-level checks on their own. */
export type Checks = [
  Assert<IsExact<SchemaOutput<typeof schema>, User>, true>,
  Assert<IsExact<ReturnType<Middleware>, ReturnType<Middleware>>, true>,
];
