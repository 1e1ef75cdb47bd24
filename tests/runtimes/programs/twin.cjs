/** The same as `twin.mjs` in a CommonJS project. */
const { pathToFileURL } = require("node:url");
const { create } = require("@ax/client");

const value = "from the module";

exports.api = create({ module: pathToFileURL(__filename).href });

exports.api.interceptors.request.use(async (request) => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  request.headers.set("x-twin", value);
});
