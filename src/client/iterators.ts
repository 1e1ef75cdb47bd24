import type { Flow } from "../flow/flow.ts";
import { end, type Items } from "../flow/items.ts";
import { asyncDriver } from "./async_host.ts";
import { runBlocking } from "./sync_host.ts";

/** Items by `for await`; steps that are asked for at once wait for each other. */
export function asyncItems<T>(items: Items<T>): AsyncIterableIterator<T, undefined> {
  let left = false;
  let last: Promise<unknown> = Promise.resolve();
  const step = () => {
    if (left) return end();
    return items.ready() ?? asyncDriver.run(items.advance()).catch((error) => {
      if (left) return end();
      throw error;
    });
  };
  const next = (): Promise<IteratorResult<T, undefined>> => {
    const result = last.then(step, step);
    last = result;
    return result;
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next,
    return() {
      left = true;
      items.close();
      return Promise.resolve(end());
    },
  };
}

/** Items by `for`; the thread blocks where one is not there yet. */
export function syncItems<T>(
  items: Items<T>,
  block: <U>(flow: Flow<U>) => U = runBlocking,
): IterableIterator<T, undefined> {
  let left = false;
  return {
    [Symbol.iterator]() {
      return this;
    },
    next: () => left ? end() : items.ready() ?? block(items.advance()),
    return() {
      left = true;
      items.close();
      return end();
    },
  };
}
