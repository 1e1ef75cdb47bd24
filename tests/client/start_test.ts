/** Alone in its file: what a thread has loaded once, it has. */
import { assertEquals } from "@std/assert";
import { create } from "../../mod.ts";

interface Holder {
  readonly process: { getBuiltinModule(name: string): unknown };
}

Deno.test("a client and awaited calls load no module of the runtime's", async () => {
  const { process } = globalThis as unknown as Holder;
  const load = process.getBuiltinModule;
  const loaded: string[] = [];
  process.getBuiltinModule = (name) => {
    loaded.push(name);
    return load.call(process, name);
  };
  try {
    const transport = {
      send: () => Promise.resolve({ status: 200, headers: {}, body: null }),
      sendSync: () => ({ status: 200, headers: {}, body: null }),
    };
    using api = create({ transport });
    api.use((request, next) => next(request));
    await api.get("https://example.com/");
    assertEquals(loaded, []);
    // A sync call asks what thread this is.
    api.getSync("https://example.com/");
    assertEquals(loaded, ["node:worker_threads"]);
  } finally {
    process.getBuiltinModule = load;
  }
});
