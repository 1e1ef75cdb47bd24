/** An isolate's handler, all of it in one script. */
import { create, syncSupport } from "@ax/client";
import { auth } from "@ax/client/plugins/auth";

export default {
  async fetch(_request, { url }) {
    const api = create({ baseURL: url }).plugin(auth({ token: "t0ken" }));
    const lines = [];
    for await (const line of (await api.stream("/lines/3")).iterLines()) lines.push(line);
    const { headers } = (await api.get("/echo")).data;
    return Response.json({ lines, authorization: headers.authorization, support: syncSupport() });
  },
};
