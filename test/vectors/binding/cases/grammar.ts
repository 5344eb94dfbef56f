/** How a credential travels, and the grammar of a compact JWS. */
import { bad, type Definition, good, type Reason, TOLD, type Topic } from '../definition.ts';
import { part } from '../token.ts';
import type { World } from '../world.ts';

const grammar: Reason = { flag: 'Grammar', clause: 'RFC 7515 7.1', code: 'TOKEN_GRAMMAR' };
const encoding: Reason = { flag: 'Encoding', clause: 'RFC 7515 2', code: 'TOKEN_GRAMMAR' };
const syntax: Reason = { flag: 'Syntax', clause: 'RFC 6750 2.1', code: 'TOKEN_MALFORMED', told: TOLD.invalidRequest };
const twice: Reason = {
  flag: 'TwoCredentials',
  clause: 'RFC 6750 2',
  code: 'TOKEN_DUPLICATE',
  told: TOLD.invalidRequest,
};
const query: Reason = {
  flag: 'TokenInQuery',
  clause: 'RFC 9700 4.3.2',
  code: 'TOKEN_DUPLICATE',
  told: TOLD.invalidRequest,
};
const none: Reason = { flag: 'NoCredential', clause: 'RFC 6750 3.1', code: 'TOKEN_ABSENT', told: TOLD.challenge };

export function grammarTopic(world: World): Topic {
  return {
    topic: 'grammar',
    settings: { strict: world.settings() },
    cases: [...travelling(world), ...compact(world)],
  };
}

function travelling(world: World): readonly Definition[] {
  const token = world.token();
  const value = (text: string) => ({ fields: [['Authorization', text]] as const });
  const scheme: Reason = { flag: 'Scheme', clause: 'RFC 6750 3.1', code: 'TOKEN_SCHEME', told: TOLD.challenge };
  return [
    good('a good token', 'RFC 6750 2.1', 'x5t#S256', { token }),
    good('scheme in lower case', 'RFC 9110 11.1', 'x5t#S256', value(`bearer ${token}`)),
    good('scheme in upper case', 'RFC 9110 11.1', 'x5t#S256', value(`BEARER ${token}`)),
    good('name of the field in lower case', 'RFC 9110 5.1', 'x5t#S256', {
      fields: [['authorization', `Bearer ${token}`]],
    }),
    bad(none, 'no credential', { fields: [] }),
    bad(none, 'token in a cookie only', { fields: [['Cookie', `access_token=${token}`]] }),
    bad(none, 'token in another field only', { fields: [['X-Access-Token', token]] }),
    bad(scheme, 'another scheme', value('Basic YWdlbnQ6c2VjcmV0')),
    bad(
      { ...scheme, flag: 'ApiKey', code: 'TOKEN_API_KEY' },
      'scheme of an API key',
      value('ApiKey clt_example_AAAAAAAA'),
    ),
    bad(
      { ...grammar, flag: 'ApiKey', code: 'TOKEN_API_KEY' },
      'an API key as bearer',
      value('Bearer clt_example_AAAAAAAA'),
    ),
    bad(syntax, 'two spaces behind the scheme', value(`Bearer  ${token}`)),
    bad(syntax, 'a tab behind the scheme', value(`Bearer\t${token}`)),
    bad(syntax, 'scheme without a token', value('Bearer')),
    bad(syntax, 'something behind the token', value(`Bearer ${token} x`)),
    bad(syntax, 'token in quotes', value(`Bearer "${token}"`)),
    bad({ ...twice, flag: 'List' }, 'two tokens in a list', value(`Bearer ${token}, Bearer ${token}`)),
    bad({ ...twice, flag: 'List' }, 'a comma behind the token', value(`Bearer ${token},`)),
    bad(twice, 'two fields, the same token', {
      fields: [
        ['Authorization', `Bearer ${token}`],
        ['Authorization', `Bearer ${token}`],
      ],
    }),
    bad(twice, 'two fields, names in different case, second is Basic', {
      fields: [
        ['Authorization', `Bearer ${token}`],
        ['AUTHORIZATION', 'Basic YWdlbnQ6c2VjcmV0'],
      ],
    }),
    bad(query, 'token in the query alone', { fields: [], target: `/v1/x?access_token=${token}` }),
    bad(query, 'token in the query beside the field', { token, target: `/v1/x?a=b&access_token=${token}` }),
    bad(query, 'name of the query parameter escaped', { token, target: `/v1/x?%61ccess%5Ftoken=${token}` }),
    bad(query, 'parameters separated by a semicolon', { token, target: `/v1/x?a=b;access_token=${token}` }),
    good('a query parameter whose value says access_token', 'RFC 6750 2.3', 'x5t#S256', {
      token,
      target: '/v1/x?a=access_token',
    }),
  ];
}

function compact(world: World): readonly Definition[] {
  const token = world.token();
  const [header = '', payload = '', signature = ''] = token.split('.');
  const of = (text: string) => ({ token: text });
  const long = world.token({ claims: { pad: 'x'.repeat(6200) } });
  return [
    bad(grammar, 'two parts', of(`${header}.${payload}`)),
    bad(grammar, 'four parts', of(`${token}.${signature}`)),
    bad(
      { ...grammar, flag: 'JWE' },
      'five parts: a JWE',
      of(`${part({ alg: 'ECDH-ES', enc: 'A256GCM' })}..${payload}.${signature}.${signature}`),
    ),
    bad(grammar, 'empty header', of(`.${payload}.${signature}`)),
    bad({ ...grammar, flag: 'NoSignature' }, 'empty signature', of(`${header}.${payload}.`)),
    bad({ ...twice, flag: 'JsonSerialization', clause: 'RFC 7515 7.2' }, 'the flattened JSON serialization', {
      fields: [['Authorization', `Bearer ${JSON.stringify({ protected: header, payload, signature })}`]],
    }),
    bad(encoding, 'signature padded', of(`${token}==`)),
    bad(encoding, 'header padded', of(`${header}=.${payload}.${signature}`)),
    bad(encoding, 'standard alphabet in the signature', of(`${header}.${payload}.+/${signature.slice(2)}`)),
    bad(encoding, 'unused bits of the signature set', of(`${header}.${payload}.${respelt(signature)}`)),
    bad(encoding, 'length of the signature is 1 modulo 4', of(`${header}.${payload}.${signature}AAA`)),
    bad({ flag: 'Size', clause: 'RFC 8725 3.11', code: 'TOKEN_TOO_LONG' }, 'more than 8 KiB', of(long)),
  ];
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same bytes under another last character: 64 bytes leave four bits of it unused. */
function respelt(text: string): string {
  const last = ALPHABET.indexOf(text.at(-1) ?? '');
  return `${text.slice(0, -1)}${ALPHABET[last | 1] ?? ''}`;
}
