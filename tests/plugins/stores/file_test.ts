import { assert, assertEquals, assertThrows } from "@std/assert";
import type { CacheEntry, CacheStore } from "../../../src/plugins/cache_entry.ts";
import { hash } from "../../../src/plugins/hashes.ts";
import { fileStore } from "../../../src/plugins/stores/file.ts";
import { sharedStoreConformance } from "./conformance.ts";

function entryOf(body: string): CacheEntry {
  return { head: "{}", body: new TextEncoder().encode(body), keepFor: 1000 };
}

function pathOf(folder: string, key: string): string {
  return `${folder}/${hash(key)}`;
}

function withFolder(test: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

sharedStoreConformance("fileStore()", () => {
  const folder = Deno.makeTempDirSync();
  const inside = `${folder}/not/yet/there`;
  return {
    store: fileStore(inside),
    second: fileStore(inside),
    damage(key) {
      const path = pathOf(inside, key);
      const file = Deno.readFileSync(path);
      Deno.writeFileSync(path, file.subarray(0, file.byteLength / 2));
    },
    holds: (key) => exists(pathOf(inside, key)),
    close: () => Deno.removeSync(folder, { recursive: true }),
  };
});

Deno.test(
  "fileStore() drops a file that was changed in one byte, emptied or swapped",
  withFolder((folder) => {
    const damages: ((path: string, file: Uint8Array) => void)[] = [
      (path, file) => {
        file[file.byteLength - 1] = 0;
        Deno.writeFileSync(path, file);
      },
      (path, file) => {
        file[70] = 0;
        Deno.writeFileSync(path, file);
      },
      (path) => Deno.writeFileSync(path, new Uint8Array(0)),
      (path) => Deno.writeTextFileSync(path, "something else\n"),
      (path) => Deno.copyFileSync(pathOf(folder, "other"), path),
    ];
    const store = fileStore(folder);
    store.set("other", entryOf("of another key"));
    for (const damage of damages) {
      store.set("key", entryOf("value"));
      const path = pathOf(folder, "key");
      damage(path, Deno.readFileSync(path));
      assertEquals(store.get("key"), undefined);
      assertEquals(exists(path), false);
    }
  }),
);

Deno.test(
  "fileStore() drops what was used longest ago when the files are too large",
  withFolder((folder) => {
    const store = fileStore(folder, { maxBytes: 4000 });
    const body = "x".repeat(800);
    // Times in the past: files of one millisecond have no order.
    const age = (key: string, seconds: number): void => {
      const time = Date.now() / 1000 - seconds;
      Deno.utimeSync(pathOf(folder, key), time, time);
    };
    for (const [at, key] of ["a", "b", "c", "d"].entries()) {
      store.set(key, entryOf(body));
      age(key, 100 - at);
    }
    store.get("a");
    store.set("e", entryOf(body));
    const left = ["a", "b", "c", "d", "e"].filter((key) => exists(pathOf(folder, key)));
    assertEquals(left, ["a", "d", "e"]);
  }),
);

Deno.test(
  "fileStore() keeps no old entry when the new one is too large",
  withFolder((folder) => {
    const store = fileStore(folder, { maxBytes: 1000 });
    store.set("a", entryOf("small"));
    store.set("a", entryOf("x".repeat(2000)));
    assertEquals(store.get("a"), undefined);
  }),
);

Deno.test(
  "fileStore() removes what a process left that ended while it wrote",
  withFolder((folder) => {
    const old = `${pathOf(folder, "a")}.1.tmp`;
    const young = `${pathOf(folder, "a")}.2.tmp`;
    const foreign = `${folder}/notes.txt`;
    for (const path of [old, young, foreign]) Deno.writeTextFileSync(path, "x");
    const time = Date.now() / 1000 - 2 * 60 * 60;
    for (const path of [old, foreign]) Deno.utimeSync(path, time, time);
    fileStore(folder).set("b", entryOf("value"));
    assertEquals([exists(old), exists(young), exists(foreign)], [false, true, true]);
  }),
);

Deno.test(
  "fileStore() leaves nothing behind when a file cannot be written",
  withFolder((folder) => {
    const store = fileStore(folder);
    // A folder in the file's place: it cannot be renamed over.
    Deno.mkdirSync(`${pathOf(folder, "a")}/full`, { recursive: true });
    assertThrows(() => store.set("a", entryOf("value")));
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }),
);

Deno.test(
  "fileStore() writes files that only their owner can read",
  withFolder((folder) => {
    const inside = `${folder}/cache`;
    fileStore(inside).set("a", entryOf("value"));
    if (Deno.build.os === "windows") return;
    const modeOf = (path: string): number => (Deno.statSync(path).mode ?? 0) & 0o777;
    assertEquals([modeOf(inside), modeOf(pathOf(inside, "a"))], [0o700, 0o600]);
  }),
);

Deno.test("fileStore() makes no folder when nothing is stored", () => {
  const folder = `${Deno.makeTempDirSync()}/never`;
  const store: CacheStore = fileStore(folder);
  assertEquals(store.get("a"), undefined);
  store.delete("a");
  assert(!exists(folder));
});

Deno.test("fileStore() refuses a limit that is no number above 0", () => {
  for (const maxBytes of [0, -1, NaN]) {
    assertThrows(() => fileStore("unused", { maxBytes }), RangeError, '"maxBytes"');
  }
});
