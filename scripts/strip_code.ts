/**
 * Blanks out what is not code, so that a plain search finds only code.
 *
 * @module
 */

/** After one of these words a slash opens a regular expression. */
const BEFORE_REGEXP =
  /(^|[^\w$.])(return|typeof|case|in|of|do|else|void|delete|throw|yield|await)$/;

const LINE_COMMENT = /\/\/[^\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?\*\//y;
const QUOTED = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y;

/**
 * Replaces comments, strings, regular expressions and the fixed parts of templates with spaces.
 * Line breaks stay, so that line numbers still hold.
 */
export function stripCode(source: string): string {
  let out = "";
  let at = 0;
  /** Depth of `{` in each template that is open at this point. */
  const templates: number[] = [];

  const blank = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) return false;
    out += text.replace(/[^\n]/g, " ");
    at += text.length;
    return true;
  };
  /** Blanks a template's text and stops behind its end or inside its next `${`. */
  const templateText = (): void => {
    blank(TEMPLATE_TEXT);
    if (source.startsWith("${", at)) templates.push(0);
    const length = source[at] === "`" ? 1 : 2;
    out += " ".repeat(length);
    at += length;
  };

  while (at < source.length) {
    const char = source[at] ?? "";
    if (char === "/" && (blank(LINE_COMMENT) || blank(BLOCK_COMMENT))) continue;
    if ((char === '"' || char === "'") && blank(QUOTED)) continue;
    if (char === "/" && mayOpenRegExp(out) && blank(REGEXP)) continue;
    const depth = templates.at(-1);
    if (char === "`" || (char === "}" && depth === 0)) {
      if (char === "}") templates.pop();
      out += " ";
      at++;
      templateText();
      continue;
    }
    if (depth !== undefined && char === "{") templates[templates.length - 1] = depth + 1;
    if (depth !== undefined && char === "}") templates[templates.length - 1] = depth - 1;
    out += char;
    at++;
  }
  return out;
}

function mayOpenRegExp(before: string): boolean {
  const code = before.trimEnd();
  return code === "" || /[(,=:[!&|?{};+\-*%<>~^]$/.test(code) ||
    BEFORE_REGEXP.test(code.slice(-12));
}
