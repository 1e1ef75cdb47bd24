/** What is used of `node:fs`. */
export interface FileSystem {
  mkdirSync(path: string, options: { recursive: boolean; mode: number }): unknown;
  readFileSync(path: string): Uint8Array<ArrayBuffer>;
  writeFileSync(path: string, data: Uint8Array, options: { flag: string; mode: number }): void;
  renameSync(from: string, to: string): void;
  rmSync(path: string, options: { force: boolean }): void;
  readdirSync(path: string): string[];
  statSync(path: string): { readonly size: number; readonly mtimeMs: number };
  utimesSync(path: string, atime: number, mtime: number): void;
}

interface ProcessHolder {
  process?: { getBuiltinModule?: (name: string) => unknown };
}

/** The files of the runtime, read and written at once. Throws a `TypeError` where there are none. */
export function fileSystem(user: string): FileSystem {
  const files = (globalThis as ProcessHolder).process?.getBuiltinModule?.("node:fs");
  if (files) return files as FileSystem;
  throw new TypeError(
    `Cannot use ${user} in this runtime: it has no "node:fs"; use Deno, Node or Bun`,
  );
}

/** The bytes of a file, `undefined` if there is none. */
export function readWhole(files: FileSystem, path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return files.readFileSync(path);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes a file that only its owner can read. Others have the old one or the new one, no part. */
export function writeWhole(files: FileSystem, path: string, data: Uint8Array): void {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    files.writeFileSync(temporary, data, { flag: "wx", mode: 0o600 });
    files.renameSync(temporary, path);
  } catch (error) {
    files.rmSync(temporary, { force: true });
    throw error;
  }
}
