/** What a route demands: `required`, `identity`, `optional`, `report`; and what is revoked. */
import { demand } from '../../../../core/fault/fault.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { issueLeaf } from '../authority.ts';
import { bad, type Definition, good, type Input, type Reason, TOLD, type Topic } from '../definition.ts';
import type { Members } from '../token.ts';
import { AGENT, type World } from '../world.ts';

const OTHER = 'spiffe://example.org/ns/shop/sa/other';
const absent: Reason = { flag: 'Unbound', clause: 'RFC 8705 3', code: 'BINDING_ABSENT' };
const mismatch: Reason = { flag: 'Thumbprint', clause: 'RFC 8705 3', code: 'BINDING_MISMATCH' };
const actor: Reason = { flag: 'Actor', clause: 'RFC 8693 4.1', code: 'BINDING_ACTOR' };
const none: Reason = { flag: 'NoCredential', clause: 'RFC 6750 3.1', code: 'TOKEN_ABSENT', told: TOLD.challenge };

/** One for each mode, of an issuer that may leave `cnf` out. */
export const modeSettings = (world: World) =>
  Object.fromEntries(
    ['required', 'identity', 'optional', 'report'].map((binding) => [
      binding,
      world.settings({ mustBind: false }, { binding }),
    ]),
  );

export function modesTopic(world: World): Topic {
  const stranger = issueLeaf(world.root, { path: '/ns/shop/sa/other' });
  const of = (settings: string, changes: Members, chain?: Input['chain']): Input => ({
    settings,
    token: world.token({ claims: changes }),
    ...(chain === undefined ? {} : { chain }),
  });
  const unbound = { cnf: undefined };
  const mode = (settings: string): readonly Definition[] => [
    good(`${settings}: a bound token`, 'RFC 8705 3', 'x5t#S256', of(settings, {})),
    bad(mismatch, `${settings}: a stolen token`, of(settings, {}, [stranger.der])),
    bad(
      { ...mismatch, flag: 'UnknownMember', code: 'BINDING_UNKNOWN' },
      `${settings}: a cnf with an unknown member`,
      of(settings, { cnf: { 'urn:example:x': 1 } }),
    ),
  ];
  return {
    topic: 'modes',
    settings: {
      ...modeSettings(world),
      mustBind: world.settings({ mustBind: true }, { binding: 'optional' }),
      mustBindIdentity: world.settings({ mustBind: true }, { binding: 'identity' }),
    },
    cases: [
      ...['required', 'identity', 'optional'].flatMap(mode),
      bad(absent, 'required: an unbound token', of('required', unbound)),
      bad(none, 'required: no token', { settings: 'required' }),
      good('identity: an unbound token of the peer', 'RFC 8693 4.1', 'identity', of('identity', unbound)),
      bad(
        actor,
        'identity: an unbound token of another workload',
        of('identity', { ...unbound, sub: OTHER, client_id: OTHER }),
      ),
      bad(none, 'identity: no token', { settings: 'identity' }),
      good('optional: an unbound token of the peer', 'RFC 6750 2.1', 'none', of('optional', unbound)),
      good('optional: no token', 'RFC 6750 2.1', 'none', { settings: 'optional' }),
      good(
        'optional: an unbound token of a user',
        'RFC 6750 2.1',
        'none',
        of('optional', { ...unbound, sub: 'user-7', client_id: 'shop-frontend' }),
      ),
      bad(
        { flag: 'Signature', clause: 'RFC 7515 5.2', code: 'TOKEN_SIGNATURE' },
        'optional: a bad token is not as good as none',
        {
          settings: 'optional',
          token: `${world.token().slice(0, -8)}AAAAAAAA`,
        },
      ),
      bad(absent, 'optional: an unbound token of an issuer that must bind', of('mustBind', unbound)),
      bad(absent, 'identity: an unbound token of an issuer that must bind', of('mustBindIdentity', unbound)),
      good('report: a stolen token is admitted and reported', 'Cleat report', 'none', of('report', {}, [stranger.der])),
      good('report: an unbound token is admitted and reported', 'Cleat report', 'none', of('report', unbound)),
      good('report: no token is admitted and reported', 'Cleat report', 'none', { settings: 'report' }),
      good('report: a bound token', 'RFC 8705 3', 'x5t#S256', of('report', {})),
      bad(
        { flag: 'Aud', clause: 'RFC 7519 4.1.3', code: 'TOKEN_AUDIENCE' },
        'report: a token for another service is refused all the same',
        of('report', { aud: 'https://a.example' }),
      ),
      bad(
        actor,
        'optional: an unbound token of another workload',
        of('optional', { ...unbound, sub: OTHER, client_id: OTHER }),
      ),
      good(
        'report: an unbound token of another workload',
        'Cleat report',
        'none',
        of('report', { ...unbound, sub: OTHER, client_id: OTHER }),
      ),
    ],
  };
}

