import { assertEquals } from "@std/assert";
import { TokenBucket, type Turn } from "../../src/plugins/token_bucket.ts";

const NOW = 1_000_000;

/** When each of `count` turns that are asked for at once may be sent, from now. */
function times(bucket: TokenBucket, count: number, now = NOW): number[] {
  return Array.from({ length: count }, () => bucket.reserve(now).at - now);
}

/** Uses a turn when its time has come; returns when that was. */
function use(bucket: TokenBucket, turn: Turn, now: number): number {
  let at = now;
  for (let wait = bucket.use(turn, at); wait > 0; wait = bucket.use(turn, at)) at += wait;
  return at;
}

Deno.test("TokenBucket gives limit tokens at once and then one every interval / limit", () => {
  const bucket = new TokenBucket({ limit: 3, interval: 300 });
  assertEquals(times(bucket, 6), [0, 0, 0, 100, 200, 300]);
});

Deno.test("TokenBucket is full again after an interval", () => {
  const bucket = new TokenBucket({ limit: 3, interval: 300 });
  times(bucket, 3);
  assertEquals(times(bucket, 4, NOW + 300), [0, 0, 0, 100]);
});

Deno.test("TokenBucket holds no more than its limit after a long rest", () => {
  const bucket = new TokenBucket({ limit: 2, interval: 200 });
  times(bucket, 1);
  assertEquals(times(bucket, 3, NOW + 1_000_000), [0, 0, 100]);
});

Deno.test("TokenBucket never sends more than 2 * limit in any interval", () => {
  const bucket = new TokenBucket({ limit: 5, interval: 1_000 });
  const sent = Array.from({ length: 100 }, (_, n) => bucket.reserve(NOW + n * 7).at);
  for (const from of sent) {
    const within = sent.filter((at) => at >= from && at < from + 1_000).length;
    assertEquals(within <= 10, true, `${within} from ${from}`);
  }
});

Deno.test("TokenBucket.use waits in whole milliseconds until the turn", () => {
  const bucket = new TokenBucket({ limit: 1, interval: 10.5 });
  bucket.use(bucket.reserve(NOW), NOW);
  const second = bucket.reserve(NOW);
  assertEquals(bucket.use(second, NOW), 11);
  assertEquals(bucket.use(second, NOW + 11), 0);
});

Deno.test("TokenBucket without a limit lets everything pass", () => {
  const bucket = new TokenBucket({ limit: Infinity, interval: 1_000 });
  assertEquals(times(bucket, 4), [0, 0, 0, 0]);
});

Deno.test("TokenBucket.cancel of the last turn gives the token to who comes next", () => {
  const bucket = new TokenBucket({ limit: 1, interval: 100 });
  bucket.use(bucket.reserve(NOW), NOW);
  const waiting = bucket.reserve(NOW);
  bucket.cancel(waiting);
  assertEquals(times(bucket, 1), [100]);
});

Deno.test("TokenBucket.cancel of a hundred turns in order leaves no wait behind", () => {
  const bucket = new TokenBucket({ limit: 1, interval: 100 });
  bucket.use(bucket.reserve(NOW), NOW);
  for (const turn of Array.from({ length: 100 }, () => bucket.reserve(NOW))) bucket.cancel(turn);
  assertEquals(times(bucket, 1), [100]);
});

Deno.test("TokenBucket.cancel of a turn in the middle never lets two pass at once", () => {
  const bucket = new TokenBucket({ limit: 1, interval: 100 });
  bucket.use(bucket.reserve(NOW), NOW);
  const [second, third] = [bucket.reserve(NOW), bucket.reserve(NOW)];
  bucket.cancel(second);
  assertEquals(use(bucket, third, NOW), NOW + 200);
  assertEquals(times(bucket, 1, NOW + 200), [100]);
});

