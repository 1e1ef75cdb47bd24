import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  importCycles,
  importProblems,
  sizeWarning,
  textProblems,
} from "../../scripts/check_layers.ts";
import type { Import } from "../../scripts/module_graph.ts";
import { parseInfo } from "../../scripts/module_graph.ts";
import { stripCode } from "../../scripts/strip_code.ts";

function edge(from: string, to: string, typeOnly = false): Import {
  return { from, to, typeOnly, line: 1 };
}

const ALLOWED: Import[] = [
  edge("mod.ts", "src/client.ts"),
  edge("src/client.ts", "src/flow/drive_sync.ts"),
  edge("src/pipeline.ts", "src/stages/retry.ts"),
  edge("src/stages/retry.ts", "src/flow/flow.ts"),
  edge("src/stages/retry.ts", "src/call/backoff.ts"),
  edge("src/options.ts", "src/http/transport.ts", true),
  edge("src/transport/worker/bridge.ts", "src/runtime/capabilities.ts"),
  edge("src/plugins/cache.ts", "mod.ts"),
  edge("src/plugins/mod.ts", "src/plugins/cache.ts"),
  edge("src/plugins/cookies.ts", "npm:tough-cookie@5"),
];

Deno.test("importProblems() accepts imports that point down", () => {
  assertEquals(importProblems(ALLOWED), []);
});

const REFUSED: Import[] = [
  edge("src/http/url.ts", "src/flow/flow.ts"),
  edge("src/errors.ts", "src/http/response.ts"),
  edge("src/errors.ts", "src/flow/flow.ts", true),
  edge("src/stages/retry.ts", "src/transport/fetch.ts"),
  edge("src/options.ts", "src/http/transport.ts"),
  edge("src/pipeline.ts", "src/flow/drive_async.ts"),
  edge("src/transport/worker/worker.ts", "src/flow/flow.ts"),
  edge("src/plugins/cache.ts", "src/errors.ts"),
  edge("src/client.ts", "node:worker_threads"),
  edge("src/client.ts", "npm:tough-cookie@5"),
  edge("src/client.ts", "tests/support/server.ts"),
];

for (const refused of REFUSED) {
  Deno.test(`importProblems() refuses ${refused.from} -> ${refused.to}`, () => {
    const [problem, ...others] = importProblems([refused]);
    assertStringIncludes(problem ?? "", `${refused.from}:1 imports ${refused.to}: `);
    assertEquals(others, []);
  });
}

Deno.test("importProblems() keeps two stages apart when neither is pure", () => {
  const problems = importProblems([
    edge("src/stages/redirect.ts", "src/stages/retry.ts"),
    edge("src/stages/retry.ts", "src/flow/flow.ts"),
  ]);
  assertStringIncludes(problems.join(), "stay apart");
});

Deno.test("importCycles() names the files of a cycle and exempts type imports", () => {
  const there = edge("src/http/a.ts", "src/http/b.ts");
  assertEquals(importCycles([there, edge("src/http/b.ts", "src/http/a.ts")]), [
    "import cycle: src/http/a.ts -> src/http/b.ts -> src/http/a.ts",
  ]);
  assertEquals(importCycles([there, edge("src/http/b.ts", "src/http/a.ts", true)]), []);
});

const BANNED_CODE: [path: string, code: string, name: string][] = [
  ["src/stages/a.ts", "async function f() {}", "async"],
  ["src/stages/a.ts", "const f = async () => {};", "async"],
  ["src/flow/a.ts", "await x;", "await"],
  ["src/flow/a.ts", "const x = `${await y}`;", "await"],
  ["src/plugins/a.ts", "return new Promise(f);", "Promise"],
  ["src/plugins/a.ts", "Promise.all(list)", "Promise"],
  ["src/stages/a.ts", "setTimeout(f, 1)", "a timer"],
  ["src/stages/a.ts", "Date.now()", "the clock"],
  ["src/stages/a.ts", "new Date()", "the clock"],
  ["src/stages/a.ts", "Math.random()", "Math.random"],
  ["src/stages/a.ts", "Atomics.wait(a, 0, 0)", "Atomics"],
  ["src/stages/a.ts", "fetch(url)", "fetch"],
  ["src/flow/drive_async.ts", "Date.now()", "the clock"],
  ["src/stages/a.ts", "const x = yield operation;", "a bare yield"],
  ["src/client.ts", "yield;", "a bare yield"],
  ["src/client.ts", "import.meta.url", "import.meta"],
];

