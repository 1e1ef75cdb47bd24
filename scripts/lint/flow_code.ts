/// <reference lib="deno.unstable" />
/**
 * The rule for rooms of flows: time, chance and I/O are operations, and there is no second style.
 *
 * @module
 */

import { isFlowRoom, pathOf, runsFlows } from "./rooms.ts";

type Node = Deno.lint.Node;

const STYLE = "write a flow: it runs in both styles";
const OPERATION = "yield* an operation: the scheduler answers for time, chance and I/O";

const TIMERS = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"];

/** Globals that may not be used as values; as types they say what a user may pass. */
const GLOBALS: ReadonlySet<string> = new Set([...TIMERS, "Atomics", "Promise", "performance"]);

/** Members that read the clock, roll dice, or reach for a global by another way. */
const MEMBERS: Readonly<Record<string, ReadonlySet<string>>> = {
  Date: new Set(["now"]),
  Math: new Set(["random"]),
  crypto: new Set(["getRandomValues", "randomUUID"]),
  globalThis: new Set([...GLOBALS, "fetch"]),
};

/** Reports code that only one style could run, or that no scheduler could answer for. */
export const flowCode: Deno.lint.Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (!isFlowRoom(path)) return {};
    const report = (node: Node, name: string, hint: string): void =>
      context.report({ node, message: `${name} in a room of flows`, hint });
    const awaiting = runsFlows(path) ? {} : awaitingVisitor(report);
    return {
      ...awaiting,
      Identifier(node) {
        const { name } = node;
        if (name === "Promise" ? runsFlows(path) : !GLOBALS.has(name)) return;
        if (isReference(node)) report(node, name, name === "Promise" ? STYLE : OPERATION);
      },
      MemberExpression(node) {
        if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return;
        const name = `${node.object.name}.${node.property.name}`;
        const banned = MEMBERS[node.object.name]?.has(node.property.name);
        if (banned && !(runsFlows(path) && name === "globalThis.Promise")) {
          report(node, name, OPERATION);
        }
      },
      CallExpression({ callee }) {
        if (callee.type !== "Identifier") return;
        if (callee.name === "fetch") report(callee, "fetch", OPERATION);
        if (callee.name === "Date") report(callee, "Date()", OPERATION);
      },
      NewExpression(node) {
        const { callee } = node;
        const now = callee.type === "Identifier" && callee.name === "Date" &&
          node.arguments.length === 0;
        if (now) report(node, "new Date()", OPERATION);
      },
    };
  },
};

type Report = (node: Node, name: string, hint: string) => void;

function awaitingVisitor(report: Report): Deno.lint.LintVisitor {
  const asyncFunction = (node: Node & { async: boolean }): void => {
    if (node.async) report(node, "async", STYLE);
  };
  return {
    FunctionDeclaration: asyncFunction,
    FunctionExpression: asyncFunction,
    ArrowFunctionExpression: asyncFunction,
    AwaitExpression: (node) => report(node, "await", STYLE),
    ForOfStatement(node) {
      if (node.await) report(node, "for await", STYLE);
    },
    VariableDeclaration(node) {
      if (node.kind === "await using") report(node, "await using", STYLE);
    },
  };
}

/** Whether an identifier stands for a value: it is no type, no member's name and no key. */
function isReference(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  if (parent.type.startsWith("TS")) return /^TS(As|Satisfies|NonNull)/.test(parent.type);
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent.type === "Property") return parent.value === node || parent.computed;
  const named = ["MethodDefinition", "PropertyDefinition", "ImportSpecifier", "ExportSpecifier"];
  return !named.includes(parent.type);
}
