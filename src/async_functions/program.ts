/** The part of `process` that a thread shares with its program. */
interface ThreadProcess {
  argv: string[];
  readonly stdout: Output;
  readonly stderr: Output;
  readonly versions: { readonly node?: string };
  getBuiltinModule(name: string): unknown;
}

interface Output {
  write: (...args: unknown[]) => boolean;
}

interface FileSystem {
  writeSync(fd: number, data: unknown): number;
}

const { process, Deno, Bun } = globalThis as {
  process?: ThreadProcess;
  Deno?: unknown;
  Bun?: unknown;
};

/**
 * Makes a worker look like the program that started it, for code of the user's: the same arguments,
 * and output that appears although the program's thread is blocked.
 */
export function adoptProgram(argv: readonly string[]): void {
  if (!process) return;
  process.argv.splice(0, process.argv.length, ...argv);
  if (Deno || Bun) return;
  // Node hands a worker's output to the thread that started it, which is blocked, or may end first.
  const files = process.getBuiltinModule("node:fs") as FileSystem;
  for (const [fd, output] of [[1, process.stdout], [2, process.stderr]] as const) {
    output.write = (data, ...more): boolean => {
      writeWhole(files, fd, data);
      const done = more.at(-1);
      if (typeof done === "function") done();
      return true;
    };
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
