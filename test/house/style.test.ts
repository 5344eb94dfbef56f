/** Rules of DESIGN section 3 that a machine can see: sizes, no globals, no `any`, no environment outside `main`. */
import { expect } from 'chai';

import { codeLines, isNode, place, readSource, readSources, walk, type Node, type Source } from './sources.ts';

/** A suite is a list of cases, read one at a time: its file may be longer (docs/adr/0004). The kit is product-grade code. */
const LIMITS = { file: 250, function: 60 };
const SUITE_LIMITS = { file: 400, function: 80 };
const SUITE = /^test\/(?!kit\/)/;
const IMPORTS = 12;
const EXEMPTIONS = 5;
/** The two files that read like a list of what happens (DESIGN section 3). */
const HALLWAYS = new Set(['sidecar/pipeline.ts', 'ca/issue/cycle.ts']);
/** Composition roots name every room by nature. */
const COMPOSITION = /(^|\/)(main|services|verbs)\.ts$/;
const PRODUCT = /^(core|runtime|ca|sidecar|cli)\//;
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

const isTable = (source: Source): boolean =>
  /\b(CATALOG|Table)\b/.test(source.text) && /^(core\/fault\/catalog|[a-z]+\/config)\.ts$/.test(source.path);
const isExempt = (source: Source): boolean => source.comments.some((comment) => /\blimit: \S/.test(comment.value));

function tooLong(source: Source): readonly string[] {
  if (isTable(source) || isExempt(source) || HALLWAYS.has(source.path)) return [];
  const found: string[] = [];
  const limits = SUITE.test(source.path) ? SUITE_LIMITS : LIMITS;
  const lines = codeLines(source);
  if (lines > limits.file) found.push(`${source.path}: ${lines} code lines, at most ${limits.file}`);
  const imports = valueImports(source);
  if (imports > IMPORTS && PRODUCT.test(source.path) && !COMPOSITION.test(source.path))
    found.push(`${source.path}: ${imports} imports, at most ${IMPORTS}`);
  const suites = suitesOf(source);
  for (const node of walk(source.program)) {
    if (!FUNCTIONS.has(node.type) || suites.has(node)) continue;
    const length = codeLines(source, node.start, node.end);
    if (length > limits.function)
      found.push(`${place(source, node)}: function of ${length} lines, at most ${limits.function}`);
  }
  return found;
}

/** Imports that bring behaviour; types are vocabulary (docs/adr/0004). */
function valueImports(source: Source): number {
  const isType = (node: Node): boolean => node['importKind'] === 'type';
  const body = source.program['body'];
  return (Array.isArray(body) ? body : []).filter((statement: Node) => {
    const specifiers = statement['specifiers'];
    if (statement.type !== 'ImportDeclaration' || isType(statement)) return false;
    return !Array.isArray(specifiers) || specifiers.length === 0 || !specifiers.every(isType);
  }).length;
}

/** The functions given to `describe`: a suite is a list of tests, not a function to be read at once. */
function suitesOf(source: Source): ReadonlySet<unknown> {
  const calls = [...walk(source.program)].filter((node) => {
    const callee = node['callee'];
    return node.type === 'CallExpression' && isNode(callee) && callee['name'] === 'describe';
  });
  return new Set(calls.flatMap((call) => call['arguments']));
}

/** `let` and `var` at module level, and module-level `const` that holds something made to be changed and is changed. */
function mutableState(source: Source): readonly string[] {
  const body = source.program['body'];
  const found: string[] = [];
  for (const statement of Array.isArray(body) ? body : []) {
    const declaration: Node =
      statement.type === 'ExportNamedDeclaration' && isNode(statement.declaration) ? statement.declaration : statement;
    if (declaration.type !== 'VariableDeclaration') continue;
    if (declaration['kind'] !== 'const')
      found.push(`${place(source, declaration)}: module-level ${String(declaration['kind'])}`);
    for (const item of declaration['declarations'] as readonly Node[])
      if (isChanged(source, item)) found.push(`${place(source, item)}: module-level collection is changed`);
  }
  return found;
}

const CHANGERS = 'set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill';

function isChanged(source: Source, declarator: Node): boolean {
  const id = declarator['id'];
  const init = declarator['init'];
  if (!isNode(id) || id.type !== 'Identifier' || !isNode(init)) return false;
  if (!['NewExpression', 'ArrayExpression', 'ObjectExpression'].includes(init.type)) return false;
  const name = String(id['name']).replaceAll('$', '\\$');
  const rest = source.text.slice(0, declarator.start) + source.text.slice(declarator.end);
  return new RegExp(`(?<![.\\w])${name}(\\.(${CHANGERS})\\(|\\[[^\\]]+\\]\\s*=[^=])`).test(rest);
}

