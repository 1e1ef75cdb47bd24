/** Options that are no config: nobody reads a mistyped one, so it is refused by name. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { concurrent, create } from "../../mod.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "https://example.com/a";

function mocked() {
  const transport = new MockTransport();
  transport.on("*", "*").reply(200, "data: 1\n\n", { "content-type": "text/event-stream" });
  return { transport, api: create({ transport }) };
}

bothStyles("iterEvents() refuses an option that it does not know", async (t) => {
  const { api } = mocked();
  const stream = await t.stream(api, URL_A);
  const error = assertThrows(() => stream.iterEvents({ reconect: true } as never), TypeError);
  assertEquals(
    error.message,
    'Unknown option "reconect" of "iterEvents"; there are reconnect, maxReconnects, anyType',
  );
  assertThrows(() => stream.iterEvents(true as never), TypeError, "Cannot use a boolean");
  stream.close();
});

bothStyles("concurrent() and allSync() refuse an option that they do not know", async (t) => {
  const { api, transport } = mocked();
  const options = { concurency: 1 } as never;
  const error = await t.fails(
    () => t.run(concurrent([() => api.flow.get(URL_A)], options)),
    TypeError,
  );
  const message =
    'Unknown option "concurency" of "concurrent" and "allSync"; there are concurrency, settled';
  assertEquals(error.message, message);
  assertThrows(() => api.allSync([() => api.flow.get(URL_A)], options), TypeError, message);
  assertThrows(() => api.allSync([], 2 as never), TypeError, "give an object with concurrency");
  assertEquals(transport.requests.length, 0);
});

Deno.test("use() refuses an option that it does not know, and options that are none", () => {
  const { api } = mocked();
  for (const options of ["attempt", null, ["hop"], () => {}]) {
    const error = assertThrows(() => api.use((_, next) => next(), options as never), TypeError);
    assertStringIncludes(error.message, 'as options of "use": give an object with per');
  }
  const error = assertThrows(
    () => api.use((_, next) => next(), { pre: "hop" } as never),
    TypeError,
  );
  assertEquals(error.message, 'Unknown option "pre" of "use"; there are per');
});

bothStyles("paginate() refuses an option that it does not know", async (t) => {
  const { api } = mocked();
  const error = await t.fails(() => t.pages(api, URL_A, { maxPage: 1 } as never), TypeError);
  assertStringIncludes(error.message, 'Unknown option "maxPage"');
});
