/** A worker for `workerd`, which refuses timers and requests while its modules load. */
import { watching } from "./watch_import.mjs";
import * as client from "@ax/client";
import * as testing from "@ax/client/testing";
import { checkEdge } from "./edge_check.mjs";

const effects = watching.stop();

export default {
  async fetch(_request, { url }) {
    const report = await checkEdge(
      client,
      testing,
      url,
      "this thread may not block, await instead",
    );
    return Response.json({ import: effects.length === 0 || effects.join(", "), ...report });
  },
};
