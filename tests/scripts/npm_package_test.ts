import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { chooseBuilder } from "../../scripts/build_npm.ts";
import {
  completeTypes,
  formatsOf,
  npmDependencies,
  npmExports,
  repositoryFields,
} from "../../scripts/npm_package.ts";

Deno.test("repositoryFields() takes the place from the workflow, or says nothing", () => {
  assertEquals(repositoryFields({}), {});
  const env = { GITHUB_SERVER_URL: "https://git.test", GITHUB_REPOSITORY: "ax/client" };
  assertEquals(repositoryFields(env).repository, {
    type: "git",
    url: "git+https://git.test/ax/client.git",
  });
});

Deno.test("completeTypes() brings the types of disposal along where they are used", () => {
  assertEquals(completeTypes("export {};\n"), "export {};\n");
  const complete = completeTypes("[Symbol.asyncDispose](): void;\n");
  assertMatch(complete, /^\/\/\/ <reference lib="esnext\.disposable" \/>\n\[Symbol/);
  assertEquals(completeTypes(complete), complete);
});

Deno.test("npmExports() gives each entry both formats, with types of their own", () => {
  const entries = { ".": "./mod.ts", "./plugins/auth": "./src/plugins/auth.ts" };
  const { exports, ...older } = npmExports(entries);
  assertEquals(exports, {
    ".": {
      import: { types: "./esm/mod.d.ts", default: "./esm/mod.js" },
      require: { types: "./script/mod.d.ts", default: "./script/mod.js" },
    },
    "./plugins/auth": {
      import: { types: "./esm/src/plugins/auth.d.ts", default: "./esm/src/plugins/auth.js" },
      require: {
        types: "./script/src/plugins/auth.d.ts",
        default: "./script/src/plugins/auth.js",
      },
    },
    "./package.json": "./package.json",
  });
  assertEquals(older, {
    main: "./script/mod.js",
    module: "./esm/mod.js",
    types: "./esm/mod.d.ts",
  });
});

Deno.test("npmExports() leads browsers and isolates to ./web, what has threads to the whole", () => {
  const { exports } = npmExports({
    ...{ ".": "./mod.ts", "./web": "./web.ts", "./edge": "./src/edge.ts" },
    "./plugins/auth": "./src/plugins/auth.ts",
  });
  const [whole, web, edge] = ["./mod.ts", "./web.ts", "./src/edge.ts"].map((path) =>
    formatsOf(path)
  );
  assertEquals(web?.import, { types: "./esm/web.d.ts", default: "./esm/page/web.js" });
  const [auth, besides] = [undefined, "page"].map((folder) =>
    formatsOf("./src/plugins/auth.ts", folder)
  );
  const threads = ["deno", "bun", "node"];
  const led = (threaded: unknown, isolate: unknown, page: unknown): [string, unknown][] => [
    ...threads.map((name): [string, unknown] => [name, threaded]),
    ...["workerd", "edge-light"].map((name): [string, unknown] => [name, isolate]),
    ...["worker", "browser"].map((name): [string, unknown] => [name, page]),
  ];
  // The first that holds decides, so the order counts.
  assertEquals(Object.entries(exports["."] as object), [
    ...led(whole, edge, web),
    ...Object.entries(whole ?? {}),
  ]);
  assertEquals(Object.entries(exports["./plugins/auth"] as object), [
    ...led(auth, besides, besides),
    ...Object.entries(auth ?? {}),
  ]);
  assertEquals(exports["./web"], { workerd: edge, "edge-light": edge, ...web });
  assertEquals(exports["./edge"], edge);
});

Deno.test("npmDependencies() makes the packages of optional plugins optional peers", () => {
  assertEquals(npmDependencies({}), {});
  assertEquals(
    npmDependencies({
      "tough-cookie": "^5",
      "@opentelemetry/api": "^1.9",
      "http-cache-semantics": "^4",
    }),
    {
      dependencies: { "http-cache-semantics": "^4", "tough-cookie": "^5" },
      peerDependencies: { "@opentelemetry/api": "^1.9" },
      peerDependenciesMeta: { "@opentelemetry/api": { optional: true } },
    },
  );
});

Deno.test("chooseBuilder() takes another tool than dnt only for tests", async () => {
  const loaded = () => Promise.resolve({ code: 0, output: "" });
  const missing = () => Promise.resolve({ code: 1, output: "no route" });
  assertEquals(await chooseBuilder({ load: loaded }), "dnt");
  assertEquals(await chooseBuilder({ load: loaded, release: true }), "dnt");
  assertEquals(await chooseBuilder({ load: missing }), "deno pack");
  const error = await assertRejects(() => chooseBuilder({ load: missing, release: true }), Error);
  assertMatch(error.message, /dnt could not be loaded.*no route/);
});
