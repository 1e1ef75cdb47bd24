/// <reference lib="deno.unstable" />
/**
 * Rules for everything that users get.
 *
 * @module
 */

import { isFlowRoom, isShipped, pathOf } from "./rooms.ts";

type Rule = Deno.lint.Rule;

/** Reports `import.meta`. */
export const importMeta: Rule = {
  create(context) {
    if (!isShipped(pathOf(context.filename))) return {};
    return {
      MetaProperty(node) {
        if (node.meta.name !== "import") return;
        context.report({
          node,
          message: "import.meta in shipped code",
          hint: "take what it tells as an option: the npm copy and data: URLs have none",
        });
      },
    };
  },
};

/** Reports imports of Node's modules. */
export const nodeImport: Rule = {
  create(context) {
    if (!isShipped(pathOf(context.filename))) return {};
    const check = (source: Deno.lint.Node | null): void => {
      if (source?.type !== "Literal" || !String(source.value).startsWith("node:")) return;
      context.report({
        node: source,
        message: `Import of "${source.value}" in shipped code`,
        hint: "use process.getBuiltinModule: browsers and isolates load this file too",
      });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
    };
  },
};

/**
 * Reports a `yield` that is no `yield*`: anywhere in a room of flows, and elsewhere in a generator
 * whose return type is a flow.
 */
export const bareYield: Rule = {
  create(context) {
    const path = pathOf(context.filename);
    if (!path.startsWith("src/") || path === "src/flow/flow.ts") return {};
    return {
      YieldExpression(node) {
        const inFlow = isFlowRoom(path) || isInFlow(context.sourceCode.getAncestors(node));
        if (node.delegate || !inFlow) return;
        context.report({
          node,
          message: "A bare yield in a flow",
          hint: "use yield* on a typed operation",
        });
      },
    };
  },
};

function isInFlow(ancestors: readonly Deno.lint.Node[]): boolean {
  const makes = ancestors.findLast((node) =>
    node.type === "FunctionDeclaration" || node.type === "FunctionExpression"
  );
  const type = makes?.returnType?.typeAnnotation;
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" &&
    type.typeName.name === "Flow";
}

const VAGUE = /(^|[_/])(utils?|helpers?|common|misc|managers?)(?=[_./]|$)/;

/** Reports names that say nothing about what a file holds. */
export const vagueName: Rule = {
  create(context) {
    const path = pathOf(context.filename);
    const word = isShipped(path) ? VAGUE.exec(path)?.[2] : undefined;
    if (!word) return {};
    return {
      Program(node) {
        context.report({
          node,
          message: `A file named "${word}"`,
          hint: "name it after what it holds",
        });
      },
    };
  },
};
