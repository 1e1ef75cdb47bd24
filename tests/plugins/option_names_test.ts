import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { create } from "../../mod.ts";
import * as plugins from "../../src/plugins/mod.ts";
import { denoKvStore } from "../../src/plugins/stores/deno_kv.ts";
import { fileStore } from "../../src/plugins/stores/file.ts";
import { fileJar } from "../../src/plugins/stores/file_jar.ts";
import { memoryStore } from "../../src/plugins/stores/memory.ts";
import { redisStore } from "../../src/plugins/stores/redis.ts";
import { redisRateLimit } from "../../src/plugins/stores/redis_rate_limit.ts";

const { hash: _hash, hmac: _hmac, toCurl, ...rest } = plugins;

for (const [name, plugin] of Object.entries(rest)) {
  if (/^[A-Z]/.test(name)) continue;
  Deno.test(`the plugin "${name}" refuses an option that it does not know`, () => {
    const make = plugin as (options: unknown) => unknown;
    const error = assertThrows(() => make({ formatt: 1 }), TypeError);
    assertStringIncludes(error.message, `Unknown option "formatt" of "${name}": it knows `);
  });
}

for (const [name, plugin] of Object.entries(rest)) {
  if (/^[A-Z]/.test(name)) continue;
  Deno.test(`the plugin "${name}" refuses options that are none`, () => {
    const make = plugin as (options?: unknown) => unknown;
    for (const [given, kind] of [[null, "null"], ["x", "a string"], [[], "an array"]] as const) {
      const error = assertThrows(() => make(given), TypeError);
      assertStringIncludes(error.message, `Cannot use ${kind} as options of "${name}": give an `);
    }
    let message = "";
    try {
      make();
    } catch (error) {
      message = String(error);
    }
    // Where they are needed.
    assertEquals(/undefined(?! as options of)|destructure/.test(message), false, message);
  });
}

Deno.test("toCurl() refuses what is no request, and an option that it does not know", () => {
  const untyped = toCurl as (...args: unknown[]) => string;
  const advice = "Cannot write a command: give a request such as { method, url }, got ";
  assertThrows(() => untyped(), TypeError, `${advice}undefined`);
  assertThrows(() => untyped("https://example.com"), TypeError, `${advice}a string`);
  const request = { url: "https://example.com" };
  const error = assertThrows(() => untyped(request, { secret: true }), TypeError);
  assertEquals(error.message, 'Unknown option "secret" of toCurl(): it knows secrets');
});

Deno.test("the stores refuse an option that they do not know", () => {
  const client = { call() {}, sendCommand() {} };
  const stores: [string, () => unknown][] = [
    ["memoryStore(): it knows maxSize, maxBytes", () => memoryStore({ odd: 1 } as never)],
    ["fileStore(): it knows maxBytes", () => fileStore("x", { odd: 1 } as never)],
    ["fileJar(): it knows onError", () => fileJar("x", { odd: 1 } as never)],
    ["denoKvStore(): it knows prefix", () => denoKvStore({} as never, { odd: 1 } as never)],
    ["redisStore(): it knows prefix", () => redisStore(client as never, { odd: 1 } as never)],
    [
      "redisRateLimit(): it knows prefix",
      () => redisRateLimit(client as never, { odd: 1 } as never),
    ],
  ];
  for (const [message, make] of stores) {
    assertThrows(make, TypeError, `Unknown option "odd" of ${message}`);
  }
});

Deno.test("messages of plugins name the kind of what was given", () => {
  const { auth, basicAuth, digestAuth, sign } = plugins as unknown as Record<
    string,
    (options: unknown) => unknown
  >;
  const cases: [(() => unknown) | undefined, string][] = [
    [() => basicAuth?.({}), '"username" must be text, got undefined'],
    [() => digestAuth?.({ username: [] }), '"username" must be text, got an array'],
    [() => sign?.({}), '"headers" must be a function, got undefined'],
    [() => sign?.({ headers: {} }), '"headers" must be a function, got an object'],
    [() => auth?.({ provider: null }), '"provider" must be a function, got null'],
    [() => auth?.({ token: 5 }), "it must be text, got a number"],
  ];
  for (const [make, message] of cases) assertThrows(make as () => unknown, TypeError, message);
});

Deno.test("a plugin that was not called says so", () => {
  const error = assertThrows(() => create().plugin(plugins.logger as never), TypeError);
  assertStringIncludes(error.message, "call it");
});
