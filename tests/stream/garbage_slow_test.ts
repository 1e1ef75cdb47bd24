import { assertEquals } from "@std/assert";
import { sharedServer } from "../support/server.ts";

const server = sharedServer();

async function program(name: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
      new URL(name, import.meta.url).pathname,
      ...args,
    ],
  });
  const { stdout, stderr } = await command.output();
  return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
}

function hold(style: string, what: string): Promise<string> {
  return program("garbage_program.ts", server.url, `${style}-${what}`, style, what);
}

for (const style of ["async", "sync"]) {
  Deno.test(`a stream that is garbage frees its connection [${style}]`, async () => {
    assertEquals(await hold(style, "nothing"), "1 undefined");
  });

  Deno.test(`a stream whose iterator is held stays open [${style}]`, async () => {
    assertEquals(await hold(style, "iterator"), "0 object");
    assertEquals(await hold(style, "stream"), "0 object");
  });

  Deno.test(`a stream that was given up is garbage like any other [${style}]`, async () => {
    for (const how of ["left", "closed", "fails"]) {
      const left = await program("garbage_closed_program.ts", server.url, style, how);
      assertEquals([how, left], [how, "gone"]);
    }
  });

  Deno.test(`a reconnected stream is open while it is held, and freed as garbage [${style}]`, async () => {
    assertEquals(await program("garbage_reconnect_program.ts", style), "2 0 1");
  });
}
