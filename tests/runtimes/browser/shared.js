/** A shared worker. */
import { answerBy } from "./serve.js";
import { runSpec } from "./spec.js";

globalThis.onconnect = ({ ports: [port] }) => {
  answerBy(port, { spec: runSpec });
  port.start();
};
