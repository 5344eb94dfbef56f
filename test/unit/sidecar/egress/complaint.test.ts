import { expect } from 'chai';

import type { Code } from '../../../../core/fault/catalog.ts';
import { challengeFields } from '../../../../sidecar/challenge.ts';
import { complaintOf } from '../../../../sidecar/egress/complaint.ts';
import type { ResponseHead } from '../../../../sidecar/http/response.ts';
import { fieldOf } from '../callers.ts';

const answerOf = (status: number, ...challenges: readonly string[]): ResponseHead => ({
  status,
  reason: '',
  fields: challenges.map((value) => fieldOf('WWW-Authenticate', value)),
  framing: { kind: 'none' },
  declared: { kind: 'none' },
  keepAlive: true,
});
/** What a sidecar answers with this code. */
const saidBy = (code: Code): ResponseHead =>
  answerOf(
    401,
    ...challengeFields({ code, detail: '' }, undefined)
      .filter(({ name }) => name === 'WWW-Authenticate')
      .map(({ value }) => value),
  );

describe('complaintOf()', () => {
  for (const [what, answer] of [
    ['a 403 with the same challenge', answerOf(403, 'Bearer error="invalid_token"')],
    ['a 200', answerOf(200, 'Bearer error="invalid_token"')],
    ['a redirect (A-604)', answerOf(302, 'Bearer error="invalid_token"')],
    ['a 401 without a challenge', answerOf(401)],
    ['a 401 of an app with a scheme of its own', answerOf(401, 'Basic realm="a"')],
    ['no credential', saidBy('TOKEN_ABSENT')],
    ['a scope that is missing', answerOf(401, 'Bearer error="insufficient_scope"')],
    ['another error whose name begins so', answerOf(401, 'Bearer error="invalid_tokens"')],
    ['another parameter whose name ends so', answerOf(401, 'Bearer myerror="invalid_token"')],
  ] as const)
    it(`hears nothing in ${what}`, () => {
      expect(complaintOf(answer)).to.equal(undefined);
    });

  it('hears that another token is wanted, also among several challenges and without quotes', () => {
    for (const answer of [
      saidBy('TOKEN_REVOKED'),
      saidBy('TOKEN_EXPIRED'),
      saidBy('BINDING_MISMATCH'),
      answerOf(401, 'DPoP algs="ES256"', 'Bearer realm="a", error="invalid_token", error_description="expired"'),
      answerOf(401, 'Bearer error=invalid_token'),
      answerOf(401, 'bearer ERROR="invalid_token"'),
    ])
      expect(complaintOf(answer), JSON.stringify(answer.fields)).to.equal('token');
  });

  it('A-445 hears that another connection is wanted', () => {
    expect(complaintOf(saidBy('BINDING_NEWER'))).to.equal('connection');
  });
});
