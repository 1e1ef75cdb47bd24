import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { concurrent, create, FixedDelay, now, RetryError, sleep } from "../../mod.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

Deno.test("VirtualClock starts where it is told, and moves by advance()", () => {
  assertEquals(new VirtualClock().now(), 0);
  const clock = new VirtualClock({ now: 1_000 });
  clock.advance(250.5);
  clock.advance(0);
  assertEquals(clock.now(), 1_250.5);
  for (const ms of [-1, NaN, Infinity]) assertThrows(() => clock.advance(ms), RangeError);
  assertThrows(() => new VirtualClock({ now: NaN }), RangeError, '"now"');
  assertThrows(() => new VirtualClock({ seed: Infinity }), RangeError, '"seed"');
});

Deno.test("random() gives the same numbers for the same seed", () => {
  const draw = (seed?: number): number[] => {
    const clock = new VirtualClock({ seed });
    return Array.from({ length: 1_000 }, () => clock.random());
  };
  const numbers = draw(7);
  assertEquals(draw(7), numbers);
  assertEquals(draw(), draw(1));
  assert(draw(8)[0] !== numbers[0]);
  assert(numbers.every((value) => value >= 0 && value < 1));
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  assert(mean > 0.45 && mean < 0.55, `mean ${mean}`);
});

Deno.test("sleepSync() lets time pass at once", () => {
  const clock = new VirtualClock({ now: 5 });
  for (const ms of [60_000, 0, -1]) clock.sleepSync(ms);
  assertEquals(clock.now(), 60_005);
  assertEquals(clock.sleeps, [60_000, 0, -1]);
});

Deno.test("sleep() wakes sleepers in the order of their times", async () => {
  const clock = new VirtualClock();
  const woken: [string, number][] = [];
  const sleeper = async (name: string, ...times: number[]): Promise<void> => {
    for (const ms of times) {
      await clock.sleep(ms);
      woken.push([name, clock.now()]);
    }
  };
  await Promise.all([
    sleeper("a", 50),
    sleeper("b", 10, 20, 30),
    sleeper("c", 0, 10),
    sleeper("d", 50),
  ]);
  assertEquals(woken, [
    ["c", 0],
    ["b", 10],
    ["c", 10],
    ["b", 30],
    ["a", 50],
    ["d", 50],
    ["b", 60],
  ]);
  assertEquals(clock.sleeps, [50, 10, 0, 50, 10, 20, 30]);
});

Deno.test("sleep() waits for a turn of the event loop", async () => {
  const clock = new VirtualClock();
  let awake = false;
  const sleeping = clock.sleep(10).then(() => awake = true);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  assertEquals([awake, clock.now()], [false, 0]);
  await sleeping;
  assertEquals(clock.now(), 10);
});

Deno.test("sleep() reads a later time when time has passed meanwhile", async () => {
  const clock = new VirtualClock();
  const sleeping = clock.sleep(10);
  clock.advance(100);
  await sleeping;
  assertEquals(clock.now(), 100);
});

Deno.test("sleep() rejects with the reason when its signal fires", async () => {
  const clock = new VirtualClock();
  const reason = new Error("stop");
  assert(await clock.sleep(10, AbortSignal.abort(reason)).catch((error) => error) === reason);
  assertEquals(clock.sleeps, []);
  const controller = new AbortController();
  const ended = clock.sleep(1_000, controller.signal).catch((error) => error);
  const other = clock.sleep(5, controller.signal);
  await other;
  controller.abort(reason);
  assert(await ended === reason);
  assertEquals(clock.now(), 5);
  await clock.sleep(1);
  assertEquals(clock.now(), 6);
});

Deno.test("sleep() without end does not hold up the others", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const endless = clock.sleep(Infinity, controller.signal);
  await clock.sleep(10);
  assertEquals(clock.now(), 10);
  controller.abort(new Error("enough"));
  await assertRejects(() => endless, Error, "enough");
});

bothStyles("retries wait in virtual time", async (t) => {
  const clock = new VirtualClock();
  const transport = new MockTransport();
  transport.on("GET", "https://api.test/").fail();
  const retryStrategy = new FixedDelay({ delay: 20_000 });
  const api = create({ transport, clock, maxRetries: 3, retryStrategy });
  await t.fails(t.get(api, "https://api.test/"), RetryError);
  assertEquals(clock.sleeps, [20_000, 20_000, 20_000]);
  assertEquals(clock.now(), 60_000);
});

bothStyles("flows that run at once wake in the order of their times", async (t) => {
  const clock = new VirtualClock();
  const transport = new MockTransport();
  transport.on("GET", /./).reply(200);
  const api = create({ transport, clock });
  const woken: unknown[] = [];
  api.use(function* (request, next) {
    for (const ms of request.context["waits"] as number[]) {
      yield* sleep(ms);
      woken.push([request.context["name"], yield* now()]);
    }
    return yield* next();
  });
  const context = { a: [50], b: [10, 30, 20] };
  const flows = Object.entries(context).map(([name, waits]) =>
    api.flow.get("https://api.test/", { context: { name, waits } })
  );
  await t.run(concurrent(flows));
  assertEquals(woken, [["b", 10], ["b", 40], ["a", 50], ["b", 60]]);
});
