/** A strict TypeScript project that uses the npm copy; compiled, never run. */
import { type AxResponse, create, dual, isAxError, portable, sdk } from "@ax/client";
import { MockTransport, VirtualClock } from "@ax/client/testing";

interface User {
  name: string;
}

const transport = new MockTransport();
const api = create({ baseURL: "https://example.com", transport, clock: new VirtualClock() });

const response: AxResponse<User> = api.getSync<User>("/users/ada");
export const name: string = response.data.name;

export async function both(): Promise<string[]> {
  const lines: string[] = [];
  const awaited = await api.stream("/lines");
  for await (const line of awaited.iterLines()) lines.push(line);
  for (const event of api.streamSync("/events").iterEvents()) lines.push(event.data);
  try {
    lines.push((await api.get<User>("/users/ada")).data.name);
  } catch (error) {
    if (isAxError(error)) lines.push(error.code);
  }
  return lines;
}

api.use(portable(async (request, next) => {
  request.headers.set("x-from", "here");
  return await next(request);
}));

const users = sdk({
  *user(login: string) {
    return (yield* api.flow.get<User>(`/users/${login}`)).data;
  },
});
export const user: User = users.userSync("ada");
export const promised: Promise<User> = users.user("ada");

const addTo = dual(function* (x: number) {
  return x + (yield* api.flow.get<number>("/number")).data;
});
export const sum: number = addTo.sync(1);

// @ts-expect-error: the option is called baseURL
create({ baseUrl: "https://example.com" });
