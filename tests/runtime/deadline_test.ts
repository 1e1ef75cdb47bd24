import { assertEquals } from "@std/assert";
import { startDeadline } from "../../src/runtime/deadline.ts";

Deno.test("startDeadline() ends short limits by a timer of their own, each in its turn", async () => {
  const order: string[] = [];
  const ended = (name: string, ms: number): Promise<void> =>
    new Promise((resolve) => startDeadline(ms, () => resolve(void order.push(name)), false));
  await Promise.all([ended("late", 60), ended("early", 20)]);
  assertEquals(order, ["early", "late"]);
});

Deno.test("startDeadline() leaves no timer behind", {
  sanitizeOps: true,
  sanitizeResources: true,
}, () => {
  startDeadline(30_000, () => {}, false).cancel();
  startDeadline(30_000, () => {}, true).cancel();
  startDeadline(10, () => {}, true).cancel();
});