for (const [path, code, name] of BANNED_CODE) {
  Deno.test(`textProblems() finds ${name} in ${path}: ${code}`, () => {
    const problems = textProblems(path, `// first line\n${code}\n`);
    assertEquals(problems.map((text) => text.split(": ")[0]), [`${path}:2 uses ${name}`]);
  });
}

const FINE_CODE: [path: string, code: string][] = [
  ["src/stages/a.ts", 'const colour = "async"; // await fetch(url)'],
  ["src/stages/a.ts", "/** Date.now() */ const r = /await x/;"],
  ["src/stages/a.ts", "const result = yield* sleep(50);"],
  [
    "src/stages/a.ts",
    "function f(x: PromiseLike<Date>): Promise<void> | Date { return new Date(at); }",
  ],
  ["src/stages/a.ts", "if (options.async) config.fetch(url);"],
  ["src/stages/a.ts", "const kinds = { async: 1, await: 2 };"],
  ["src/flow/flow.ts", "return yield operation;"],
  ["src/flow/drive_async.ts", "async function f() { await x; }"],
  ["src/http/lines.ts", "yield line;"],
  ["src/plugins/stores/memory.ts", "async get() { return Date.now(); }"],
];

for (const [path, code] of FINE_CODE) {
  Deno.test(`textProblems() accepts in ${path}: ${code}`, () => {
    assertEquals(textProblems(path, code), []);
  });
}

Deno.test("textProblems() refuses vague names and files over 400 lines", () => {
  assertEquals(textProblems("src/http/url_utils.ts", "").length, 1);
  assertEquals(textProblems("src/common/url.ts", "").length, 1);
  assertEquals(textProblems("src/http/manager.ts", "").length, 1);
  assertEquals(textProblems("src/http/url.ts", "\n".repeat(400)), []);
  assertEquals(textProblems("src/http/url.ts", "\n".repeat(401)).length, 1);
  assertEquals(textProblems("src/transport/worker/worker_source.ts", "\n".repeat(401)), []);
});

Deno.test("sizeWarning() speaks from 251 to 400 lines", () => {
  assertEquals(sizeWarning("src/a.ts", "\n".repeat(250)), undefined);
  assertStringIncludes(sizeWarning("src/a.ts", "\n".repeat(251)) ?? "", "251 lines");
});

Deno.test("stripCode() keeps code and line breaks", () => {
  const source = 'a("x//y"); /* b\n*/ c(`d ${e({ f: `g` })} h`) / 2; return /[/"]/.test(i); // j';
  assertEquals(
    stripCode(source).replace(/ +/g, " ").trim(),
    "a( ); \n c( e({ f: }) ) / 2; return .test(i);",
  );
});

Deno.test("parseInfo() tells type imports from others", () => {
  const span = { start: { line: 3 } };
  const json = JSON.stringify({
    modules: [{
      specifier: "file:///p/mod.ts",
      dependencies: [
        { specifier: "./src/a.ts", code: { specifier: "file:///p/src/a.ts", span } },
        { specifier: "./src/b.ts", type: { specifier: "file:///p/src/b.ts", span } },
      ],
    }],
  });
  assertEquals(parseInfo(json, "file:///p/").get("mod.ts"), [
    { from: "mod.ts", to: "src/a.ts", typeOnly: false, line: 4 },
    { from: "mod.ts", to: "src/b.ts", typeOnly: true, line: 4 },
  ]);
});
