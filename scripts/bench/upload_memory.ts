/**
 * Sends a large body from a generator and shows how much memory that takes:
 * `deno run -A scripts/bench/upload_memory.ts [sync|async] [MiB] [chunk KiB]`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a benchmark talks to its terminal
import { create } from "../../mod.ts";
import { startServer } from "../../tests/support/server.ts";

const [style = "sync", mib = "256", kib = "256"] = Deno.args;
const size = Number(mib) * 1024 * 1024;
const chunkBytes = Number(kib) * 1024;

if (style === "server") {
  // A process of its own, so that its memory does not count.
  const server = await startServer();
  console.log(server.url);
  await new Promise(() => {});
}

const command = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", import.meta.filename ?? "", "server"],
  stdout: "piped",
});
const process = command.spawn();
const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
const url = (await reader.read()).value?.trim() ?? "";

let peak = 0;
function sample(): void {
  peak = Math.max(peak, Deno.memoryUsage().rss);
}

function* body(): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= chunkBytes) {
    sample();
    yield new Uint8Array(Math.min(left, chunkBytes)).fill(left & 0xff);
  }
}

using api = create({ baseURL: url, timeout: false });
if (style === "sync") api.getSync("/json");
else await api.get("/json");
for (const chunk of body()) void chunk;
peak = 0;
sample();
const before = peak;
const start = performance.now();
const path = "/echo?brief";
const { data } = style === "sync"
  ? api.postSync<{ length: number }>(path, { data: body() })
  : await api.post<{ length: number }>(path, { data: body() });
const ms = performance.now() - start;
sample();
const inMiB = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
console.log(
  `${style}: ${inMiB(data.length)} of ${inMiB(size)} in ${Math.round(ms)} ms; resident ` +
    `${inMiB(before)} before, ${inMiB(peak)} at most (+${inMiB(peak - before)})`,
);
process.kill();
await process.status;
