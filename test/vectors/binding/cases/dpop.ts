/** `cnf.jkt` proved by DPoP (RFC 9449): the proof, the request that it is for, and the token that it belongs to. */
import { bad, type Definition, type Expected, good, type Input, type Reason, TOLD, type Topic } from '../definition.ts';
import { digestText, issueLeaf, NOW } from '../authority.ts';
import { createSigningKey, type Members, publicJwk, signJws, type SigningKey, thumbprintOfJwk } from '../token.ts';
import { AUDIENCE, type World } from '../world.ts';

const proof: Reason = { flag: 'Proof', clause: 'RFC 9449 4.3', code: 'BINDING_PROOF', told: TOLD.proof };
const absent: Reason = { flag: 'NoProof', clause: 'RFC 9449 7.2', code: 'BINDING_PROOF_ABSENT' };
const otherKey: Reason = { flag: 'OtherKey', clause: 'RFC 9449 7.1', code: 'BINDING_PROOF_KEY', told: TOLD.dpopToken };
const replay: Reason = { flag: 'Replay', clause: 'RFC 9449 11.1', code: 'BINDING_REPLAY', told: TOLD.proof };
const nonce: Reason = { flag: 'Nonce', clause: 'RFC 9449 9', code: 'BINDING_NONCE', told: TOLD.nonce };

const JTI = 'p-4f1d';
const TARGET = `${AUDIENCE}/v1/x`;

/** A client with a key of its own, and a token that is bound to it. */
interface Client {
  readonly key: SigningKey;
  readonly jkt: string;
  readonly token: string;
}

export interface ProofWishes {
  readonly key?: SigningKey;
  /** What `ath` is the hash of. */
  readonly token?: string;
  readonly header?: Members;
  readonly claims?: Members;
}

export function clientOf(world: World, changes: Members = {}): Client {
  const key = createSigningKey('client');
  const jkt = thumbprintOfJwk(key.jwk);
  return { key, jkt, token: world.token({ claims: { cnf: { jkt, ...changes } } }) };
}

/** A good proof for `GET /v1/x`, but for the wishes. */
export function proofOf(
  client: Client,
  { key = client.key, token = client.token, header, claims }: ProofWishes = {},
): string {
  const { kid: _kid, use: _use, alg: _alg, ...jwk } = key.jwk;
  const sound = { jti: JTI, htm: 'GET', htu: TARGET, iat: NOW, ath: digestText(token) };
  return signJws(key, { typ: 'dpop+jwt', alg: key.alg, jwk, ...header }, { ...sound, ...claims });
}

export const presented = (token: string, shown: string, more: Input = {}): Input => ({
  fields: [
    ['Authorization', `DPoP ${token}`],
    ['DPoP', shown],
  ],
  ...more,
});

export function dpopTopic(world: World): Topic {
  const gateway = { origins: [`${AUDIENCE}/gateway/pay`, 'https://pay.internal.example:8443'] };
  return {
    topic: 'jkt-dpop',
    settings: {
      strict: world.settings(),
      nonce: world.settings({}, { dpop: { window: 60, nonce: 'required' } }),
      gateway: world.settings({}, gateway),
      identity: world.settings({ mustBind: false }, { binding: 'identity' }),
      optional: world.settings({ mustBind: false }, { binding: 'optional' }),
    },
    cases: [
      ...travelling(world),
      ...headers(world),
      ...claims(world),
      ...targets(world),
      ...tokens(world),
      ...replays(world),
      ...nonces(world),
    ],
  };
}

