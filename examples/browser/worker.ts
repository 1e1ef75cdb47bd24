/** A dedicated worker of the page: told whether to start what streams and `allSync` at once need. */
import { create } from "@ax/client";
import { callBothWays, show } from "./calls.ts";

const api = create({ baseURL: location.origin });

globalThis.onmessage = async ({ data: warm }: MessageEvent<boolean>) => {
  const tell = postMessage.bind(globalThis);
  if (warm) {
    await show("await api.warmSync()", async () => {
      await api.warmSync();
      return `sync calls by ${api.syncSupport().via}`;
    }, tell);
  }
  await callBothWays(api, tell);
  postMessage("end");
};
