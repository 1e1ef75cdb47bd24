import { type Client, create } from "../../mod.ts";

/**
 * One worker for all sync calls of a test file: no test pays for its start, nor does a short limit
 * of a test. Not for tests of when a worker starts and ends.
 */
export function keepWorker(): void {
  let keeper: Client | undefined;
  Deno.test.beforeAll(async () => {
    keeper = create();
    await keeper.warmSync();
  });
  Deno.test.afterAll(() => keeper?.close());
}
