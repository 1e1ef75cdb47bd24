import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { elapsed, realClock } from "../../src/runtime/clock.ts";
import { watchedSignal } from "../transport/wire.ts";

Deno.test("realClock gives the time of day and random numbers", () => {
  const before = Date.now();
  const now = realClock.now();
  assert(before <= now && now <= Date.now(), `${before} ${now}`);
  const number = realClock.random();
  assert(number >= 0 && number < 1);
});

Deno.test("realClock.sleep() waits", async () => {
  const start = elapsed();
  await realClock.sleep(30);
  assert(elapsed() - start >= 28);
  await realClock.sleep(-1);
});

Deno.test("realClock.sleep() rejects at once with the signal's reason", async () => {
  const { control, listeners } = watchedSignal();
  const reason = new Error("stop");
  const sleep = realClock.sleep(60_000, control.signal);
  control.abort(reason);
  assert(reason === await assertRejects(() => sleep));
  assertEquals(listeners(), 0);
  assert(reason === await assertRejects(() => realClock.sleep(60_000, control.signal)));
});

Deno.test("realClock.sleep() leaves no listener when it ends", async () => {
  const { control, listeners } = watchedSignal();
  await realClock.sleep(1, control.signal);
  assertEquals(listeners(), 0);
});

Deno.test("realClock.sleep() waits longer than a timer can", async () => {
  using time = new FakeTime();
  const days = 40 * 86_400_000;
  let awake = false;
  const sleep = realClock.sleep(days).then(() => awake = true);
  await time.tickAsync(days - 1);
  assertEquals(awake, false);
  await time.tickAsync(1);
  await sleep;
});

Deno.test("realClock.sleepSync() blocks the thread", () => {
  const start = elapsed();
  realClock.sleepSync(20);
  assert(elapsed() - start >= 19);
  realClock.sleepSync(0);
  realClock.sleepSync(-5);
});