function travelling(world: World): readonly Definition[] {
  const client = clientOf(world);
  const { token } = client;
  const shown = proofOf(client);
  const fields = (...list: NonNullable<Input['fields']>): Input => ({ fields: list });
  const twice: Reason = { flag: 'TwoProofs', clause: 'RFC 9449 4.3', code: 'TOKEN_DUPLICATE', told: TOLD.somehow };
  const challenged: Expected = TOLD.invalidToken;
  return [
    good('a good proof', 'RFC 9449 7.1', 'dpop', presented(token, shown)),
    good('scheme in lower case', 'RFC 9110 11.1', 'dpop', fields(['Authorization', `dpop ${token}`], ['DPoP', shown])),
    good('field in lower case', 'RFC 9110 5.1', 'dpop', fields(['Authorization', `DPoP ${token}`], ['dpop', shown])),
    bad({ ...absent, flag: 'Downgrade', told: challenged }, 'the token as Bearer, without a proof', { token }),
    bad(
      { ...absent, flag: 'Downgrade', told: challenged },
      'the token as bearer in lower case',
      fields(['Authorization', `bearer ${token}`]),
    ),
    bad(
      { ...absent, flag: 'Downgrade', told: challenged },
      'the token as BEARER in upper case',
      fields(['Authorization', `BEARER ${token}`]),
    ),
    bad(
      { ...absent, flag: 'Downgrade', code: 'TOKEN_DUPLICATE', told: TOLD.somehow },
      'the token as Bearer beside its proof',
      fields(['Authorization', `Bearer ${token}`], ['DPoP', shown]),
    ),
    bad({ ...absent, told: TOLD.somehow }, 'scheme DPoP without a proof', fields(['Authorization', `DPoP ${token}`])),
    bad(
      { flag: 'NoCredential', clause: 'RFC 6750 3.1', code: 'TOKEN_ABSENT', told: TOLD.challenge },
      'a proof without a token',
      fields(['DPoP', shown]),
    ),
    bad(
      twice,
      'two fields with the same proof',
      fields(['Authorization', `DPoP ${token}`], ['DPoP', shown], ['DPoP', shown]),
    ),
    bad(twice, 'two proofs in one field', fields(['Authorization', `DPoP ${token}`], ['DPoP', `${shown}, ${shown}`])),
    bad(
      { ...twice, flag: 'TwoCredentials', told: TOLD.invalidRequest },
      'one token as Bearer and one as DPoP',
      fields(['Authorization', `Bearer ${token}`], ['Authorization', `DPoP ${token}`], ['DPoP', shown]),
    ),
    bad(proof, 'a proof that is empty', fields(['Authorization', `DPoP ${token}`], ['DPoP', ''])),
    bad(proof, 'a proof that is no JWS', fields(['Authorization', `DPoP ${token}`], ['DPoP', 'x'])),
    bad(proof, 'a proof in padded base64', fields(['Authorization', `DPoP ${token}`], ['DPoP', `${shown}==`])),
    bad({ ...proof, flag: 'Downgrade' }, 'the token itself as its proof', presented(token, token)),
  ];
}

function headers(world: World): readonly Definition[] {
  const client = clientOf(world);
  const of = (header: Members, key = client.key): Input => presented(client.token, proofOf(client, { header, key }));
  const stranger = createSigningKey('stranger');
  const { kid: _kid, use: _use, alg: _alg, ...jwk } = client.key.jwk;
  const signature: Reason = { ...proof, flag: 'Signature' };
  return [
    bad({ ...proof, flag: 'Typ' }, 'typ absent', of({ typ: undefined })),
    bad({ ...proof, flag: 'Typ' }, 'typ JWT', of({ typ: 'JWT' })),
    bad({ ...proof, flag: 'Typ' }, 'typ of an access token', of({ typ: 'at+jwt' })),
    good('typ in upper case with application/', 'RFC 7515 4.1.9', 'dpop', of({ typ: 'application/DPOP+JWT' })),
    bad({ ...proof, flag: 'Algorithm' }, 'alg none', of({ alg: 'none' })),
    bad({ ...proof, flag: 'Algorithm' }, 'alg HS256', of({ alg: 'HS256' })),
    bad({ ...proof, flag: 'Algorithm' }, 'alg that does not fit the key', of({ alg: 'ES384' })),
    bad({ ...proof, flag: 'Jwk' }, 'jwk absent', of({ jwk: undefined })),
    bad({ ...proof, flag: 'Jwk' }, 'jwk is a string', of({ jwk: JSON.stringify(jwk) })),
    bad({ ...proof, flag: 'Jwk' }, 'jwk off its curve', of({ jwk: { ...jwk, y: jwk['x'] } })),
    bad({ ...proof, flag: 'PrivateKey' }, 'jwk with a private member', of({ jwk: { ...jwk, d: 'A'.repeat(43) } })),
    bad({ ...proof, flag: 'SymmetricKey' }, 'jwk is a symmetric key', of({ jwk: { kty: 'oct', k: 'c2VjcmV0' } })),
    bad({ ...proof, flag: 'Crit' }, 'crit', of({ crit: ['x'], x: 1 })),
    bad(signature, 'signed by another key than the one in jwk', of({ jwk }, stranger)),
    bad(signature, 'payload changed', presented(client.token, tampered(proofOf(client)))),
  ];
}

