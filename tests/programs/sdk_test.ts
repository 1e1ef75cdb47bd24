/** A paged and streaming SDK in one class, as its author first writes it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Client,
  create,
  dual,
  type FlowItems,
  HTTPStatusError,
  type Sdk,
  sdk,
} from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();

interface Item {
  id: number;
}

/** Generator methods; private state, pages and streams in the same class. */
class Shop {
  readonly #api: Client;

  constructor(baseURL: string, key: string) {
    this.#api = create({
      baseURL,
      headers: { "x-test-key": key },
      maxRetries: 2,
      retryStrategy: { getDelay: () => 1 },
    });
  }

  *stock(name = "tea") {
    const { data } = yield* this.#api.flow.get<{ count: number }>(`/fail-then/1?name=${name}`);
    return data.count;
  }

  *items(pages = 3) {
    // What the first page needs may be asked for first.
    yield* this.stock();
    return this.#api.flow.paginate<Item>("/link", { params: { pages } });
  }

  *report() {
    let sum = 0;
    const items: FlowItems<Item> = yield* this.items(2);
    for (let item = yield* items.next(); item; item = yield* items.next()) sum += item.id;
    return sum;
  }

  *chat(n: number) {
    return yield* this.#api.flow.stream("/sse", { params: { n } });
  }

  *words(n: number) {
    const stream = yield* this.chat(n);
    return stream.iterEvents();
  }
}

function shop(key: string): Sdk<Shop> {
  return sdk(new Shop(server.url, key));
}

Deno.test("an SDK in one class is awaited", async () => {
  const api = shop("sdk-async");
  assertEquals(await api.stock(), 2);
  const ids: number[] = [];
  for await (const { id } of await api.items()) ids.push(id);
  assertEquals(ids, [1, 2, 3, 4, 5, 6]);
  assertEquals(await api.report(), 10);
  const stream = await api.chat(2);
  assertEquals(stream.headers.get("content-type"), "text/event-stream");
  const names: string[] = [];
  for await (const { event } of stream.iterEvents()) names.push(event);
  assertEquals(names, ["tick", "tick", "message"]);
  const first = (await (await api.words(3)).next()).value;
  assertEquals(first?.id, "1");
});

Deno.test("the same SDK blocks", () => {
  const api = shop("sdk-sync");
  assertEquals(api.stockSync(), 2);
  assertEquals([...api.itemsSync()].map(({ id }) => id), [1, 2, 3, 4, 5, 6]);
  assertEquals(api.reportSync(), 10);
  const stream = api.chatSync(2);
  const names: string[] = [];
  for (const { event } of stream.iterEvents()) names.push(event);
  assertEquals(names, ["tick", "tick", "message"]);
  for (const { id } of api.wordsSync(3)) {
    assertEquals(id, "1");
    break;
  }
});

/** The same with fields, where each operation says its own name. */
class Fields {
  readonly #api: Client = create({ baseURL: server.url });

  // deno-lint-ignore require-yield -- the pages do
  items = dual(this, function* (pages = 3, from = 1) {
    return this.#api.flow.paginate<Item>(`/link?page=${from}`, { params: { pages } });
  });
  missing = dual(this, function* () {
    return (yield* this.#api.flow.get("/status/404")).data;
  });
}

bothStyles("operations as fields give pages and errors in both styles", async (t) => {
  const fields = new Fields();
  const items = await t.dual(fields.items, 3, 2);
  assertEquals((await Array.fromAsync(items)).map(({ id }) => id), [3, 4, 5, 6]);
  const error = await t.fails(() => t.dual(fields.missing), HTTPStatusError);
  assertStringIncludes(error.message, "status 404");
});
