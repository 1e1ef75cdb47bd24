import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  coreOf,
  dependencyProblems,
  importCycles,
  importProblems,
  sizeProblems,
} from "../../scripts/check_layers.ts";
import { CORE } from "../../scripts/layer_rules.ts";
import type { Import } from "../../scripts/module_graph.ts";
import { parseInfo } from "../../scripts/module_graph.ts";

function edge(from: string, to: string, typeOnly = false): Import {
  return { from, to, typeOnly, line: 1 };
}

const ALLOWED: Import[] = [
  edge("mod.ts", "src/client.ts"),
  edge("mod.ts", "src/async_functions/portable.ts"),
  edge("web.ts", "src/transport/xhr.ts"),
  edge("src/client.ts", "src/flow/scheduler.ts"),
  edge("src/client.ts", "src/sync/bridge.ts"),
  edge("src/call/pipeline.ts", "src/call/retry.ts"),
  edge("src/call/retry.ts", "src/flow/flow.ts"),
  edge("src/call/retry.ts", "src/call/backoff.ts"),
  edge("src/call/retry.ts", "src/call/retry_after.ts"),
  edge("src/call/retry_after.ts", "src/flow/flow.ts"),
  edge("src/config/options.ts", "src/transport/port.ts", true),
  edge("src/sync/bridge.ts", "src/transport/fetch.ts"),
  edge("src/async_functions/caller.ts", "src/sync/thread.ts"),
  edge("src/plugins/cache.ts", "src/public.ts"),
  edge("src/plugins/cache.ts", "src/plugins/cache/policy.ts"),
  edge("src/plugins/cache/policy.ts", "src/public.ts"),
  edge("src/plugins/mod.ts", "src/plugins/auth.ts"),
  edge("src/plugins/auth.ts", "src/public.ts"),
  edge("src/plugins/cookies.ts", "npm:tough-cookie@5"),
];

Deno.test("importProblems() accepts imports that point down", () => {
  assertEquals(importProblems(ALLOWED), []);
});

const REFUSED: Import[] = [
  edge("src/http/url.ts", "src/flow/flow.ts"),
  edge("src/http/response.ts", "src/errors.ts", true),
  edge("src/call/retry.ts", "src/transport/fetch.ts"),
  edge("src/call/retry.ts", "src/client.ts", true),
  edge("src/config/options.ts", "src/call/retry.ts", true),
  edge("src/flow/scheduler.ts", "src/sync/bridge.ts"),
  edge("src/sync/io_worker.ts", "src/flow/flow.ts"),
  edge("src/transport/fetch.ts", "src/sync/bridge.ts"),
  edge("src/client.ts", "src/async_functions/twin.ts"),
  edge("web.ts", "src/async_functions/twin.ts"),
  edge("src/runtime/clock.ts", "src/errors.ts"),
  edge("src/plugins/cache.ts", "src/errors.ts"),
  edge("src/plugins/cache.ts", "web.ts"),
  edge("src/testing/mod.ts", "src/client.ts"),
  edge("src/client.ts", "node:worker_threads"),
  edge("src/client.ts", "npm:tough-cookie@5"),
  edge("src/client.ts", "tests/support/server.ts"),
  edge("src/client.ts", "src/stages/retry.ts"),
  edge("src/pipeline.ts", "src/flow/flow.ts"),
];

for (const refused of REFUSED) {
  Deno.test(`importProblems() refuses ${refused.from} -> ${refused.to}`, () => {
    const [problem, ...others] = importProblems([refused]);
    assertStringIncludes(problem ?? "", `${refused.from}:1 imports ${refused.to}: `);
    assertEquals(others, []);
  });
}

for (
  const [folder, makes] of [["src/call/", "src/flow/flow.ts"], ["src/plugins/", "src/public.ts"]]
) {
  Deno.test(`importProblems() keeps what makes flows apart in ${folder}`, () => {
    const both = [edge(`${folder}redirect.ts`, `${folder}retry.ts`)];
    assertEquals(importProblems(both), []);
    assertEquals(importProblems([...both, edge(`${folder}retry.ts`, makes ?? "", true)]), []);
    const problems = importProblems([...both, edge(`${folder}retry.ts`, makes ?? "")]);
    assertStringIncludes(problems.join(), "stay apart");
    assertEquals(problems.length, 1);
  });
}

Deno.test("dependencyProblems() lets only a plugin's own entry lead to a package", () => {
  const imports = [
    edge("mod.ts", "src/client.ts"),
    edge("src/client.ts", "mod.ts"),
    edge("src/plugins/cookies.ts", "npm:tough-cookie@5"),
  ];
  const exports = { ".": "./mod.ts", "./plugins/cookies": "./src/plugins/cookies.ts" };
  assertEquals(dependencyProblems(exports, imports), []);
  const list = { ...exports, "./plugins": "./src/plugins/mod.ts" };
  const listed = [...imports, edge("src/plugins/mod.ts", "src/plugins/cookies.ts")];
  const [problem = "", ...others] = dependencyProblems(list, listed);
  assertStringIncludes(problem, 'entry "./plugins" leads to npm:tough-cookie@5');
  assertEquals(others, []);
});

Deno.test("importCycles() names the files of a cycle, type imports included", () => {
  const there = edge("src/http/a.ts", "src/http/b.ts");
  const cycle = ["import cycle: src/http/a.ts -> src/http/b.ts -> src/http/a.ts"];
  assertEquals(importCycles([there, edge("src/http/b.ts", "src/http/a.ts")]), cycle);
  assertEquals(importCycles([there, edge("src/http/b.ts", "src/http/a.ts", true)]), cycle);
  assertEquals(importCycles([there, edge("src/http/b.ts", "src/http/c.ts")]), []);
});

Deno.test("sizeProblems() warns from 251 lines and fails from 351, except for generated files", () => {
  const sizes = sizeProblems(
    new Map([
      ["src/http/a.ts", 250],
      ["src/http/b.ts", 251],
      ["src/http/c.ts", 350],
      ["src/http/d.ts", 351],
      ["src/sync/worker_source.ts", 20_000],
    ]),
  );
  assertEquals(sizes.warnings.map((text) => text.split(" ")[0]), [
    "src/http/b.ts",
    "src/http/c.ts",
  ]);
  assertEquals(sizes.problems, ["src/http/d.ts has 351 lines: split it at 350"]);
});

Deno.test("sizeProblems() bounds the core, without plugins, openapi and testing", () => {
  const files = (folder: string, count: number, lines: number): [string, number][] =>
    Array.from({ length: count }, (_, at) => [`${folder}/${at}.ts`, lines]);
  const each = Math.floor(CORE.lines / CORE.files);
  const lines = CORE.files * each;
  const core = new Map([
    ["mod.ts", 200],
    ...files("src/http", CORE.files, each),
    ...files("src/plugins", 40, 100),
    ...files("src/openapi", 2, 100),
    ...files("src/testing", 9, 100),
  ]);
  assertEquals(coreOf(core), { files: CORE.files, lines });
  assertEquals(sizeProblems(core).problems, []);
  core.set("src/errors.ts", CORE.lines - lines + 1);
  assertEquals(sizeProblems(core).problems, [
    `the core has ${CORE.files + 1} files: at most ${CORE.files}`,
    `the core has ${CORE.lines + 1} lines: at most ${CORE.lines}`,
  ]);
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