/** The same proof with another `jti`, signature unchanged. */
function tampered(shown: string): string {
  const [head = '', payload = '', signature = ''] = shown.split('.');
  const text = Buffer.from(payload, 'base64url').toString().replace(JTI, 'p-4f1e');
  return `${head}.${Buffer.from(text).toString('base64url')}.${signature}`;
}

function claims(world: World): readonly Definition[] {
  const client = clientOf(world);
  const of = (changes: Members): Input => presented(client.token, proofOf(client, { claims: changes }));
  const htm: Reason = { ...proof, flag: 'Htm' };
  const iat: Reason = { ...proof, flag: 'Iat' };
  const ath: Reason = { ...proof, flag: 'Ath' };
  return [
    bad({ ...proof, flag: 'Jti' }, 'jti absent', of({ jti: undefined })),
    bad({ ...proof, flag: 'Jti' }, 'jti is a number', of({ jti: 7 })),
    bad(htm, 'htm absent', of({ htm: undefined })),
    bad(htm, 'htm of another method', of({ htm: 'POST' })),
    bad(htm, 'htm in lower case', of({ htm: 'get' })),
    bad(iat, 'iat absent', of({ iat: undefined })),
    bad(iat, 'iat as a string', of({ iat: String(NOW) })),
    good('iat at the edge of the window', 'RFC 9449 11.1', 'dpop', of({ iat: NOW - 60 })),
    bad(iat, 'iat a second before the window', of({ iat: NOW - 61 })),
    bad(iat, 'iat a second behind the window', of({ iat: NOW + 61 })),
    bad(ath, 'ath absent', of({ ath: undefined })),
    bad(ath, 'ath of another token', of({ ath: digestText(world.token()) })),
    bad(ath, 'ath in hex', of({ ath: Buffer.from(digestText(client.token), 'base64url').toString('hex') })),
    bad(ath, 'ath padded', of({ ath: `${digestText(client.token)}=` })),
    good('a claim that nobody knows', 'RFC 9449 4.2', 'dpop', of({ x: 1 })),
    good('exp in the past: proofs have none', 'RFC 9449 4.2', 'dpop', of({ exp: NOW - 1000 })),
  ];
}

