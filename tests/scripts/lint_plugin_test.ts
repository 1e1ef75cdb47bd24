/// <reference lib="deno.unstable" />
import { assertEquals } from "@std/assert";
import plugin from "../../scripts/lint/plugin.ts";

/** The rules that a text breaks, each with the line. */
function broken(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source).map(({ id, range, message }) => {
    const line = source.slice(0, range[0]).split("\n").length;
    return `${id.replace("ax/", "")} ${line}: ${message}`;
  });
}

const IN_FLOWS: [code: string, name: string][] = [
  ["async function f() {}", "async"],
  ["const f = async () => {};", "async"],
  ["class A { async f() {} }", "async"],
  ["const f = { async f() {} };", "async"],
  ["await x;", "await"],
  ["const x = `${await y}`;", "await"],
  ["for await (const x of y) f(x);", "for await"],
  ["await using x = y;", "await using"],
  ["const x = new Promise(f);", "Promise"],
  ["Promise.all(list);", "Promise"],
  ["const made = { Promise };", "Promise"],
  ["const P = Promise as unknown;", "Promise"],
  ["setTimeout(f, 1);", "setTimeout"],
  ["const later = queueMicrotask;", "queueMicrotask"],
  ["globalThis.setTimeout(f, 1);", "globalThis.setTimeout"],
  ["Date.now();", "Date.now"],
  ["new Date();", "new Date()"],
  ["Date();", "Date()"],
  ["performance.now();", "performance"],
  ["Math.random();", "Math.random"],
  ["crypto.randomUUID();", "crypto.randomUUID"],
  ["Atomics.wait(a, 0, 0);", "Atomics"],
  ["fetch(url);", "fetch"],
  ["globalThis.fetch(url);", "globalThis.fetch"],
];

for (const [code, name] of IN_FLOWS) {
  Deno.test(`flow-code refuses ${name}: ${code}`, () => {
    for (const path of ["src/call/a.ts", "src/flow/a.ts", "src/plugins/a.ts"]) {
      assertEquals(broken(path, `// one\n${code}\n`), [
        `flow-code 2: ${name} in a room of flows`,
      ]);
    }
  });
}

const FINE_IN_FLOWS = [
  'const colour = "async"; // await fetch(url)',
  "/** Date.now() */ const r = /await x/;",
  "const result = yield* sleep(50);",
  "function f(x: PromiseLike<Date>): Promise<void> | Date { return new Date(at); }",
  "if (options.async) config.fetch(url);",
  "const kinds = { async: 1, await: 2, Promise: 3 };",
  "class Timer { setTimeout = 1; performance(): void {} }",
  "const { fetch } = config; use(config.performance, fetch);",
];

for (const code of FINE_IN_FLOWS) {
  Deno.test(`flow-code accepts: ${code}`, () => {
    const source = code.includes("yield") ? `function* f() { ${code} }` : code;
    assertEquals(broken("src/call/a.ts", source), []);
  });
}

Deno.test("flow-code leaves stores alone, and the scheduler its promises, not the clock", () => {
  const waiting = "async function f() { await new Promise(g); for await (const x of y) g(x); }";
  assertEquals(broken("src/plugins/stores/memory.ts", `${waiting} Date.now();`), []);
  assertEquals(broken("src/flow/scheduler.ts", waiting), []);
  assertEquals(broken("src/flow/scheduler.ts", "Date.now();").length, 1);
  assertEquals(broken("src/transport/fetch.ts", `${waiting} fetch(url);`), []);
  assertEquals(broken("tests/call/a_test.ts", waiting), []);
});

Deno.test("bare-yield allows yield in flow/flow.ts and in generators of items", () => {
  const bare = "function* f() { const x = yield operation; }";
  const error = ["bare-yield 1: A bare yield in a flow"];
  assertEquals(broken("src/call/a.ts", bare), error);
  assertEquals(broken("src/flow/a.ts", bare), error);
  assertEquals(broken("src/flow/flow.ts", bare), []);
  assertEquals(broken("src/http/lines.ts", bare), []);
  assertEquals(broken("src/http/lines.ts", "function* f(): Flow<number> { yield 1; }"), error);
  assertEquals(broken("src/client.ts", "class A { *f(): Flow<A> { g(yield 1); } }"), error);
  const inner = "function* f(): Flow<A> { return function* () { yield 1; }; }";
  assertEquals(broken("src/client.ts", inner), []);
  assertEquals(broken("src/call/a.ts", "function* f() { yield* operation; }"), []);
});

Deno.test("import-meta and node-import are about what users get", () => {
  const meta = ["import-meta 1: import.meta in shipped code"];
  assertEquals(broken("src/sync/bridge.ts", "f(import.meta.url);"), meta);
  assertEquals(broken("web.ts", "f(import.meta.url);"), meta);
  assertEquals(broken("scripts/a.ts", "f(import.meta.url);"), []);
  assertEquals(broken("src/a.ts", "function f() { return new.target; }"), []);
  for (
    const code of [
      'import { a } from "node:fs";',
      'import type { A } from "node:fs";',
      'export { a } from "node:fs";',
      'export * from "node:fs";',
      'const fs = import("node:fs");',
    ]
  ) {
    assertEquals(broken("src/runtime/thread.ts", code).length, 1, code);
    assertEquals(broken("tests/runtime/thread_test.ts", code), []);
  }
  assertEquals(broken("src/a.ts", 'f("node:fs"); import(name); export { a };'), []);
});

Deno.test("vague-name refuses names that say nothing", () => {
  for (const path of ["src/http/url_utils.ts", "src/common/url.ts", "src/http/manager.ts"]) {
    assertEquals(broken(path, "\nf();").map((text) => text.split(" ")[0]), ["vague-name"], path);
  }
  for (const path of ["src/http/url.ts", "src/http/commonly.ts", "tests/support/helpers.ts"]) {
    assertEquals(broken(path, "f();"), [], path);
  }
});
