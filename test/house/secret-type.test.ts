/**
 * Secrets are compared by `Secret.equals` alone, in constant time: what `reveal()` gives is neither compared nor searched
 * for, and two of them are not compared as objects. Where the text may be had at all is a list with reasons.
 */
import { expect } from 'chai';

import { isNode, place, readSource, readSources, walk, type Node, type Source } from './sources.ts';

const PRODUCT = /^(core|runtime|ca|sidecar|cli)\//;
const HOME = 'core/identity/secret.ts';

/** Who may ask for the text, and why. */
const REVEALING: Readonly<Record<string, string>> = {
  'core/identity/api-key-text.ts': 'judges the form of an API key, whose checksum is public',
  'ca/tokens/client-secret.ts': 'hashes it',
  'ca/rpc/client-desk.ts': 'tells it once, to who made it',
  'ca/rpc/api-key-desk.ts': 'tells it once, to who made it',
};

const COMPARES = new Set(['==', '===', '!=', '!==', '<', '<=', '>', '>=']);
const SEARCHES = new Set(
  'includes startsWith endsWith indexOf lastIndexOf localeCompare match matchAll search equals compare is has get'.split(
    ' ',
  ),
);

function faultsIn(source: Source): readonly string[] {
  if (source.path === HOME) return [];
  const secrets = namesOfSecrets(source);
  const nodes = [...walk(source.program)];
  const isOdd = (node: Node): boolean =>
    isCompareOfText(node) || isSearchOfText(node) || isSwitchOnText(node) || isCompareOfSecrets(node, secrets);
  const odd = nodes.filter(isOdd).map((node) => `${place(source, node)}: compares a secret`);
  const isUnlisted = PRODUCT.test(source.path) && !Object.hasOwn(REVEALING, source.path) && nodes.some(isReveal);
  return isUnlisted ? [...odd, `${source.path}: reveals a secret and is not on the list`] : odd;
}

const isReveal = (node: Node): boolean => node.type === 'CallExpression' && nameOf(node['callee']) === 'reveal';
const holdsReveal = (node: unknown): boolean => isNode(node) && [...walk(node)].some(isReveal);

function isCompareOfText(node: Node): boolean {
  if (node.type !== 'BinaryExpression' || !COMPARES.has(String(node['operator']))) return false;
  return holdsReveal(node['left']) || holdsReveal(node['right']);
}

function isSwitchOnText(node: Node): boolean {
  return node.type === 'SwitchStatement' && holdsReveal(node['discriminant']);
}

function isSearchOfText(node: Node): boolean {
  const callee = node['callee'];
  if (node.type !== 'CallExpression' || !isNode(callee) || !SEARCHES.has(nameOf(callee))) return false;
  const given = node['arguments'];
  return holdsReveal(callee['object']) || (Array.isArray(given) && given.some(holdsReveal));
}

/** Whether it is there at all may be asked. */
function isCompareOfSecrets(node: Node, secrets: ReadonlySet<string>): boolean {
  if (node.type !== 'BinaryExpression' || !COMPARES.has(String(node['operator']))) return false;
  const sides = [node['left'], node['right']];
  const isNothing = (side: unknown): boolean =>
    nameOf(side) === 'undefined' || (isNode(side) && side['value'] === null);
  return !sides.some(isNothing) && sides.some((side) => secrets.has(nameOf(side)));
}

/** Names that are declared as a `Secret`, or made as one. */
function namesOfSecrets(source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  if (!source.imports.includes(HOME)) return names;
  for (const node of walk(source.program)) {
    if (isTypedAsSecret(node)) names.add(nameOf(node['key'] ?? node));
    const made = node['init'];
    if (isNode(made) && made.type === 'NewExpression' && nameOf(made['callee']) === 'Secret')
      names.add(nameOf(node['id']));
  }
  return names;
}

/** A `Secret`, or one that may be absent; what has one among its members is not one itself. */
function isTypedAsSecret(node: Node): boolean {
  const annotation = node['typeAnnotation'];
  if (node.type === 'TSTypeAnnotation' || !isNode(annotation)) return false;
  const type = annotation['typeAnnotation'];
  if (!isNode(type)) return false;
  const parts = type.type === 'TSUnionType' && Array.isArray(type['types']) ? type['types'] : [type];
  return parts.some((part: Node) => part.type === 'TSTypeReference' && nameOf(part['typeName']) === 'Secret');
}

/** Of an identifier, or of the last member of a chain. */
function nameOf(node: unknown): string {
  if (!isNode(node)) return '';
  if (node.type === 'MemberExpression') return nameOf(node['property']);
  return typeof node['name'] === 'string' ? node['name'] : '';
}

describe('secrets', () => {
  it('are compared in constant time alone, and revealed only where a reason is on the list', () => {
    expect(
      readSources()
        .filter(({ path }) => PRODUCT.test(path))
        .flatMap(faultsIn),
    ).to.deep.equal([]);
  });

  it('are revealed by everybody on the list', () => {
    const revealing = readSources().filter(
      ({ program, path }) => Object.hasOwn(REVEALING, path) && holdsReveal(program),
    );
    expect(revealing.map(({ path }) => path)).to.have.members(Object.keys(REVEALING));
  });

  for (const line of [
    'candidate.reveal() === known',
    'known !== candidate.reveal()',
    '`${candidate.reveal()}` == known',
    'known.includes(candidate.reveal())',
    'candidate.reveal().startsWith(known)',
    'Buffer.compare(Buffer.from(candidate.reveal()), known)',
    'new Map().get(candidate.reveal())',
    'candidate === other',
    'desk.candidate !== other',
    'candidate.secret === other.secret',
  ])
    it(`would be found in \`${line}\``, () => {
      const text = `import type { Secret } from '../../core/identity/secret.ts';\nfunction f(candidate: Secret, other: Secret, { secret }: { secret: Secret | undefined }) { return ${line}; }`;
      expect(faultsIn(readSource('ca/tokens/client-secret.ts', text))).to.have.length(1);
    });

  it('may be asked for, hashed and compared by `equals`', () => {
    const text = `import { Secret } from '../../core/identity/secret.ts';
      function g({ id, secret }: { readonly id: string; readonly secret: Secret }) { return id === 'x' && text.length > 1; }
      function f(candidate: Secret | undefined) {
        if (candidate === undefined) return false;
        return candidate.equals(new Secret('x')) && candidate.digest().length === 32;
      }`;
    expect(faultsIn(readSource('ca/tokens/other.ts', text))).to.deep.equal([]);
    expect(faultsIn(readSource('ca/tokens/other.ts', 'secret.reveal()'))).to.have.length(1);
  });
});