function targets(world: World): readonly Definition[] {
  const client = clientOf(world);
  const of = (htu: unknown, more: Input = {}): Input =>
    presented(client.token, proofOf(client, { claims: { htu } }), more);
  const htu: Reason = { ...proof, flag: 'Htu' };
  const hosted = (name: string, host: string): Input => ({
    fields: [
      ['Host', name === 'Host' ? host : 'pay.example.org'],
      ...(name === 'Host' ? [] : [[name, host] as const]),
      ['Authorization', `DPoP ${client.token}`],
      ['DPoP', proofOf(client, { claims: { htu: 'https://attacker.example/v1/x' } })],
    ],
  });
  return [
    good('the query is no part of htu', 'RFC 9449 4.3', 'dpop', of(TARGET, { target: '/v1/x?a=b' })),
    good('a query in htu is cut off', 'RFC 9449 4.3', 'dpop', of(`${TARGET}?a=b`)),
    good('scheme and host in upper case', 'RFC 3986 6.2.2.1', 'dpop', of('HTTPS://PAY.example.org/v1/x')),
    good('the default port', 'RFC 3986 6.2.3', 'dpop', of('https://pay.example.org:443/v1/x')),
    good('a needless escape', 'RFC 3986 6.2.2.2', 'dpop', of('https://pay.example.org/v1/%78')),
    good('dot segments', 'RFC 3986 6.2.2.3', 'dpop', of('https://pay.example.org/v1/y/../x')),
    good('an empty path is /', 'RFC 3986 6.2.3', 'dpop', of('https://pay.example.org', { target: '/' })),
    bad(htu, 'htu absent', of(undefined)),
    bad(htu, 'another path', of(`${AUDIENCE}/v1/y`)),
    bad(htu, 'path in another case', of(`${AUDIENCE}/V1/x`)),
    bad(htu, 'a slash behind the path', of(`${TARGET}/`)),
    bad(htu, 'another port', of('https://pay.example.org:8443/v1/x')),
    bad(htu, 'another scheme', of('http://pay.example.org/v1/x')),
    bad(htu, 'the path alone', of('/v1/x')),
    bad(htu, 'user information before the host', of('https://pay.example.org@attacker.example/v1/x')),
    bad(htu, 'an array with the right one', of([TARGET])),
    bad({ ...htu, flag: 'HostHeader' }, 'htu as Host says, not as configured', hosted('Host', 'attacker.example')),
    bad(
      { ...htu, flag: 'HostHeader' },
      'htu as X-Forwarded-Host says, not as configured',
      hosted('X-Forwarded-Host', 'attacker.example'),
    ),
    good(
      'behind a gateway that takes a part of the path away',
      'RFC 9449 4.3',
      'dpop',
      of(`${AUDIENCE}/gateway/pay/v1/x`, { settings: 'gateway' }),
    ),
    good(
      'the second origin',
      'RFC 9449 4.3',
      'dpop',
      of('https://pay.internal.example:8443/v1/x', { settings: 'gateway' }),
    ),
    bad(htu, 'behind a gateway, without its part of the path', of(TARGET, { settings: 'gateway' })),
  ];
}

function tokens(world: World): readonly Definition[] {
  const client = clientOf(world);
  const stranger = clientOf(world);
  const certificate = { 'x5t#S256': world.agent.x5t };
  const both = clientOf(world, certificate);
  const otherLeaf = issueLeaf(world.root);
  const mismatch: Reason = { flag: 'Thumbprint', clause: 'RFC 8705 3', code: 'BINDING_MISMATCH' };
  const malformed: Reason = {
    flag: 'JktEncoding',
    clause: 'RFC 9449 6.1',
    code: 'BINDING_MALFORMED',
    told: TOLD.somehow,
  };
  const withJkt = (jkt: unknown): Input => {
    const token = world.token({ claims: { cnf: { jkt } } });
    return presented(token, proofOf({ ...client, token }));
  };
  const unbound = world.token({ claims: { cnf: undefined } });
  const ofAgent = world.token();
  return [
    bad(otherKey, 'a good proof by another key', presented(client.token, proofOf(client, { key: stranger.key }))),
    bad(
      { ...otherKey, flag: 'NotKeyBound', told: TOLD.somehow },
      'scheme DPoP, the token is bound to the certificate alone',
      presented(ofAgent, proofOf({ ...client, token: ofAgent })),
    ),
    bad(
      { ...otherKey, flag: 'NotKeyBound', told: TOLD.somehow },
      'scheme DPoP, the token is not bound, on an optional route',
      presented(unbound, proofOf({ ...client, token: unbound }), { settings: 'optional' }),
    ),
    good('x5t#S256 and jkt, both hold', 'RFC 7800 3.1', 'dpop', presented(both.token, proofOf(both))),
    good(
      'x5t#S256 and jkt, both hold: the certificate counts too',
      'RFC 7800 3.1',
      'x5t#S256',
      presented(both.token, proofOf(both)),
    ),
    bad(
      { ...otherKey, flag: 'SecondMember' },
      'x5t#S256 holds, jkt does not',
      presented(both.token, proofOf(both, { key: stranger.key })),
    ),
    bad(
      { ...mismatch, flag: 'SecondMember' },
      'jkt holds, x5t#S256 does not',
      presented(both.token, proofOf(both), { chain: [otherLeaf.der] }),
    ),
    bad({ ...absent, flag: 'SecondMember' }, 'x5t#S256 holds, and no proof for jkt', { token: both.token }),
    bad(malformed, 'jkt in hex', withJkt(Buffer.from(client.jkt, 'base64url').toString('hex'))),
    bad(malformed, 'jkt padded', withJkt(`${client.jkt}=`)),
    bad(malformed, 'jkt is an object', withJkt({ value: client.jkt })),
    bad(
      { ...malformed, code: 'BINDING_PROOF_KEY', flag: 'JktOfOther' },
      'jkt of the key of the certificate, not of the proof',
      withJkt(thumbprintOfJwk(publicJwk(world.agent.key))),
    ),
    bad(
      { flag: 'Actor', clause: 'RFC 8693 4.1', code: 'BINDING_ACTOR' },
      'a good proof, on a connection of another workload',
      presented(client.token, proofOf(client), { chain: [issueLeaf(world.root, { path: '/ns/shop/sa/other' }).der] }),
    ),
    bad({ ...absent, flag: 'Downgrade' }, 'identity route: a jkt token as Bearer of the very peer', {
      token: client.token,
      settings: 'identity',
    }),
    bad({ ...absent, flag: 'Downgrade' }, 'optional route: a jkt token as Bearer', {
      token: client.token,
      settings: 'optional',
    }),
    bad(
      { flag: 'Exp', clause: 'RFC 7519 4.1.4', code: 'TOKEN_EXPIRED', told: TOLD.somehow },
      'an expired token with a good proof',
      expiredInput(world, client),
    ),
    good('an Ed25519 client key', 'RFC 9449 4.2', 'dpop', edInput(world)),
  ];
}

