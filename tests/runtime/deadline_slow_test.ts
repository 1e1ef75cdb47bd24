import { assert, assertEquals } from "@std/assert";
import { startDeadline } from "../../src/runtime/deadline.ts";

const ended = (ms: number): Promise<void> =>
  new Promise((resolve) => startDeadline(ms, resolve, false));

/** Keeps the process alive, as a request on the wire does. */
async function busy<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

Deno.test("startDeadline() ends long limits too, the earliest first", async () => {
  await busy(async () => {
    const order: string[] = [];
    const late = ended(5_300).then(() => order.push("late"));
    const early = ended(5_000).then(() => order.push("early"));
    let cancelled = true;
    startDeadline(5_050, () => cancelled = false, false).cancel();
    await Promise.all([late, early]);
    assertEquals(order, ["early", "late"]);
    assert(cancelled);
  });
});
