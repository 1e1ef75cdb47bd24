import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  ExponentialBackoff,
  FixedDelay,
  type Jitter,
  LinearBackoff,
  type RetryContext,
  type RetryStrategy,
} from "../../src/call/backoff.ts";

function context(random = 0.5, previousDelay?: number): RetryContext {
  return { error: undefined, request: undefined, previousDelay, random };
}

function delays(strategy: RetryStrategy, random?: number): number[] {
  return [1, 2, 3, 4].map((retry) => strategy.getDelay(retry, context(random)));
}

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const ms = fc.integer({ min: 0, max: 100_000 });
const retries = fc.integer({ min: 1, max: 5000 });

Deno.test("FixedDelay.getDelay() stays the same when retries go on", () => {
  assertEquals(delays(new FixedDelay()), [1000, 1000, 1000, 1000]);
  assertEquals(delays(new FixedDelay({ delay: 7, jitter: undefined })), [7, 7, 7, 7]);
});

Deno.test("LinearBackoff.getDelay() adds the increment when retries go on", () => {
  assertEquals(delays(new LinearBackoff({ jitter: "none" })), [500, 1000, 1500, 2000]);
  assertEquals(
    delays(new LinearBackoff({ base: 1, increment: 2, maxDelay: 4, jitter: "none" })),
    [1, 3, 4, 4],
  );
});

Deno.test("ExponentialBackoff.getDelay() multiplies when retries go on", () => {
  assertEquals(delays(new ExponentialBackoff({ jitter: "none" })), [500, 1000, 2000, 4000]);
  assertEquals(
    delays(new ExponentialBackoff({ base: 1, multiplier: 3, maxDelay: 10, jitter: "none" })),
    [1, 3, 9, 10],
  );
});

Deno.test("getDelay() uses full jitter when none is named, FixedDelay aside", () => {
  assertEquals(delays(new LinearBackoff(), 0.5), [250, 500, 750, 1000]);
  assertEquals(delays(new ExponentialBackoff(), 0.5), [250, 500, 1000, 2000]);
  assertEquals(delays(new ExponentialBackoff(), 0), [0, 0, 0, 0]);
});

Deno.test("getDelay() grows from the previous delay when jitter is decorrelated", () => {
  const strategy = new ExponentialBackoff({ base: 100, maxDelay: 1000, jitter: "decorrelated" });
  assertEquals(strategy.getDelay(1, context(0)), 100);
  assertEquals(strategy.getDelay(1, context(0.5)), 200);
  assertEquals(strategy.getDelay(2, context(0.5, 200)), 350);
  assertEquals(strategy.getDelay(2, context(0.5, 5000)), 1000);
  assertEquals(strategy.getDelay(2, context(0.5, 1)), 200);
  assertEquals(new FixedDelay({ jitter: "decorrelated" }).getDelay(9, context(0.9, 3000)), 3000);
});

/** Checks the bounds of one strategy for every jitter. */
function checkBounds(
  build: (jitter: Jitter) => RetryStrategy,
  plain: number,
  base: number,
  maxDelay: number,
  retry: number,
  given: RetryContext,
): void {
  const capped = Math.min(plain, maxDelay);
  assertEquals(build("none").getDelay(retry, given), capped);
  const full = build("full").getDelay(retry, given);
  assert(full >= 0 && full <= capped);
  const equal = build("equal").getDelay(retry, given);
  // The smallest numbers there are cannot be halved.
  assert(equal >= capped / 2 - Number.MIN_VALUE && equal <= capped);
  const decorrelated = build("decorrelated").getDelay(retry, given);
  assert(decorrelated >= Math.min(base, maxDelay) && decorrelated <= maxDelay);
}

Deno.test("LinearBackoff.getDelay() stays in its bounds when given any options", () => {
  fc.assert(
    fc.property(ms, ms, ms, retries, random, fc.option(ms, { nil: undefined }), (...given) => {
      const [base, increment, maxDelay, retry, drawn, previous] = given;
      checkBounds(
        (jitter) => new LinearBackoff({ base, increment, maxDelay, jitter }),
        base + increment * (retry - 1),
        base,
        maxDelay,
        retry,
        context(drawn, previous),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("ExponentialBackoff.getDelay() stays in its bounds when given any options", () => {
  const factor = fc.double({ min: 0, max: 1000, noNaN: true });
  fc.assert(
    fc.property(ms, factor, ms, retries, random, fc.option(ms, { nil: undefined }), (...given) => {
      const [base, multiplier, maxDelay, retry, drawn, previous] = given;
      checkBounds(
        (jitter) => new ExponentialBackoff({ base, multiplier, maxDelay, jitter }),
        base === 0 ? 0 : base * multiplier ** (retry - 1),
        base,
        maxDelay,
        retry,
        context(drawn, previous),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("FixedDelay.getDelay() stays in its bounds when given any options", () => {
  fc.assert(
    fc.property(ms, retries, random, fc.option(ms, { nil: undefined }), (...given) => {
      const [delay, retry, drawn, previous] = given;
      const fixed = (jitter: Jitter) => new FixedDelay({ delay, jitter });
      assertEquals(fixed("none").getDelay(retry, context(drawn, previous)), delay);
      assert(fixed("full").getDelay(retry, context(drawn, previous)) <= delay);
      assert(fixed("equal").getDelay(retry, context(drawn, previous)) >= delay / 2);
      const wide = fixed("decorrelated").getDelay(retry, context(drawn, previous));
      assert(wide >= delay && wide <= delay * 3);
    }),
    { numRuns: 200 },
  );
});

Deno.test("ExponentialBackoff() throws a RangeError when a number makes no sense", () => {
  for (const value of [-1, NaN, Infinity, "500" as unknown as number]) {
    for (const name of ["base", "multiplier", "maxDelay"]) {
      assertThrows(() => new ExponentialBackoff({ [name]: value }), RangeError, `"${name}"`);
    }
    for (const name of ["base", "increment", "maxDelay"]) {
      assertThrows(() => new LinearBackoff({ [name]: value }), RangeError, `"${name}"`);
    }
    assertThrows(() => new FixedDelay({ delay: value }), RangeError, '"delay"');
  }
});

Deno.test("ExponentialBackoff() throws a TypeError when the jitter is unknown", () => {
  const jitter = "some" as Jitter;
  for (const strategy of [ExponentialBackoff, LinearBackoff, FixedDelay]) {
    assertThrows(() => new strategy({ jitter }), TypeError, '"some"');
  }
});

Deno.test("backoff strategies refuse an unknown option", () => {
  assertThrows(() => new ExponentialBackoff({ bas: 1 } as never), TypeError, '"bas"');
  assertThrows(() => new LinearBackoff({ step: 1 } as never), TypeError, '"step"');
  assertThrows(() => new FixedDelay(500 as never), TypeError, "a number");
});
