/**
 * Starting the servers: nginx for files where it is installed, one of our own for the rest.
 *
 * @module
 */

import { FILES, LINES, LINES_PIECE, nginxConfig, SMALL } from "./server_files.ts";

/** The servers of a run. */
export interface Servers extends AsyncDisposable {
  /** Base URL of `/small`, `/1m` and `/64m`, and where they are wanted the files of lines. */
  readonly files: string;
  /** Base URL of `/wait/<ms>`, `/flaky`, and of `/hold`, which waits for a `/release`. */
  readonly origin: string;
  /** What serves the files. */
  readonly software: string;
}

/** Where Debian, Alpine and Homebrew put it; root's PATH need not have it. */
const NGINX = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"];

/** Starts them, each in a process of its own. Files of lines take 1.1 GB on the disk. */
export async function startServers({ lines }: { lines: boolean }): Promise<Servers> {
  const own = await startOwn();
  const nginx = await startNginx(lines);
  const stop = async (child: Deno.ChildProcess | undefined): Promise<void> => {
    child?.kill();
    await child?.status;
  };
  return {
    files: nginx?.url ?? own.url,
    origin: own.url,
    software: nginx?.version ?? `Deno ${Deno.version.deno}`,
    async [Symbol.asyncDispose](): Promise<void> {
      await stop(own.child);
      await stop(nginx?.child);
      if (nginx) await Deno.remove(nginx.folder, { recursive: true });
    },
  };
}

async function startOwn(): Promise<{ url: string; child: Deno.ChildProcess }> {
  const program = new URL("./origin.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", program],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  return { url: `http://127.0.0.1:${value?.trim()}`, child };
}

interface Nginx {
  readonly url: string;
  readonly version: string;
  readonly folder: string;
  readonly child: Deno.ChildProcess;
}

async function startNginx(lines: boolean): Promise<Nginx | undefined> {
  const program = NGINX.find((path) => statOf(path));
  if (!program) return undefined;
  const folder = await Deno.makeTempDir({ prefix: "ax-client-nginx-" });
  await Deno.mkdir(`${folder}/files`);
  // nginx serves as another user where root starts it.
  await Deno.chmod(folder, 0o755);
  await Deno.writeTextFile(`${folder}/files/small`, SMALL);
  for (const [name, size] of Object.entries(FILES)) {
    await Deno.writeTextFile(`${folder}/files/${name}`, "");
    await Deno.truncate(`${folder}/files/${name}`, size);
  }
  for (const [name, size] of Object.entries(lines ? LINES : {})) {
    await writeLines(`${folder}/files/${name}`, size);
  }
  const port = freePort();
  await Deno.writeTextFile(`${folder}/nginx.conf`, nginxConfig(folder, port));
  const child = new Deno.Command(program, {
    args: ["-c", `${folder}/nginx.conf`, "-p", folder],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  await answering(`${url}/small`);
  const { stderr } = await new Deno.Command(program, { args: ["-v"] }).output();
  const version = /nginx\/[\d.]+/.exec(new TextDecoder().decode(stderr))?.[0] ?? "nginx";
  return { url, version: version.replace("/", " "), folder, child };
}

async function writeLines(path: string, size: number): Promise<void> {
  const file = await Deno.open(path, { write: true, create: true });
  const writer = file.writable.getWriter();
  for (let left = size; left > 0; left -= LINES_PIECE.length) {
    await writer.write(LINES_PIECE.subarray(0, left));
  }
  await writer.close();
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

async function answering(url: string): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
