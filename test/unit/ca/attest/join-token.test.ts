import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { attestJoinToken, makeJoinToken, parseEvidence } from '../../../../ca/attest/join-token.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { joinToken } from '../journal/records.ts';
import { codeOf, MESH } from '../small-ca.ts';

const ROOT = randomBytes(32);
const TERMS = { path: '/ns/shop/sa/agent', dnsNames: [], expiresAt: epochSeconds(1_800_000_600) };

describe('join-token attestor', () => {
  it('A-116 refuses evidence that has not the form of a join token with ATTEST_EVIDENCE', () => {
    const { text } = makeJoinToken(TERMS, ROOT, randomBytes);
    const forms = ['', 'x', text.slice(1), text.slice(0, -1), `${text} `, text.toUpperCase(), text.replace('.', ',')];
    for (const form of forms) expect(codeOf(parseEvidence(form, [ROOT])), form).to.equal('ATTEST_EVIDENCE');
  });

  it('A-139 refuses a token that names another root with ATTEST_JOIN_TOKEN', () => {
    const { text } = makeJoinToken(TERMS, ROOT, randomBytes);
    expect(codeOf(parseEvidence(text, [randomBytes(32), randomBytes(32)]))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('A-139 refuses a token that the journal does not know, with ATTEST_JOIN_TOKEN', () => {
    expect(codeOf(attestJoinToken(undefined, MESH))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('refuses a record whose path gives no SPIFFE ID', () => {
    for (const path of ['', '/', '/a/../b', '/a//b', 'a', '/a/', '/ä'])
      expect(codeOf(attestJoinToken(joinToken('f0', { path }), MESH)), path).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('never puts a part of the secret into a refusal', () => {
    const { text } = makeJoinToken(TERMS, ROOT, randomBytes);
    const secret = text.split('.')[2] ?? '';
    for (const outcome of [parseEvidence(text, [randomBytes(32), randomBytes(32)]), parseEvidence(`${text}x`, [ROOT])])
      expect(JSON.stringify(outcome)).not.to.include(secret.slice(0, 12));
  });

  it('keeps the hash of 256 random bits, and finds the record by it', () => {
    const { text, record } = makeJoinToken(TERMS, ROOT, (count) => Buffer.alloc(count, 7));
    expect(record.hash).to.match(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(record)).not.to.include(text.split('.')[2]);
    expect(parseEvidence(text, [ROOT])).to.deep.equal({ ok: true, value: { hash: record.hash } });
    const attestation = attestJoinToken(record, MESH);
    expect(attestation).to.have.nested.property('value.id.uri', 'spiffe://mesh.example/ns/shop/sa/agent');
    expect(attestation).to.have.deep.nested.property('value.claim', { kind: 'join-token', hash: record.hash });
  });
});
