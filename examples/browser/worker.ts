/** A dedicated worker of the page: it may block. */
import { create, isAxError } from "@ax/client";

/** What one call gave. */
export interface Row {
  readonly call: string;
  readonly result: string;
  readonly ms: number;
}

const api = create({ baseURL: location.origin });

globalThis.onmessage = async ({ data: warm }: MessageEvent<boolean>) => {
  // In a browser the worker behind sync calls has to run before this thread blocks.
  if (warm) await show("await api.warmSync", async () => `${await api.warmSync() ?? "started"}`);
  await show("api.getSync, 10 ms of server time", () => {
    return api.getSync<{ name: string }>("/users/ada").data.name;
  });
  if (warm) {
    await show("api.getSync, 5 MiB", () => {
      const { data } = api.getSync<Uint8Array>("/bytes", { responseType: "bytes" });
      return `${data.byteLength} bytes`;
    });
    await show("api.allSync, three at once", () => {
      const names = ["ada", "grace", "linus"];
      const flows = names.map((name) => api.flow.get<{ name: string }>(`/users/${name}`));
      return api.allSync(flows).map(({ data }) => data.name).join(", ");
    });
  }
  postMessage("end");
};

async function show(call: string, run: () => string | Promise<string>): Promise<void> {
  const start = performance.now();
  let result: string;
  try {
    result = await run();
  } catch (error) {
    if (!isAxError(error)) throw error;
    result = `${error.name}: ${error.message}`;
  }
  postMessage({ call, result, ms: performance.now() - start } satisfies Row);
}
