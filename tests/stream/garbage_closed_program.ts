/**
 * Ends many streams before their end, collects garbage, and prints how many of them are left: run
 * with `--v8-flags=--expose-gc`, the server, `async` or `sync`, and how they end.
 */
// deno-lint-ignore-file no-console -- a program talks to its terminal
import { create } from "../../mod.ts";

const COUNT = 40;
const [server = "", style = "", how = ""] = Deno.args;
const { gc } = globalThis as unknown as { gc: () => void };
const api = create({ baseURL: server, maxResponseSize: how === "fails" ? 300_000 : false });
const refs: WeakRef<object>[] = [];

async function end(): Promise<void> {
  const path = "/stream?size=10000000";
  const stream = style === "async" ? await api.stream(path) : api.streamSync(path);
  refs.push(new WeakRef(stream));
  const chunks = stream.iterBytes();
  await chunks.next();
  if (how === "left") await chunks.return?.();
  else if (how === "closed") stream.close();
  else {
    try {
      for (;;) await chunks.next();
    } catch {
      // Too large, as it should be.
    }
  }
}

for (let count = 0; count < COUNT; count++) {
  await end();
  // A weak reference holds what it is made of until the event loop has its turn.
  await new Promise((resolve) => setTimeout(resolve));
}
let left = COUNT;
for (let round = 0; round < 30 && left > 2; round++) {
  gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
  left = refs.filter((ref) => ref.deref() !== undefined).length;
}
// The last one may still be on the stack.
console.log(left <= 2 ? "gone" : `${left} left`);
Deno.exit();
