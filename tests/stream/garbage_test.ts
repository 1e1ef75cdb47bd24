import { assertEquals } from "@std/assert";
import { sharedServer } from "../support/server.ts";

const server = sharedServer();

async function program(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
      new URL("garbage_program.ts", import.meta.url).pathname,
      ...[server.url, args.join("-"), ...args],
    ],
  });
  const { stdout, stderr } = await command.output();
  return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
}

for (const style of ["async", "sync"]) {
  Deno.test(`a stream that is garbage frees its connection [${style}]`, async () => {
    assertEquals(await program(style, "nothing"), "1 undefined");
  });

  Deno.test(`a stream whose iterator is held stays open [${style}]`, async () => {
    assertEquals(await program(style, "iterator"), "0 object");
    assertEquals(await program(style, "stream"), "0 object");
  });
}
