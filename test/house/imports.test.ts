/** Who may import whom (DESIGN section 3), and that nothing imports in a circle. */
import { expect } from 'chai';

import { readSource, readSources, type Source } from './sources.ts';

/** Room -> the rooms it may import, itself included. What is not listed may not be imported. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  runtime: ['core', 'runtime', 'proto'],
  ca: ['core', 'runtime', 'ca'],
  sidecar: ['core', 'runtime', 'sidecar'],
  cli: ['core', 'runtime', 'ca', 'sidecar', 'cli', 'package.json'],
  demo: ['core', 'runtime', 'demo'],
  scripts: ['core', 'runtime', 'ca', 'sidecar', 'cli', 'scripts'],
  bench: ['core', 'runtime', 'ca', 'sidecar', 'cli', 'test', 'bench'],
  test: ['core', 'runtime', 'ca', 'sidecar', 'cli', 'demo', 'scripts', 'test', 'package.json'],
};

/** Generated protobuf types stay behind the adapters: `runtime/grpc/*.ts` and the types among themselves. */
const GENERATED = /^runtime\/grpc\/gen\//;
const ADAPTER = /^(runtime\/grpc\/[a-z-]+\.ts|scripts\/|test\/)/;

const room = (path: string): string => path.split('/')[0] ?? path;
const isOwn = (specifier: string): boolean =>
  !specifier.startsWith('node:') && (specifier.endsWith('.ts') || specifier.endsWith('.json'));

function violations(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((source) =>
    source.imports
      .filter(isOwn)
      .filter((target) => !(MAY_IMPORT[room(source.path)] ?? []).includes(room(target)))
      .map((target) => `${source.path} imports ${target}`),
  );
}

/** The first circle found, as a path of files, or nothing. Type imports count: they are reading order too. */
function cycle(sources: readonly Source[]): readonly string[] | undefined {
  const edges = new Map(sources.map((source) => [source.path, source.imports]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of edges.get(path) ?? []) {
      const found = edges.has(next) ? visit(next, [...trail, path]) : undefined;
      if (found !== undefined) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const path of edges.keys()) {
    const found = visit(path, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('house: imports', () => {
  const sources = readSources();

  it('follow the import table', () => {
    expect(violations(sources)).to.deep.equal([]);
  });

  it('notice a room that reaches sideways', () => {
    const bad = readSource(
      'ca/trust/x.ts',
      "import type { Peer } from '../../sidecar/identity/peer.ts';\nexport type X = Peer;\n",
    );
    expect(violations([bad])).to.deep.equal(['ca/trust/x.ts imports sidecar/identity/peer.ts']);
  });

  it('never go in a circle, types included', () => {
    expect(cycle(sources)).to.equal(undefined);
  });

  it('notice a circle made of types alone', () => {
    const a = readSource('core/a.ts', "import type { B } from './b.ts';\nexport interface A { b: B }\n");
    const b = readSource('core/b.ts', "import type { A } from './a.ts';\nexport interface B { a: A }\n");
    expect(cycle([a, b])).to.deep.equal(['core/a.ts', 'core/b.ts', 'core/a.ts']);
  });

  it('leave generated protobuf types to the adapter files', () => {
    const strangers = sources.filter(
      (source) => !ADAPTER.test(source.path) && source.imports.some((target) => GENERATED.test(target)),
    );
    expect(strangers.map((source) => source.path)).to.deep.equal([]);
  });

  it('name the file itself: no index, no barrel', () => {
    const barrels = sources.filter((source) => {
      const body = source.program['body'];
      const statements = Array.isArray(body) ? body : [];
      return (
        statements.length > 0 &&
        statements.every(
          (statement: { type: string; source?: unknown }) =>
            statement.type === 'ExportAllDeclaration' ||
            (statement.type === 'ExportNamedDeclaration' && statement.source !== null),
        )
      );
    });
    expect(barrels.map((source) => source.path)).to.deep.equal([]);
    expect(
      sources
        .filter((source) => /(^|\/)(index|utils?|helpers?|common|manager|misc)\.ts$/.test(source.path))
        .map((source) => source.path),
    ).to.deep.equal([]);
  });
});
