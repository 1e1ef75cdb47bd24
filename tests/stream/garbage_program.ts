/** Opens a stream, drops it, and collects garbage: run with `--v8-flags=--expose-gc`. */
import { create } from "../../mod.ts";

const [url = "", style = "", hold = ""] = Deno.args;
const collect = (globalThis as unknown as { gc: () => void }).gc;
const api = create();

async function open(): Promise<unknown> {
  const stream = style === "async"
    ? await api.get(url, { stream: true })
    : api.getSync(url, { stream: true });
  const chunks = stream.iterBytes();
  await chunks.next();
  return hold === "iterator" ? chunks : undefined;
}

const held = await open();
for (let round = 0; round < 20; round++) {
  collect();
  await new Promise((resolve) => setTimeout(resolve, 25));
}
console.log((await (await fetch(url.replace(/\/stream.*key=/, "/__aborted?key="))).text()).trim());
if (held) await (held as AsyncIterator<unknown>).next();
