import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { Limit } from "../../src/flow/limit.ts";
import { elapsed, realClock } from "../../src/runtime/clock.ts";
import { watchedSignal } from "../transport/wire.ts";

/** The clock as it is where it is loaded when time is faked already. */
async function clockUnder(): Promise<typeof realClock> {
  const module = `../../src/runtime/clock.ts?faked=${crypto.randomUUID()}`;
  return (await import(module)).realClock;
}

Deno.test("realClock gives the time of day and random numbers", () => {
  const [before, now, after] = [Date.now(), realClock.now(), Date.now()];
  assert(before <= now && now <= after);
  const number = realClock.random();
  assert(number >= 0 && number < 1);
});

Deno.test("realClock and elapsed() are real where a test fakes time afterwards", async () => {
  const before = Date.now();
  using _time = new FakeTime(0);
  assert(realClock.now() >= before);
  const start = elapsed();
  await realClock.sleep(1);
  assert(elapsed() > start);
  assert(new Limit(realClock).now > start);
});

Deno.test("realClock.sleep() waits its time, and not for one in the past", async () => {
  using time = new FakeTime();
  const { sleep } = await clockUnder();
  const awake: number[] = [];
  sleep(30).then(() => awake.push(30));
  sleep(-1).then(() => awake.push(-1));
  await time.tickAsync(29);
  assertEquals(awake, [-1]);
  await time.tickAsync(1);
  assertEquals(awake, [-1, 30]);
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
  const { sleep } = await clockUnder();
  const days = 40 * 86_400_000;
  let awake = false;
  const slept = sleep(days).then(() => awake = true);
  await time.tickAsync(days - 1);
  assertEquals(awake, false);
  await time.tickAsync(1);
  await slept;
});

Deno.test("realClock.sleepSync() blocks the thread", () => {
  const start = elapsed();
  realClock.sleepSync(20);
  assert(elapsed() - start >= 19);
  realClock.sleepSync(0);
  realClock.sleepSync(-5);
});
