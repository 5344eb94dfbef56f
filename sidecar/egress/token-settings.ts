/** The part of an upstream's settings that says how its token is had. Part of the table in `sidecar/config.ts`. */
import { z } from 'zod';

import { scope } from '../../runtime/config/identity.ts';
import { httpsUrl, outsideTrust, path } from '../../runtime/config/place.ts';
import { choice, text } from '../../runtime/config/scalar.ts';
import { list, optionalSection, strict } from '../../runtime/config/structure.ts';
import type { SubjectType, TokenPlan } from './token-plan.ts';

const KEY_MODE = 'Refused when the group may write or others may anything (mode bits 0037).';

const issuer = strict({
  url: httpsUrl({ doc: 'Its token endpoint.' }),
  clientId: text({
    doc: 'The client that the refresh token was given to.',
    grammar: /^[\x20-\x7e]{1,255}$/,
    allowed: 'a client id: 1 to 255 printable characters',
  }),
  clientSecret: path({
    doc: `File with the secret of that client, sent by HTTP Basic. Without it the client is a public one. ${KEY_MODE}`,
  }).optional(),
  scopes: list(
    { doc: 'The scopes that a refresh asks for; without them those that were granted before.', most: 64 },
    scope({ doc: 'One scope.' }),
  ),
  trust: outsideTrust({ doc: 'Which roots vouch for its server.', fallback: 'system' }),
});

const SOURCES = ['identity', 'apiKey', 'oidc', 'refreshToken', 'onBehalfOf'] as const;

/** The section `token` of an upstream. */
export const tokenSettings = strict({
  source: choice(SOURCES, {
    doc: 'By whose right the token is asked for. identity: our own certificate; apiKey: an API key in a file; oidc: a token (JWT) in a file that somebody else renews, exchanged; refreshToken: a refresh token in a file, its access token exchanged; onBehalfOf: the token of the inbound request whose Cleat-Request-Id the call carries, exchanged.',
    fallback: 'identity',
  }),
  file: path({
    doc: `With apiKey the key, with oidc the token, with refreshToken the refresh token: needed there, and only there. A rotated refresh token is written back before what came with it is used, so its folder must be writable. A key or refresh token is refused when the group may write it or others may anything (mode bits 0037).`,
    reloadable: true,
  }).optional(),
  apiKey: path({
    doc: `With oidc, refreshToken and onBehalfOf: file with an API key, by which the exchange is asked for. ${KEY_MODE}`,
    reloadable: true,
  }).optional(),
  type: choice(['jwt', 'accessToken', 'idToken'], {
    doc: 'What kind of token is exchanged. With refreshToken it says which token of the answer: accessToken (default) or idToken. With oidc and onBehalfOf the default is jwt.',
  }).optional(),
  issuer: optionalSection('With refreshToken: who refreshes. Needed there, and only there.', issuer),
})
  .transform((found, context): TokenPlan => {
    const plan = planOf(found);
    if (typeof plan !== 'string') return plan;
    context.addIssue({ code: 'custom', message: plan });
    return z.NEVER;
  })
  .meta({ description: 'How the token is had.' });

interface Found {
  readonly source: (typeof SOURCES)[number];
  readonly file?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly type?: keyof typeof TYPES | undefined;
  readonly issuer?: z.output<typeof issuer> | undefined;
}

const TYPES = { jwt: 'jwt', accessToken: 'access_token', idToken: 'id_token' } as const satisfies Record<
  string,
  SubjectType
>;

/** Which keys belong to a source: those that it needs, then those that it may have. */
const KEYS: Readonly<Record<Found['source'], readonly [needs: readonly string[], may: readonly string[]]>> = {
  identity: [[], []],
  apiKey: [['file'], []],
  oidc: [['file'], ['apiKey', 'type']],
  refreshToken: [
    ['file', 'issuer'],
    ['apiKey', 'type'],
  ],
  onBehalfOf: [[], ['apiKey', 'type']],
};

/** The plan, or what would be right. */
function planOf({ source, file = '', apiKey, type, issuer: refresher, ...rest }: Found): TokenPlan | string {
  const [needs, may] = KEYS[source];
  const given = Object.entries({ ...rest, file: file === '' ? undefined : file, apiKey, type, issuer: refresher });
  const names = given.filter(([, value]) => value !== undefined).map(([name]) => name);
  const isRight =
    needs.every((name) => names.includes(name)) && names.every((name) => [...needs, ...may].includes(name));
  if (!isRight) return `with source: ${source} ${wordsOf(needs, may)}`;
  if (source === 'identity') return { source };
  if (source === 'apiKey') return { source, file };
  if (source === 'refreshToken' && refresher !== undefined)
    return type === 'jwt'
      ? 'with source: refreshToken the type accessToken or idToken'
      : { source, file, type: TYPES[type ?? 'accessToken'], issuer: refresher, apiKey };
  const subject = TYPES[type ?? 'jwt'];
  return source === 'oidc' ? { source, file, type: subject, apiKey } : { source: 'onBehalfOf', type: subject, apiKey };
}

function wordsOf(needs: readonly string[], may: readonly string[]): string {
  const needed =
    needs.length === 0 ? 'no other key' : `the ${needs.length === 1 ? 'key' : 'keys'} ${needs.join(' and ')}`;
  return may.length === 0
    ? needed
    : `${needs.length === 0 ? 'none but' : `${needed}, and perhaps`} ${may.join(' and ')}`;
}
