import { assert, assertEquals } from "@std/assert";
import { elapsed } from "../../src/runtime/clock.ts";
import { startDeadline } from "../../src/runtime/deadline.ts";

const ended = (ms: number, exact = false): Promise<number> => {
  const start = elapsed();
  return new Promise((resolve) => startDeadline(ms, () => resolve(elapsed() - start), exact));
};

/** Keeps the process alive, as a request on the wire does. */
async function busy<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

Deno.test("startDeadline() ends short limits by a timer of their own", async () => {
  const after = await ended(30);
  assert(after >= 28 && after < 500, `${after}`);
});

Deno.test("startDeadline() ends long limits too, the earliest first", async () => {
  await busy(async () => {
    const order: string[] = [];
    const late = ended(5_300).then(() => order.push("late"));
    const early = ended(5_000).then((after) => {
      order.push("early");
      assert(after >= 5_000 && after < 5_250, `${after}`);
    });
    let cancelled = true;
    startDeadline(5_050, () => cancelled = false, false).cancel();
    await Promise.all([late, early]);
    assertEquals(order, ["early", "late"]);
    assert(cancelled);
  });
});

Deno.test("startDeadline() leaves no timer behind", {
  sanitizeOps: true,
  sanitizeResources: true,
}, () => {
  startDeadline(30_000, () => {}, false).cancel();
  startDeadline(30_000, () => {}, true).cancel();
  startDeadline(10, () => {}, true).cancel();
});
