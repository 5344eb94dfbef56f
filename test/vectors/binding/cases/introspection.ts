/** Tokens that their issuer is asked about (RFC 7662): the answer is judged as the claims of a JWT are, its `cnf` above all. */
import { digestText, issueLeaf, NOW } from '../authority.ts';
import { bad, type Definition, good, type Input, type Reason, TOLD, type Topic } from '../definition.ts';
import { createSigningKey, type Members, thumbprintOfJwk } from '../token.ts';
import { ISSUER, issuerOf, type World } from '../world.ts';
import { presented, proofOf } from './dpop.ts';

const inactive: Reason = { flag: 'Inactive', clause: 'RFC 7662 2.2', code: 'TOKEN_INACTIVE' };
/** What is no answer says nothing about the token. */
const noAnswer: Reason = {
  flag: 'Answer',
  clause: 'RFC 7662 2.2',
  code: 'TOKEN_INTROSPECTION_UNAVAILABLE',
  told: TOLD.unavailable,
};
const OPAQUE = '2YotnFZFEjr1zCsicMWpAA';

export function introspectionTopic(world: World): Topic {
  const asked = world.settings({}, { issuers: [issuerOf(world.issuerKey, { introspection: true, jwks: undefined })] });
  return {
    topic: 'introspection',
    settings: { asked },
    cases: [...answers(world), ...claims(world), ...kinds(world), ...keys(world)],
  };
}

const answerOf = (world: World, changes: Members): Members => ({
  active: true,
  token_type: 'Bearer',
  ...world.claims(),
  ...changes,
});

/** A token of which the endpoint says this: members that differ from a good answer, or the text of the body. */
const asking =
  (world: World) =>
  (changes: Members | string | null, more: Input = {}): Input => {
    const answer = typeof changes === 'object' && changes !== null ? answerOf(world, changes) : changes;
    return { token: OPAQUE, ...more, state: { introspection: [{ token: more.token ?? OPAQUE, answer }] } };
  };

function answers(world: World): readonly Definition[] {
  const of = asking(world);
  const other = issueLeaf(world.root, { path: '/ns/shop/sa/other' });
  return [
    good('an opaque token that is bound to the certificate', 'RFC 8705 3.2', 'x5t#S256', of({})),
    good('an answer without iss is of the issuer that was asked', 'RFC 7662 2.2', 'x5t#S256', of({ iss: undefined })),
    bad(
      { flag: 'Thumbprint', clause: 'RFC 8705 3.2', code: 'BINDING_MISMATCH' },
      'bound to another certificate',
      of({}, { chain: [other.der] }),
    ),
    bad(
      { flag: 'Unbound', clause: 'RFC 8705 3.2', code: 'BINDING_ABSENT' },
      'no cnf in the answer',
      of({ cnf: undefined }),
    ),
    bad(
      { flag: 'UnknownMember', clause: 'RFC 7800 3.1', code: 'BINDING_UNKNOWN' },
      'an unknown member in the cnf of the answer',
      of({ cnf: { 'urn:example:x': 1 } }),
    ),
    bad(inactive, 'active is false', of({ active: false })),
    bad(inactive, 'a token that the endpoint does not know', { token: 'another-token' }),
    bad(noAnswer, 'active is the string "true"', of({ active: 'true' })),
    bad(noAnswer, 'active is 1', of({ active: 1 })),
    bad(noAnswer, 'active absent', of({ active: undefined })),
    bad(noAnswer, 'no JSON', of('active')),
    bad(noAnswer, 'active twice', of(`{"active":false,${JSON.stringify(answerOf(world, {})).slice(1)}`)),
    bad({ ...noAnswer, flag: 'OutOfReach' }, 'the endpoint is out of reach: no 401', of(null)),
  ];
}

function claims(world: World): readonly Definition[] {
  const of = asking(world);
  return [
    bad(
      { flag: 'RefreshToken', clause: 'RFC 7662 2.2', code: 'TOKEN_TYPE' },
      'active, but no access token',
      of({ token_type: undefined }),
    ),
    bad({ flag: 'Exp', clause: 'RFC 7662 2.2', code: 'TOKEN_EXPIRED' }, 'active, but past exp', of({ exp: NOW - 31 })),
    bad({ flag: 'MissingClaim', clause: 'RFC 7662 4', code: 'TOKEN_CLAIMS' }, 'no exp', of({ exp: undefined })),
    bad(
      { flag: 'Aud', clause: 'RFC 7662 4', code: 'TOKEN_AUDIENCE' },
      'for another service',
      of({ aud: 'https://a.example' }),
    ),
    bad({ flag: 'Aud', clause: 'RFC 7662 4', code: 'TOKEN_CLAIMS' }, 'no aud', of({ aud: undefined })),
    bad(
      { flag: 'Iss', clause: 'RFC 7662 2.2', code: 'TOKEN_ISSUER' },
      'an answer of another issuer',
      of({ iss: `${ISSUER}/` }),
    ),
  ];
}

function kinds(world: World): readonly Definition[] {
  const of = asking(world);
  const signed = world.token();
  return [
    good('a JWT of this issuer is asked about too', 'RFC 7662 2', 'x5t#S256', of({}, { token: signed })),
    bad(
      { flag: 'ForeignToken', clause: 'RFC 8725 3.8', code: 'TOKEN_ISSUER' },
      'a JWT of another issuer is not sent to this one',
      of({}, { token: world.token({ claims: { iss: 'https://idp.other.example' } }) }),
    ),
    bad(
      { flag: 'Actor', clause: 'RFC 8693 4.1', code: 'BINDING_ACTOR' },
      'another workload acts',
      of({ act: { sub: 'spiffe://example.org/ns/shop/sa/other' } }),
    ),
  ];
}

function keys(world: World): readonly Definition[] {
  const key = createSigningKey('client');
  const client = { key, jkt: thumbprintOfJwk(key.jwk), token: OPAQUE };
  const ofClient = answerOf(world, { token_type: 'DPoP', cnf: { jkt: client.jkt } });
  return [
    good('an opaque token that is bound to a key, with its proof', 'RFC 9449 6.2', 'dpop', {
      ...presented(OPAQUE, proofOf(client, { claims: { ath: digestText(OPAQUE) } })),
      state: { introspection: [{ token: OPAQUE, answer: ofClient }] },
    }),
    bad({ flag: 'Downgrade', clause: 'RFC 9449 7.2', code: 'BINDING_PROOF_ABSENT' }, 'the same as Bearer', {
      token: OPAQUE,
      state: { introspection: [{ token: OPAQUE, answer: ofClient }] },
    }),
    bad({ flag: 'Revoked', clause: 'RFC 7009 2', code: 'TOKEN_REVOKED' }, 'active, and on the deny-list', {
      token: OPAQUE,
      state: { introspection: [{ token: OPAQUE, answer: answerOf(world, {}) }], revoked: { jti: ['b6f1c0d2'] } },
    }),
  ];
}