const offenders = (sources: readonly Source[], wrong: (source: Source, node: Node) => boolean): readonly string[] =>
  sources.flatMap((source) =>
    [...walk(source.program)].filter((node) => wrong(source, node)).map((node) => place(source, node)),
  );

const isEnvironment = (node: Node): boolean => {
  const object = node['object'];
  const property = node['property'];
  return (
    node.type === 'MemberExpression' &&
    isNode(object) &&
    object['name'] === 'process' &&
    isNode(property) &&
    property['name'] === 'env'
  );
};

describe('house: style', () => {
  const sources = readSources();
  const product = sources.filter((source) => PRODUCT.test(source.path));

  it('keeps files, functions and import lists short', () => {
    expect(sources.flatMap(tooLong)).to.deep.equal([]);
  });

  it('grants at most five exemptions, each with its reason', () => {
    expect(sources.filter(isExempt).map((source) => source.path)).to.have.length.at.most(EXEMPTIONS);
  });

  it('has no module-level mutable state', () => {
    expect(sources.filter((source) => !source.path.startsWith('test/')).flatMap(mutableState)).to.deep.equal([]);
  });

  it('notices a module-level let and a module-level cache', () => {
    const bad = readSource(
      'core/x.ts',
      'let count = 0;\nconst seen = new Map<string, number>();\nexport function f(k: string) { count += 1; seen.set(k, count); }\n',
    );
    expect(mutableState(bad)).to.deep.equal([
      'core/x.ts:1: module-level let',
      'core/x.ts:2: module-level collection is changed',
    ]);
  });

  it('has no any, no non-null assertion, no default export, no enum, no namespace', () => {
    const banned = new Set([
      'TSAnyKeyword',
      'TSNonNullExpression',
      'ExportDefaultDeclaration',
      'TSEnumDeclaration',
      'TSModuleDeclaration',
    ]);
    const declarations = (source: Source): boolean => source.path.endsWith('.d.ts');
    expect(
      offenders(
        sources.filter((source) => !declarations(source)),
        (_source, node) => banned.has(node.type),
      ),
    ).to.deep.equal([]);
    expect(
      sources
        .filter((source) => source.comments.some((comment) => /@ts-(ignore|expect-error|nocheck)/.test(comment.value)))
        .map((source) => source.path),
    ).to.deep.equal([]);
  });

  it('reads the environment in main alone', () => {
    const mains = /^(ca\/main|sidecar\/main|cli\/[a-z-]+)\.ts$/;
    expect(
      offenders(
        product.filter((source) => !mains.test(source.path)),
        (_source, node) => isEnvironment(node),
      ),
    ).to.deep.equal([]);
  });

  it('begins each product file with a comment that says what it is', () => {
    const silent = product.filter(
      (source) => !/^(#!.*\n)?\/\*\*/.test(source.text) && !/\/entry-[a-z]+\.ts$/.test(source.path),
    );
    expect(silent.map((source) => source.path)).to.deep.equal([]);
  });

  it('documents each exported function', () => {
    const bare = product.flatMap((source) => {
      const body = source.program['body'];
      return (Array.isArray(body) ? body : [])
        .filter(
          (statement: Node) =>
            statement.type === 'ExportNamedDeclaration' &&
            isNode(statement['declaration']) &&
            statement['declaration'].type === 'FunctionDeclaration',
        )
        .filter((statement: Node) => !/\*\/\s*$/.test(source.text.slice(0, statement.start)))
        .map((statement: Node) => place(source, statement));
    });
    expect(bare).to.deep.equal([]);
  });

  it('leaves no unfinished work and no forbidden word', () => {
    const word = /\b(TODO|FIXME|XXX|HACK)\b/;
    expect(
      product
        .filter((source) => source.comments.some((comment) => word.test(comment.value)))
        .map((source) => source.path),
    ).to.deep.equal([]);
    const names = /^(Manager|Helper|Util|Handler|Processor|Impl|Base|Misc)$/;
    expect(
      offenders(
        product,
        (_source, node) =>
          (node.type === 'ClassDeclaration' || node.type === 'TSInterfaceDeclaration') &&
          isNode(node['id']) &&
          names.test(String(node['id']['name'])),
      ),
    ).to.deep.equal([]);
  });
});
