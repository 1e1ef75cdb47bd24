/**
 * Opens a stream, drops it, collects garbage, and prints whether the server saw it go: run with
 * `--v8-flags=--expose-gc` and the server, a key, `async` or `sync`, and what to hold on to.
 */
// deno-lint-ignore-file no-console -- a program talks to its terminal
import { create } from "../../mod.ts";

const [server = "", key = "", style = "", hold = ""] = Deno.args;
const { gc } = globalThis as unknown as { gc: () => void };
const api = create({ baseURL: server });
const path = `/stream?size=500000000&key=${key}`;
const { signal } = new AbortController();

async function open(): Promise<unknown> {
  const stream = style === "async"
    ? await api.stream(path, { signal })
    : api.streamSync(path, { signal });
  const chunks = stream.iterBytes();
  await chunks.next();
  return hold === "iterator" ? chunks : hold === "stream" ? stream : undefined;
}

const held = await open();
let aborted = 0;
for (let round = 0; round < 30 && aborted === 0; round++) {
  gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
  aborted = (await (await fetch(`${server}/__open?key=${key}`)).json()).aborted;
}
console.log(aborted, typeof held);
Deno.exit();
