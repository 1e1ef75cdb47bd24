/** Calls in both styles, the same ones on the page and in its workers. */
import { type Client, isAxError } from "@ax/client";

/** What one call gave. */
export interface Row {
  readonly call: string;
  readonly result: string;
  readonly ms: number;
  readonly failed: boolean;
}

interface User {
  readonly name: string;
}

/** Makes each call and tells what it gave. */
export async function callBothWays(api: Client, tell: (row: Row) => void): Promise<void> {
  await show("await api.get(…)", async () => (await api.get<User>("/users/ada")).data.name, tell);
  await show("api.getSync(…)", () => api.getSync<User>("/users/grace").data.name, tell);
  await show("api.postSync(…, { json })", () => {
    return api.postSync<User>("/users", { json: { name: "linus" } }).data.name;
  }, tell);
  await show("api.getSync(…), 5 MiB", () => {
    return `${api.getSync("/bytes", { responseType: "bytes" }).bytes().byteLength} bytes`;
  }, tell);
  await show("api.allSync([…]), three of 100 ms", () => {
    const flows = ["ada", "grace", "linus"].map((name) => api.flow.get<User>(`/slow/${name}`));
    return api.allSync(flows).map(({ data }) => data.name).join(", ");
  }, tell);
  await show("api.streamSync(…)", () => {
    return [...api.streamSync("/lines").iterLines()].join(" ");
  }, tell);
}

/** Makes one call and tells what it gave, or the error. */
export async function show(
  call: string,
  run: () => string | Promise<string>,
  tell: (row: Row) => void,
): Promise<void> {
  const start = performance.now();
  let result: string;
  let failed = false;
  try {
    result = await run();
  } catch (error) {
    if (!isAxError(error)) throw error;
    result = `${error.name}: ${error.message}`;
    failed = true;
  }
  tell({ call, result, ms: performance.now() - start, failed });
}
