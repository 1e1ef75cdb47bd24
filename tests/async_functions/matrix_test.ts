/** Every colour of a user function in every position, in both call styles: effect and order. */
import { assertEquals } from "@std/assert";
import type { Client } from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";
import { type Colour, COLOURS, POSITIONS } from "./fixtures/matrix.ts";

const server = sharedServer();

interface Echo {
  url: string;
  headers: Record<string, string>;
  body: string;
  [colour: string]: unknown;
}

/** What a call shows of the functions that ran, in this order. */
type Check = (t: StyleKit, api: Client, colours: readonly Colour[]) => Promise<void>;

async function echo(t: StyleKit, api: Client, log: string[] = []): Promise<Echo> {
  return (await t.get<Echo>(api, `${server.url}/echo`, { context: { log } })).data;
}

const CHECKS: Record<string, Check> = {
  async "request interceptor"(t, api, colours) {
    const log: string[] = [];
    const { headers } = await echo(t, api, log);
    assertEquals([log, headers["x-seen"]], [colours, colours.join(", ")]);
  },
  async "request error handler"(t, api, colours) {
    const log: string[] = [];
    const { headers } = await echo(t, api, log);
    assertEquals(log, colours.map((colour) => `${colour} no`));
    assertEquals(headers["x-seen"], colours.join(", "));
  },
  async "response interceptor"(t, api, colours) {
    const log: string[] = [];
    const data = await echo(t, api, log);
    assertEquals(log, [...colours]);
    assertEquals(
      COLOURS.filter((colour) => data[colour]),
      COLOURS.filter((c) => colours.includes(c)),
    );
  },
  async "response error handler"(t, api, colours) {
    const log: string[] = [];
    const recover = colours.at(-1) as Colour;
    const { data } = await t.get(api, `${server.url}/status/500`, { context: { log, recover } });
    assertEquals(log, colours.map((colour) => `${colour} 500`));
    assertEquals(data, { [recover]: { status: 500 } });
  },
  async middleware(t, api, colours) {
    const log: string[] = [];
    const data = await echo(t, api, log);
    const after = colours.filter((colour) => colour !== "plain").map((colour) => `${colour} after`);
    assertEquals(log, [...colours, ...after.reverse()]);
    assertEquals(data.headers["x-seen"], colours.join(", "));
    assertEquals(COLOURS.filter((colour) => data[colour]).length, after.length);
  },
  async transformRequest(t, api, colours) {
    const { data } = await t.post<Echo>(api, `${server.url}/echo`, { json: { given: 1 } });
    const seen = Object.fromEntries(colours.map((colour) => [colour, true]));
    assertEquals(JSON.parse(data.body), { given: 1, ...seen });
    assertEquals(data.headers["x-seen"], colours.join(", "));
  },
  async transformResponse(t, api, colours) {
    const { data, headers } = await t.get<Echo>(api, `${server.url}/echo`);
    assertEquals(headers.get("x-seen"), colours.join(", "));
    assertEquals([COLOURS.filter((colour) => data[colour]).length, data.url], [
      colours.length,
      "/echo",
    ]);
  },
  async retryOn(t, api, [colour]) {
    const log: string[] = [];
    const error = await t.fails(
      t.get(api, `${server.url}/status/503?key=${t.key}`, { context: { log } }),
      Error,
    );
    assertEquals(log, [`${colour} 503 1`, `${colour} 503 2`]);
    assertEquals([error.name, (await server.requests(t.key)).length], ["HTTPStatusError", 2]);
  },
  async onRetry(t, api, [colour]) {
    const log: string[] = [];
    const error = await t.fails(
      t.get(api, `${server.url}/status/503?key=${t.key}`, { context: { log } }),
      Error,
    );
    assertEquals([log, error.name], [[`${colour} 1`], "RetryError"]);
  },
  async paramsSerializer(t, api, [colour]) {
    const { data } = await t.get<Echo>(api, `${server.url}/echo`, {
      params: { q: { a: 1 } } as never,
    });
    assertEquals(new URLSearchParams(data.url.split("?")[1]).get(colour as string), '{"a":1}');
  },
  async provider(t, api, [colour]) {
    assertEquals((await echo(t, api)).headers.authorization, `Bearer ${colour}`);
  },
};

const SINGLE = ["retryOn", "onRetry", "paramsSerializer", "provider"];

for (const [position, check] of Object.entries(CHECKS)) {
  const clients = POSITIONS[position];
  for (const colour of COLOURS) {
    bothStyles(`${position}: ${colour}`, async (t) => {
      await check(t, clients?.[colour] as Client, [colour]);
    });
  }
  if (SINGLE.includes(position)) continue;
  bothStyles(`${position}: all colours interleave`, async (t) => {
    await check(t, clients?.all as Client, COLOURS);
  });
  bothStyles(`${position}: all colours interleave the other way round`, async (t) => {
    await check(t, clients?.reversed as Client, [...COLOURS].reverse());
  });
}
