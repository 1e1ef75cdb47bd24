/**
 * The built-in modules of Node that the programs use; Deno and Bun have them as well.
 *
 * @module
 */

/** What the programs use of `node:worker_threads`. */
export interface Threads {
  readonly Worker: new (url: URL, options: { workerData: unknown; env: unknown }) => {
    unref(): void;
    postMessage(message: unknown): void;
  };
  readonly SHARE_ENV: unknown;
}

interface NodeProcess {
  readonly argv: readonly string[];
  getBuiltinModule(name: string): unknown;
  memoryUsage(): { rss: number; heapUsed: number };
  cpuUsage(): { user: number; system: number };
  exit(code: number): never;
}

/** The process, as Node describes it. */
export const nodeProcess: NodeProcess = (globalThis as unknown as { process: NodeProcess }).process;

/** A built-in module, without an import that bundlers would follow. */
export function builtin<T>(name: string): T {
  return nodeProcess.getBuiltinModule(`node:${name}`) as T;
}

/** Threads of Node. */
export function threads(): Threads {
  return builtin<Threads>("worker_threads");
}

/** Microseconds of CPU that all threads of the process have used. */
export function cpuMicroseconds(): number {
  const { user, system } = nodeProcess.cpuUsage();
  return user + system;
}

/** Collects garbage where the runtime was asked to let programs do that. */
export function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

/** Prints what the parent process reads. */
export function report(value: unknown): void {
  // deno-lint-ignore no-console -- the parent reads it from here
  console.log(`RESULT ${JSON.stringify(value)}`);
}

/** The object that the parent gave, in the last argument. */
export function given<T>(): T {
  return JSON.parse(nodeProcess.argv.at(-1) as string) as T;
}
