/** That x509-limbo is refused for the reasons it is about, and that a label which was changed shows. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { skipAbsentVectors } from '../kit/skip.ts';
import { limboCases } from './limbo-cases.ts';
import { handshakeCases } from './limbo-handshake.ts';
import { DEFAULT_FOLDER } from './run.ts';
import { type Case, score } from './score.ts';

const file = join(process.env['CLEAT_VECTORS'] ?? DEFAULT_FOLDER, 'x509-limbo.json');

/** What the refusals of a family of cases must speak of. */
const REASONS: readonly (readonly [family: RegExp, reason: RegExp])[] = [
  [/^rfc5280::validity::/, /^PEER_EXPIRED not valid (?:after|before)/],
  [/^pathlen::/, /allows a path of/],
  [
    /^pathological::(?:pathological-chain|intermediate-cycle)/,
    /no path to a root within|path of more than|no issuer of|may not sign/,
  ],
  [/^rfc5280::nc::(?:permitted-d.*mismatch|.*-rejects-)/, /a name that is not permitted/],
  [/^rfc5280::nc::(?:excluded|intermediate-with)|^cve::cve-2025-61727/, /an excluded name/],
  [/^rfc5280::nc::(?:not-allowed|permitted-dns-match-non)|^webpki::nc::/, /name constraints/],
  [/::eku::ee-(?:wrong|without|any)/, /purpose/],
  [/^rfc5280::serial::/, /serial number is not positive/],
  [/ca-as-leaf|ee-basicconstraints-ca/, /leaf is a CA/],
  [/^webpki::forbidden-/, /key is not/],
];

describe('x509-limbo', () => {
  if (!existsSync(file)) {
    skipAbsentVectors('refuses for the reason under test');
    return;
  }
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));

  it('A-010 A-011 A-016 A-017 A-018 A-024 A-047 A-051 refuses for the reason under test', async () => {
    const seen = new Set<RegExp>();
    for (const one of limboCases(document)) {
      const verdict = await one.judge();
      if (verdict.ok || one.skipped !== undefined) continue;
      for (const [family, reason] of REASONS.filter(([such]) => such.test(one.id))) {
        seen.add(family);
        expect(`${verdict.refusal.code} ${verdict.refusal.detail}`, one.id).to.match(reason);
      }
    }
    expect(seen.size).to.equal(REASONS.length);
  });

  for (const [harness, casesOf] of [
    ['path validation', limboCases],
    ['handshakes', handshakeCases],
  ] as const) {
    it(`shows in ${harness} every good chain that is called bad, and every bad one that is called good`, async () => {
      const plain = casesOf(document).filter(
        ({ exception, skipped }) => exception === undefined && skipped === undefined,
      );
      const good = plain.filter(({ expected }) => expected === 'accepted');
      const turned = plain.map(
        (one): Case => ({ ...one, expected: one.expected === 'accepted' ? 'refused' : 'accepted' }),
      );
      const { tally } = await score(turned);
      expect([tally.falseAccepts, tally.falseRejects]).to.deep.equal([good.length, plain.length - good.length]);
    });
  }

  it('shows an exception that covers a case which passes without it', async () => {
    const idle = limboCases(document)
      .filter(({ exception, isDisputed }) => exception !== undefined && isDisputed !== true)
      .map((one): Case => ({ ...one, expected: one.expected === 'accepted' ? 'refused' : 'accepted' }));
    const { problems } = await score(idle);
    expect(problems).to.have.length(idle.length);
    for (const problem of problems) expect(problem).to.include('idle exception');
  });
});