function expiredInput(world: World, client: Client): Input {
  const token = world.token({ claims: { cnf: { jkt: client.jkt }, exp: NOW - 31 } });
  return presented(token, proofOf({ ...client, token }));
}

function edInput(world: World): Input {
  const key = createSigningKey('client', 'Ed25519');
  const jkt = thumbprintOfJwk(key.jwk);
  const token = world.token({ claims: { cnf: { jkt } } });
  return presented(token, proofOf({ key, jkt, token }, { header: { alg: 'EdDSA' } }));
}

function replays(world: World): readonly Definition[] {
  const client = clientOf(world);
  const stranger = clientOf(world);
  const of = (seen: readonly object[]): Input => presented(client.token, proofOf(client), { state: { seen } });
  return [
    bad(replay, 'a proof that was used before', of([{ jkt: client.jkt, jti: JTI }])),
    good(
      'the same jti by another key: nobody burns the proof of another',
      'RFC 9449 11.1',
      'dpop',
      of([{ jkt: stranger.jkt, jti: JTI }]),
    ),
    good('another jti by the same key', 'RFC 9449 11.1', 'dpop', of([{ jkt: client.jkt, jti: 'p-0' }])),
    bad(
      { ...replay, flag: 'Replay' },
      'used before, with another signature over the same claims',
      presented(client.token, proofOf(client, { claims: { x: 1 } }), {
        state: { seen: [{ jkt: client.jkt, jti: JTI }] },
      }),
    ),
  ];
}

function nonces(world: World): readonly Definition[] {
  const client = clientOf(world);
  const of = (changes: Members, known: readonly string[] = ['n-now', 'n-before']): Input =>
    presented(client.token, proofOf(client, { claims: changes }), { settings: 'nonce', state: { nonces: known } });
  return [
    good('the current nonce', 'RFC 9449 9', 'dpop', of({ nonce: 'n-now' })),
    good('the nonce before', 'RFC 9449 9', 'dpop', of({ nonce: 'n-before' })),
    bad(nonce, 'no nonce', of({})),
    bad(nonce, 'a nonce that was never handed out, or is too old', of({ nonce: 'n-old' })),
    bad({ ...nonce, told: TOLD.somehow }, 'nonce is a number', of({ nonce: 7 })),
    good(
      'a nonce where none is asked for',
      'RFC 9449 4.3',
      'dpop',
      presented(client.token, proofOf(client, { claims: { nonce: 'x' } })),
    ),
  ];
}
