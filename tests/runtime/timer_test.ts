import { assertEquals } from "@std/assert";
import { ownDeadline, sharedDeadline } from "../../src/runtime/timer.ts";
import { elsewhere, importOf } from "./elsewhere.ts";

/** A thread whose time stands still until it is moved; its shared wait ends then as well. */
const STILL = `
  let now = 0;
  const timers = new Map();
  const waits = [];
  performance.now = () => now;
  globalThis.setTimeout = (run, ms) => timers.set(timers.size + 1, { run, due: now + ms }).size;
  globalThis.clearTimeout = (id) => timers.delete(id);
  Atomics.notify = () => waits.splice(0).forEach(({ resolve }) => resolve("ok"));
  Atomics.waitAsync = (cell, index, value, ms) =>
    ({ value: new Promise((resolve) => waits.push({ resolve, due: now + ms })) });
  const settled = async () => { for (let n = 0; n < 10; n++) await null; };
  const move = async (ms) => {
    now += ms;
    for (const [id, { run, due }] of [...timers]) if (due <= now && timers.delete(id)) run();
    for (const wait of waits.filter(({ due }) => due <= now)) {
      waits.splice(waits.indexOf(wait), 1);
      wait.resolve("timed-out");
    }
    await settled();
  };
  const ends = [];
  const { ownDeadline, sharedDeadline } = ${importOf("timer.ts")};
`;

Deno.test("sharedDeadline() ends short limits by a timer of their own", async () => {
  const program = `${STILL}
    sharedDeadline(30, () => ends.push(now));
    const counts = [timers.size, waits.length];
    await move(29); await move(1);
    postMessage([...counts, ends]);`;
  assertEquals(await elsewhere(program), [1, 0, [30]]);
});

Deno.test("sharedDeadline() ends long limits by one shared wait, the earliest first", async () => {
  const program = `${STILL}
    sharedDeadline(9_000, () => ends.push("late"));
    sharedDeadline(5_000, () => ends.push("early"));
    sharedDeadline(6_000, () => ends.push("cancelled")).cancel();
    await settled();
    const counts = [timers.size, waits.length];
    await move(4_999); await move(1);
    counts.push(ends.length, waits.length);
    await move(4_000);
    postMessage([...counts, ends]);`;
  assertEquals(await elsewhere(program), [0, 1, 1, 1, ["early", "late"]]);
});

Deno.test("ownDeadline() waits longer than a timer can", async () => {
  const program = `${STILL}
    const days = 40 * 86_400_000;
    ownDeadline(days, () => ends.push("over"));
    const longest = [...timers.values()][0].due;
    await move(longest); await move(days - longest - 1);
    const before = ends.length;
    await move(1);
    postMessage([longest, before, ends]);`;
  assertEquals(await elsewhere(program), [2 ** 31 - 1, 0, ["over"]]);
});

Deno.test("sharedDeadline() and ownDeadline() leave no timer behind", {
  sanitizeOps: true,
  sanitizeResources: true,
}, () => {
  sharedDeadline(30_000, () => {}).cancel();
  ownDeadline(30_000, () => {}).cancel();
  ownDeadline(10, () => {}).cancel();
});

Deno.test("sharedDeadline() has a timer of its own where shared memory is short", async () => {
  const ended = await elsewhere(
    STILL + `
    globalThis.SharedArrayBuffer = function () {
      throw new RangeError("Array buffer allocation failed");
    };
    sharedDeadline(6000, () => ends.push(now));
    await move(5999);
    await move(1);
    postMessage([ends, waits.length, timers.size]);`,
  );
  assertEquals(ended, [[6000], 0, 0]);
});
