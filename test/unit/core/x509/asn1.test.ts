import { expect } from 'chai';
import forge, { type Asn1 as ForgeAsn1 } from 'node-forge/lib/asn1.js';
import { assert, array, constantFrom, letrec, oneof, property, record, uint8Array, type Arbitrary } from 'fast-check';

import { constructed, derOf, oid, primitive, raw, type Asn1 } from '../../../../core/x509/asn1.ts';
import { TAG } from '../../../../core/x509/der.ts';

/** What both writers are given; no INTEGER, which node-forge makes minimal without a word. */
type Tree =
  | { readonly tag: number; readonly bytes: Uint8Array }
  | { readonly tag: number; readonly children: readonly Tree[] };

const { tree } = letrec<{ tree: Tree }>((tie) => ({
  tree: oneof(
    { depthSize: 'small', withCrossShrink: true },
    record({ tag: constantFrom(TAG.octetString, TAG.bitString, 0x80, 0x86), bytes: uint8Array({ maxLength: 300 }) }),
    record({ tag: constantFrom(TAG.sequence, TAG.set, 0xa0, 0xa3), children: array(tie('tree'), { maxLength: 6 }) }),
  ) as Arbitrary<Tree>,
}));

function own(node: Tree): Asn1 {
  return 'bytes' in node ? primitive(node.tag, Buffer.from(node.bytes)) : constructed(node.tag, node.children.map(own));
}

function theirs(node: Tree): ForgeAsn1 {
  if ('bytes' in node) return forge.create(0, node.tag, false, Buffer.from(node.bytes).toString('latin1'));
  return forge.create(node.tag & 0xc0, node.tag & 0x1f, true, node.children.map(theirs));
}

const bytesOf = (element: ForgeAsn1): Buffer => Buffer.from(forge.toDer(element).getBytes(), 'latin1');

describe('the writer of DER beside that of node-forge', () => {
  it('writes the same bytes for any tree', () => {
    assert(property(tree, (node) => derOf(own(node)).equals(bytesOf(theirs(node)))));
  });

  it('writes the same bytes at each border of the length', () => {
    for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000]) {
      const node = { tag: TAG.octetString, bytes: new Uint8Array(size) };
      expect(derOf(own(node)).equals(bytesOf(theirs(node)))).to.equal(true);
      expect(
        derOf(constructed(TAG.sequence, [raw(derOf(own(node)))])).equals(
          bytesOf(theirs({ tag: TAG.sequence, children: [node] })),
        ),
      ).to.equal(true);
    }
  });

  it('writes the same object identifiers', () => {
    for (const text of [
      '0.0',
      '0.39',
      '1.0',
      '1.2.840.10045.4.3.2',
      '2.5.29.17',
      '2.100.3',
      '1.3.4294967295',
      '2.39.127.128.16383.16384',
    ])
      expect(derOf(oid(text)).subarray(2).toString('latin1'), text).to.equal(forge.oidToDer(text).getBytes());
  });

  it('throws for what is no object identifier, or has a component of more than 32 bits', () => {
    for (const text of [
      '',
      '1',
      '3.1',
      '1.40',
      '0.-1',
      '1.2.x',
      '1.2.1.5e0.5',
      '1..2',
      '1.2.4294967296',
      '1.2.1.',
      '1.2.0x1',
      '1.2. 1',
    ])
      expect(() => oid(text), text).to.throw(RangeError);
  });
});
