/** Header and claims as JSON: what two readers would read in two ways. And the signature over them. */
import { bad, type Definition, good, open, type Reason, type Topic } from '../definition.ts';
import { createSigningKey, part, signatureOf } from '../token.ts';
import type { World } from '../world.ts';

const json: Reason = { flag: 'JSON', clause: 'RFC 8725bis 3.14', code: 'TOKEN_JSON' };
const duplicate: Reason = { flag: 'DuplicateMember', clause: 'RFC 7519 4', code: 'TOKEN_JSON' };
const utf8: Reason = { flag: 'UTF-8', clause: 'RFC 7519 7.2', code: 'TOKEN_JSON' };
const signature: Reason = { flag: 'Signature', clause: 'RFC 7515 5.2', code: 'TOKEN_SIGNATURE' };

export function jsonTopic(world: World): Topic {
  return {
    topic: 'json',
    settings: { strict: world.settings() },
    cases: [good('a good token', 'RFC 7519 7.2', 'x5t#S256', { token: world.token() }), ...texts(world)],
  };
}

function texts(world: World): readonly Definition[] {
  const sound = JSON.stringify(world.claims());
  const body = sound.slice(1);
  const claims = (text: string | Buffer) => ({ token: world.token({ claims: text }) });
  const header = (text: string) => ({ token: world.token({ header: text }) });
  const deep = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
  return [
    bad(duplicate, 'alg twice in the header', header('{"alg":"ES256","typ":"at+jwt","kid":"k1","alg":"ES256"}')),
    bad(duplicate, 'sub twice in the claims', claims(`{"sub":"spiffe://example.org/ns/shop/sa/other",${body}`)),
    bad(duplicate, 'cnf twice, the first one empty', claims(`{"cnf":{},${body}`)),
    bad(
      duplicate,
      'x5t#S256 twice inside cnf',
      claims(sound.replace('"cnf":{', `"cnf":{"x5t#S256":"${'A'.repeat(43)}",`)),
    ),
    bad(duplicate, 'one name plain, the other with an escape', claims(`{"s\\u0075b":"spiffe://example.org/x",${body}`)),
    bad(duplicate, 'twice in an object that nobody reads', claims(`{"pad":{"a":1,"a":2},${body}`)),
    bad({ ...json, flag: 'Prototype' }, '__proto__ in the claims', claims(`{"__proto__":{"admin":true},${body}`)),
    bad(utf8, 'byte order mark', claims(Buffer.concat([Buffer.from('efbbbf', 'hex'), Buffer.from(sound)]))),
    bad(utf8, 'UTF-16', claims(Buffer.from(sound, 'utf16le'))),
    bad(
      utf8,
      'a byte that is no UTF-8',
      claims(Buffer.concat([Buffer.from('{"pad":"'), Buffer.from([0xff]), Buffer.from(`",${body}`)])),
    ),
    bad(
      utf8,
      'an overlong encoding',
      claims(Buffer.concat([Buffer.from('{"pad":"'), Buffer.from([0xc0, 0xaf]), Buffer.from(`",${body}`)])),
    ),
    bad(utf8, 'a lone surrogate by escape', claims(`{"pad":"\\ud800",${body}`)),
    bad(json, 'a control character in a string', claims(`{"pad":"\u0001",${body}`)),
    bad({ ...json, flag: 'Depth' }, 'nested 100 deep', claims(`{"pad":${deep(100)},${body}`)),
    good('nested 7 deep', 'RFC 8259 9', 'x5t#S256', claims(`{"pad":${deep(7)},${body}`)),
    bad(json, 'claims are an array', claims(`[${sound}]`)),
    bad(json, 'claims are a string', claims(JSON.stringify(sound))),
    bad(json, 'header is an array', header('["ES256"]')),
    bad(json, 'text behind the claims', claims(`${sound}{}`)),
    bad(json, 'a comma behind the last member', claims(`${sound.slice(0, -1)},}`)),
    bad(json, 'a comment', claims(`/**/${sound}`)),
    bad(json, 'NaN', claims(`{"pad":NaN,${body}`)),
    bad(json, 'single quotes', claims(sound.replaceAll('"', "'"))),
    bad(json, 'empty claims', claims('')),
    good('white space around tokens', 'RFC 8259 2', 'x5t#S256', claims(`  ${sound.replace(':', ' : ')}\n`)),
    good('a name with an escape', 'RFC 8259 7', 'x5t#S256', claims(sound.replace('"sub"', '"s\\u0075b"'))),
  ];
}

export function signatureTopic(world: World): Topic {
  const token = world.token();
  const [head = '', payload = '', signed = ''] = token.split('.');
  const raw = Buffer.from(signed, 'base64url');
  const of = (bytes: Buffer) => ({ token: `${head}.${payload}.${bytes.toString('base64url')}` });
  const zero = Buffer.alloc(32);
  const half = (from: number): Buffer => raw.subarray(from, from + 32);
  const stranger = createSigningKey('k1');
  const other = part(world.claims({ sub: 'spiffe://example.org/ns/shop/sa/admin' }));
  return {
    topic: 'signature',
    settings: { strict: world.settings() },
    cases: [
      good('a good signature', 'RFC 7515 5.2', 'x5t#S256', { token }),
      bad(signature, 'by another key', { token: world.token({ key: stranger }) }),
      bad(signature, 'claims changed', { token: `${head}.${other}.${signed}` }),
      bad(signature, 'header changed', {
        token: `${part({ alg: 'ES256', typ: 'AT+JWT', kid: 'k1' })}.${payload}.${signed}`,
      }),
      bad(
        { ...signature, flag: 'ZeroSignature', clause: 'CVE-2022-21449' },
        'r and s are zero',
        of(Buffer.concat([zero, zero])),
      ),
      bad({ ...signature, flag: 'ZeroSignature' }, 'r is zero', of(Buffer.concat([zero, half(32)]))),
      bad({ ...signature, flag: 'ZeroSignature' }, 's is zero', of(Buffer.concat([half(0), zero]))),
      bad({ ...signature, flag: 'GroupOrder' }, 'r is the order of the group', of(Buffer.concat([ORDER, half(32)]))),
      bad(
        { ...signature, flag: 'GroupOrder' },
        'r and s are the order of the group',
        of(Buffer.concat([ORDER, ORDER])),
      ),
      bad({ ...signature, flag: 'Length' }, 'a byte more', of(Buffer.concat([raw, Buffer.from([0])]))),
      bad({ ...signature, flag: 'Length' }, 'a byte less', of(raw.subarray(0, 63))),
      bad(
        { ...signature, flag: 'Length' },
        'a zero byte before each half',
        of(Buffer.concat([Buffer.from([0]), half(0), Buffer.from([0]), half(32)])),
      ),
      bad({ ...signature, flag: 'DER' }, 'DER in place of r and s', of(derOf(half(0), half(32)))),
      bad(signature, 'of the payload alone', of(signatureOf(world.issuerKey, payload))),
      open(
        'the twin (r, n - s): it verifies, and some verifiers refuse the greater s',
        'RFC 7518 3.4',
        of(Buffer.concat([half(0), twin(half(32))])),
      ),
    ],
  };
}

/** The order of P-256. */
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');

function twin(s: Buffer): Buffer {
  const value = BigInt(`0x${ORDER.toString('hex')}`) - BigInt(`0x${s.toString('hex')}`);
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

function derOf(...integers: readonly Buffer[]): Buffer {
  const parts = integers.map((bytes) => {
    const value = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
    return Buffer.concat([Buffer.from([0x02, value.length]), value]);
  });
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}
