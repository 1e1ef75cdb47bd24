import { assert, assertEquals } from "@std/assert";
import { PULL_CHUNKS, PulledBody, Upload } from "../../src/sync/upload.ts";

interface Told {
  readonly upload: Upload;
  /** Sizes of the chunks handed on, `undefined` for the end. */
  readonly parts: (number | undefined)[];
  readonly errors: unknown[];
}

function uploadOf(iterator: Iterator<unknown>): Told {
  const parts: (number | undefined)[] = [];
  const errors: unknown[] = [];
  const upload = new Upload(iterator as Iterator<Uint8Array>, {
    part: (chunk) => parts.push(chunk?.byteLength),
    fail: (error) => errors.push(error),
  });
  return { upload, parts, errors };
}

function* chunks(count: number): Generator<Uint8Array> {
  for (let n = 1; n <= count; n++) yield new Uint8Array(n);
}

Deno.test("Upload hands on as many chunks as are wanted, then its end, once", () => {
  const { upload, parts } = uploadOf(chunks(3));
  upload.give(2);
  assertEquals(parts, [1, 2]);
  upload.give(5);
  upload.give(5);
  assertEquals(parts, [1, 2, 3, undefined]);
});

Deno.test("Upload keeps what is wanted while its generator runs for later", () => {
  function* body(): Generator<Uint8Array> {
    for (let n = 1; n <= 4; n++) {
      // As a sync call in here does, which serves this upload too.
      told.upload.give(1);
      yield new Uint8Array(n);
    }
  }
  const told = uploadOf(body());
  told.upload.give(1);
  assertEquals([told.parts, told.errors], [[1, 2, 3, 4, undefined], []]);
});

Deno.test("Upload tells what the user's code throws, and gives no more", () => {
  const problem = new Error("No more ink");
  const { upload, parts, errors } = uploadOf((function* (): Generator<Uint8Array> {
    yield new Uint8Array(1);
    throw problem;
  })());
  upload.give(5);
  upload.give(5);
  assertEquals(parts, [1]);
  assert(errors.length === 1 && errors[0] === problem);
});

Deno.test("Upload refuses what is no chunk, and lets the iterator clean up", () => {
  let returned = 0;
  const { upload, errors } = uploadOf({
    next: () => ({ done: false, value: "text" }),
    return: () => {
      returned++;
      throw new Error("Not heard");
    },
  });
  upload.give(1);
  upload.close();
  assertEquals([errors.length, returned], [1, 1]);
  assert(errors[0] instanceof TypeError);
});

Deno.test("Upload closes an iterator once, after it has come back", () => {
  const events: string[] = [];
  function* body(): Generator<Uint8Array> {
    try {
      told.upload.close();
      events.push("goes on");
      yield new Uint8Array(1);
    } finally {
      events.push("cleaned up");
    }
  }
  const told = uploadOf(body());
  told.upload.give(3);
  told.upload.close();
  assertEquals([events, told.parts, told.errors], [["goes on", "cleaned up"], [], []]);
});

Deno.test("PulledBody asks no further ahead than its window", async () => {
  const asked: number[] = [];
  const body = new PulledBody((count) => asked.push(count));
  const read = body[Symbol.asyncIterator]();
  const first = read.next();
  assertEquals(asked, [PULL_CHUNKS]);
  for (let n = 0; n < PULL_CHUNKS; n++) body.push(new Uint8Array(n + 1));
  assertEquals((await first).value?.byteLength, 1);
  await read.next();
  await read.next();
  assertEquals(asked, [PULL_CHUNKS, PULL_CHUNKS / 2]);
  body.push(undefined);
  await read.next();
  assertEquals((await read.next()).done, true);
});

Deno.test("PulledBody ends where it is when nobody gives more", async () => {
  const body = new PulledBody(() => {});
  const step = body[Symbol.asyncIterator]().next();
  body.end();
  assertEquals((await step).done, true);
});
