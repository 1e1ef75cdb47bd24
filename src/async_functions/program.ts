/** The part of `process` that a thread shares with its program. */
interface ThreadProcess {
  argv: string[];
  readonly stdout: Output;
  readonly stderr: Output;
  getBuiltinModule(name: string): unknown;
}

interface Output {
  write: (...args: unknown[]) => boolean;
}

interface FileSystem {
  writeSync(fd: number, data: unknown): number;
}

type ConsoleClass = new (out: Output, error: Output) => Record<string, () => void>;

const { process, Deno, Bun } = globalThis as {
  process?: ThreadProcess;
  Deno?: unknown;
  Bun?: unknown;
};

/**
 * Makes a worker look like the program that started it, for code of the user's: the same arguments,
 * and output that appears although the program's thread is blocked, or ends first.
 */
export function adoptProgram(argv: readonly string[]): void {
  if (!process) return;
  process.argv.splice(0, process.argv.length, ...argv);
  if (Deno) return;
  // Node and Bun hand a worker's output to the thread that started it.
  const files = process.getBuiltinModule("node:fs") as FileSystem;
  const { stdout, stderr } = process;
  for (const [fd, output] of [[1, stdout], [2, stderr]] as const) {
    output.write = (data, ...more): boolean => {
      writeWhole(files, fd, data);
      const done = more.at(-1);
      if (typeof done === "function") done();
      return true;
    };
  }
  if (!Bun) return;
  // Its console does not go by these.
  const { Console } = process.getBuiltinModule("node:console") as { Console: ConsoleClass };
  const own = new Console(stdout, stderr);
  for (const [name, method] of Object.entries(own)) {
    if (typeof method === "function") Object.assign(console, { [name]: method.bind(own) });
  }
}

/** A full pipe refuses for a moment; one whose reader is gone for good. */
function writeWhole(files: FileSystem, fd: number, data: unknown): void {
  let bytes = typeof data === "string" ? new TextEncoder().encode(data) : data as Uint8Array;
  for (let tries = 0; bytes.length > 0 && tries < 1000;) {
    try {
      bytes = bytes.subarray(files.writeSync(fd, bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      tries++;
    }
  }
}
