import { assertEquals } from "@std/assert";
import { printBytes, quote, quoteBytes } from "../../src/plugins/shell.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

Deno.test("quote() leaves nothing for the shell to see", () => {
  assertEquals(quote('a $b `c` \\ "d" *'), "'a $b `c` \\ \"d\" *'");
  assertEquals(quote("O'Hara"), "'O'\\''Hara'");
  assertEquals(quote(""), "''");
});

Deno.test("quoteBytes() writes bytes that cannot be typed by their numbers", () => {
  assertEquals(quoteBytes(bytes(97, 58, 32, 98)), "'a: b'");
  assertEquals(quoteBytes(bytes(97, 0xe9, 37, 92, 39)), "\"$(printf 'a\\351%%\\134\\047')\"");
});

Deno.test("printBytes() splits what is too long for one argument", () => {
  assertEquals(printBytes(bytes()), "printf ''");
  assertEquals(printBytes(bytes(0, 1)), "printf '\\000\\001'");
  const commands = printBytes(new Uint8Array(50_000));
  assertEquals(commands.split("printf").length - 1, 3);
  assertEquals(commands.startsWith("{ printf '") && commands.endsWith("; }"), true);
});
