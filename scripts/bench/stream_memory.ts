/**
 * Streams 1 GiB in each style, checks every byte, and prints peak memory over the baseline (the
 * process after a small stream of the same kind): `deno run -A scripts/bench/stream_memory.ts`.
 * Server and reader have a process each. An argument sets the size in MiB.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { create } from "../../mod.ts";
import { isPattern, patternBytes } from "../../tests/support/server_bytes.ts";

const MIB = 1024 * 1024;
const STYLES = ["fetch", "async", "sync"] as const;
const SELF = new URL(import.meta.url).pathname;

type Style = typeof STYLES[number];

/** Answers `/?size=` with that many bytes of the pattern, as fast as they are read. */
function serve(): void {
  const handler = (request: Request): Response => {
    const size = Number(new URL(request.url).searchParams.get("size"));
    let offset = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller): void {
        const length = Math.min(65_536, size - offset);
        if (length === 0) return controller.close();
        controller.enqueue(patternBytes(length, offset));
        offset += length;
      },
    });
    return new Response(body, { headers: { "content-type": "application/octet-stream" } });
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, automaticCompression: false },
    handler,
  );
  console.log(server.addr.port);
}

/** Opens a stream of that style. */
async function open(
  style: Style,
  url: string,
): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  if (style === "fetch") return (await fetch(url)).body ?? [];
  const api = create();
  if (style === "sync") return api.streamSync(url).iterBytes();
  return (await api.stream(url)).iterBytes();
}

async function read(style: Style, origin: string, size: number): Promise<number> {
  const body = await open(style, `${origin}/?size=${size}`);
  let offset = 0;
  let peak = 0;
  let chunks = 0;
  const take = (chunk: Uint8Array): void => {
    if (!isPattern(chunk, offset)) throw new Error(`Wrong bytes after ${offset}`);
    offset += chunk.byteLength;
    if (chunks++ % 64 === 0) peak = Math.max(peak, Deno.memoryUsage().rss);
  };
  // A sync stream is read without giving the event loop a turn.
  if (Symbol.iterator in body) { for (const chunk of body) take(chunk); }
  else for await (const chunk of body) take(chunk);
  if (offset !== size) throw new Error(`${offset} bytes came instead of ${size}`);
  return Math.max(peak, Deno.memoryUsage().rss);
}

async function measure(style: Style, origin: string, size: number): Promise<void> {
  await read(style, origin, 4 * MIB);
  const baseline = Deno.memoryUsage().rss;
  const start = performance.now();
  const peak = await read(style, origin, size);
  const seconds = (performance.now() - start) / 1000;
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1).padStart(7);
  console.log(
    `${style.padEnd(6)} baseline ${mib(baseline)} MiB, peak ${mib(peak)} MiB, ` +
      `over it ${mib(peak - baseline)} MiB, ${(size / MIB / seconds).toFixed(0)} MiB/s`,
  );
}

function start(...args: string[]): Deno.ChildProcess {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SELF, ...args],
    stdout: "piped",
    stderr: "inherit",
  });
  return command.spawn();
}

if (import.meta.main) {
  const [mode = "1024", origin = "", size = "0"] = Deno.args;
  const style = STYLES.find((name) => name === mode);
  if (mode === "serve") {
    serve();
  } else if (style) {
    await measure(style, origin, Number(size));
    Deno.exit();
  } else {
    const server = start("serve");
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const port = (await reader.read()).value?.trim();
    for (const each of STYLES) {
      const child = start(each, `http://127.0.0.1:${port}`, String(Number(mode) * MIB));
      console.log(new TextDecoder().decode((await child.output()).stdout).trim());
    }
    await reader.cancel();
    server.kill();
    await server.status;
  }
}