export function revocationTopic(world: World): Topic {
  const of = (revoked: object, changes: Members = {}): Input => ({
    token: world.token({ claims: changes }),
    state: { revoked },
  });
  const token: Reason = { flag: 'Revoked', clause: 'RFC 7009 2', code: 'TOKEN_REVOKED' };
  const peer: Reason = { flag: 'Revoked', clause: 'RFC 5280 6.3', code: 'PEER_REVOKED', told: TOLD.somehow };
  const elsewhere = (value: string) => [{ issuer: 'https://idp.other.example', value }];
  return {
    topic: 'revocation',
    settings: { strict: world.settings() },
    cases: [
      good('nothing is revoked', 'RFC 7009 2', 'x5t#S256', of({})),
      bad(token, 'jti', of({ jti: ['b6f1c0d2'] })),
      bad(token, 'sub', of({ sub: [AGENT] })),
      bad(token, 'kid', of({ kid: ['k1'] })),
      bad(token, 'origin', of({ origin: ['client:billing'] }, { origin: 'client:billing' })),
      bad(
        token,
        'one of several origins',
        of({ origin: ['mandate:m-7'] }, { origin: ['client:billing', 'mandate:m-7'] }),
      ),
      good('the jti of another token', 'RFC 7009 2', 'x5t#S256', of({ jti: ['b6f1c0d3'] })),
      good('the same jti of another issuer', 'RFC 7519 4.1.7', 'x5t#S256', of({ jti: elsewhere('b6f1c0d2') })),
      good('the same kid of another issuer', 'RFC 7517 4.5', 'x5t#S256', of({ kid: elsewhere('k1') })),
      good(
        'an origin of another token',
        'RFC 7009 2',
        'x5t#S256',
        of({ origin: ['client:billing2'] }, { origin: 'client:billing' }),
      ),
      good('a jti in another case', 'RFC 7519 4.1.7', 'x5t#S256', of({ jti: ['B6F1C0D2'] })),
      bad({ ...token, flag: 'KidLeftOut' }, 'kid of the key, where the header leaves it out', {
        token: world.token({ header: { kid: undefined } }),
        state: { revoked: { kid: ['k1'] } },
      }),
      bad(peer, 'the certificate', of({ thumbprint: [world.agent.x5t] })),
      bad(peer, 'the SPIFFE ID', of({ spiffeId: [AGENT] })),
      good('the SPIFFE ID of another one', 'RFC 5280 6.3', 'x5t#S256', of({ spiffeId: [OTHER] })),
      bad({ ...token, flag: 'Respelt' }, 'other bytes, the same jti', {
        token: world.token({ claims: { pad: 1 } }),
        state: { revoked: { jti: ['b6f1c0d2'] } },
      }),
      bad(peer, 'the serial number', of({ serial: [demand(parseCertificate(world.agent.der)).serial] })),
    ],
  };
}
