/** A page that uses the client, a plugin, and what is loaded later; `report` is what it found. */
import { create, isAxError, syncSupport } from "@ax/client";
import { auth } from "@ax/client/plugins/auth";

const api = create({ baseURL: location.origin }).plugin(auth({ token: "t0ken" }));

async function find() {
  const lines = [];
  for await (const line of (await api.stream("/lines/3")).iterLines()) lines.push(line);
  const error = await api.get("/status/404").catch((error) => error);
  return {
    awaited: (await api.get("/echo")).data.headers.authorization,
    blocking: api.getSync("/echo").data.headers.authorization,
    ...{ lines, error: [isAxError(error), error.name], via: syncSupport().via },
  };
}

globalThis.report = find();
