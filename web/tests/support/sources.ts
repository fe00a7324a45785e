import { readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const SOURCES = join(import.meta.dirname, "../../src");

/** Every source file of the pages, tests and the generated client left out. */
export function sourceFiles(): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|schema\.d\.ts$/.test(name))
    .map((name) => join(SOURCES, name));
}

/** A key given to `t`; `prefix` when only its beginning is known (a template with a value in it). */
export interface KeyUse {
  namespace: string;
  key: string;
  prefix: boolean;
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(
    path,
    text,
    ts.ScriptTarget.Latest,
    true,
    path.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => {
    walk(child, visit);
  });
}

function namespaceOf(text: string): string {
  return /useTranslation\("([a-z]+)"\)/.exec(text)?.[1] ?? "screen";
}

function keysIn(argument: ts.Expression | undefined): { key: string; prefix: boolean }[] {
  if (argument === undefined) return [];
  if (ts.isStringLiteral(argument) || ts.isNoSubstitutionTemplateLiteral(argument)) {
    return [{ key: argument.text, prefix: false }];
  }
  if (ts.isTemplateExpression(argument)) return [{ key: argument.head.text, prefix: true }];
  if (ts.isConditionalExpression(argument)) return [...keysIn(argument.whenTrue), ...keysIn(argument.whenFalse)];
  if (ts.isParenthesizedExpression(argument)) return keysIn(argument.expression);
  return [];
}

/** The keys of the catalogue that a file asks for. */
export function keysUsed(path: string, text: string): KeyUse[] {
  const uses: KeyUse[] = [];
  const usual = namespaceOf(text);
  walk(parse(path, text), (node) => {
    if (!ts.isCallExpression(node)) return;
    const callee = node.expression;
    const direct = ts.isIdentifier(callee) && callee.text === "t";
    const fixed = ts.isCallExpression(callee) && callee.expression.getText().endsWith("getFixedT");
    if (!direct && !fixed) return;
    for (const { key, prefix } of keysIn(node.arguments[0])) {
      if (key === "") continue;
      const [namespace, rest] = key.includes(":") ? key.split(":", 2) : [usual, key];
      // A group asked for as a whole (returnObjects) is a prefix too.
      const group = node.getText().includes("returnObjects");
      uses.push({ namespace: namespace ?? usual, key: rest ?? key, prefix: prefix || group });
    }
  });
  return uses;
}

const SPOKEN_ATTRIBUTES = new Set(["aria-label", "alt", "title", "placeholder", "label", "description", "error"]);
const WORD = /[A-Za-z\u4e00-\u9fff]{2,}/;
/** Each language stands under its own name, whichever is shown. */
const LANGUAGE_NAMES = new Set(["中文", "English"]);

/** Words that a person would read and that stand in the source instead of the catalogue. */
export function hardCodedWords(path: string, text: string): string[] {
  const found: string[] = [];
  const file = parse(path, text);
  const note = (node: ts.Node, words: string): void => {
    if (!WORD.test(words) || LANGUAGE_NAMES.has(words)) return;
    found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${words.trim()}`);
  };
  walk(file, (node) => {
    if (ts.isJsxText(node)) note(node, node.text);
    if (ts.isJsxAttribute(node) && SPOKEN_ATTRIBUTES.has(node.name.getText())) {
      const value = node.initializer;
      if (value !== undefined && ts.isStringLiteral(value)) note(value, value.text);
    }
    if (ts.isJsxExpression(node) && node.expression !== undefined && !ts.isJsxAttribute(node.parent)) {
      const inner = node.expression;
      if (ts.isStringLiteral(inner)) note(inner, inner.text);
    }
    // Chinese belongs in the catalogue only, wherever it stands.
    if (ts.isStringLiteralLike(node) && /[\u4e00-\u9fff]/.test(node.text)) note(node, node.text);
  });
  return found;
}
