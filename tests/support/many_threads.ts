/** Many threads that make their first sync call at once, in Deno and in Node. */

interface Thread {
  on(event: "message" | "error", listener: (value: unknown) => void): void;
  terminate(): Promise<unknown>;
}

interface Threads {
  Worker: new (source: URL, options: { readonly workerData: unknown }) => Thread;
}

const PROGRAM = `
  import { parentPort, workerData } from "node:worker_threads";
  const { create } = await import(workerData.module);
  const api = create({ timeout: 30_000 });
  parentPort.postMessage(api.getSync(workerData.url).status);`;

/**
 * What each thread's call comes to: its status, or its error.
 *
 * @param module The URL of the package's module.
 */
export async function manyThreads(module: string, url: string, count: number): Promise<unknown[]> {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): unknown };
  };
  const { Worker } = process.getBuiltinModule("node:worker_threads") as Threads;
  const source = new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`);
  const threads = Array.from(
    { length: count },
    () => new Worker(source, { workerData: { module, url } }),
  );
  const outcomes = await Promise.all(threads.map((thread) =>
    new Promise((resolve) => {
      thread.on("message", resolve);
      thread.on("error", (error) => resolve(String(error)));
    })
  ));
  await Promise.all(threads.map((thread) => thread.terminate()));
  return outcomes;
}