Deno.test("TokenBucket.pause holds all back and keeps their order and rate", () => {
  const bucket = new TokenBucket({ limit: 1, interval: 100 });
  bucket.use(bucket.reserve(NOW), NOW);
  const turns = [bucket.reserve(NOW), bucket.reserve(NOW)];
  bucket.pause(NOW + 5_000, NOW);
  assertEquals(turns.map(({ at }) => at - NOW), [5_000, 5_100]);
  assertEquals(times(bucket, 1), [5_200]);
});

Deno.test("TokenBucket.pause allows a burst of limit at its end, not of all that waited", () => {
  const bucket = new TokenBucket({ limit: 2, interval: 100 });
  bucket.pause(NOW + 60_000, NOW);
  assertEquals(times(bucket, 4), [60_000, 60_000, 60_050, 60_100]);
});

Deno.test("TokenBucket.pause leaves later turns where they are", () => {
  const bucket = new TokenBucket({ limit: 1, interval: 1_000 });
  bucket.use(bucket.reserve(NOW), NOW);
  const turns = [bucket.reserve(NOW), bucket.reserve(NOW), bucket.reserve(NOW)];
  bucket.pause(NOW + 500, NOW);
  assertEquals(turns.map(({ at }) => at - NOW), [1_000, 2_000, 3_000]);
});

Deno.test("TokenBucket.pause ignores a shorter pause than the one at work", () => {
  const bucket = new TokenBucket({ limit: 1, interval: 100 });
  bucket.pause(NOW + 5_000, NOW);
  bucket.pause(NOW + 1_000, NOW);
  assertEquals(bucket.pauseLeft(NOW), 5_000);
  assertEquals(bucket.pauseLeft(NOW + 5_000), 0);
});

Deno.test("TokenBucket.allow sends what the server has left, the rest after its reset", () => {
  const bucket = new TokenBucket({ limit: 10, interval: 1_000 });
  bucket.allow(2, NOW + 30_000, NOW);
  const turns = Array.from({ length: 4 }, () => bucket.reserve(NOW));
  assertEquals(turns.map((turn) => bucket.use(turn, NOW)), [0, 0, 30_000, 30_000]);
});

Deno.test("TokenBucket.allow takes no late answer for more than is left", () => {
  const bucket = new TokenBucket({ limit: 10, interval: 1_000 });
  bucket.allow(1, NOW + 30_000, NOW);
  bucket.use(bucket.reserve(NOW), NOW);
  bucket.allow(5, NOW + 30_400, NOW);
  assertEquals(bucket.use(bucket.reserve(NOW), NOW), 30_400);
});

Deno.test("TokenBucket.allow begins anew with the server's next window", () => {
  const bucket = new TokenBucket({ limit: 10, interval: 1_000 });
  bucket.allow(0, NOW + 1_000, NOW);
  bucket.allow(7, NOW + 61_000, NOW + 1_000);
  assertEquals(bucket.use(bucket.reserve(NOW + 1_000), NOW + 1_000), 0);
});

Deno.test("TokenBucket makes nobody wait for the time by which the clock was set back", () => {
  const bucket = new TokenBucket({ limit: 1, interval: 100 });
  bucket.use(bucket.reserve(NOW), NOW);
  const turn = bucket.reserve(NOW);
  const back = NOW - 3_600_000;
  assertEquals(bucket.use(turn, back), 100);
  assertEquals(times(bucket, 1, back), [200]);
});

Deno.test("TokenBucket.idle is true once nothing is left of what happened", () => {
  const bucket = new TokenBucket({ limit: 2, interval: 100 });
  assertEquals(bucket.idle(NOW), true);
  const turn = bucket.reserve(NOW);
  assertEquals(bucket.idle(NOW + 1_000), false);
  bucket.use(turn, NOW + 1_000);
  assertEquals(bucket.idle(NOW + 1_000), true);
  bucket.pause(NOW + 5_000, NOW + 1_000);
  assertEquals(bucket.idle(NOW + 1_000), false);
  assertEquals(bucket.idle(NOW + 5_000), true);
});
