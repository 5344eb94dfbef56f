/** The part of `sidecar.yaml` that says what the app may call, and with which token. Part of the table in `sidecar/config.ts`. */
import { address, isDnsName, listenAddress } from '../../runtime/config/address.ts';
import { parsed } from '../../runtime/config/field.ts';
import { audience, scope, spiffePattern } from '../../runtime/config/identity.ts';
import { httpsUrl } from '../../runtime/config/place.ts';
import { list, optionalSection, section, strict, whenSound } from '../../runtime/config/structure.ts';
import type { TokenPlan } from './token-plan.ts';
import { tokenSettings } from './token-settings.ts';

const upstream = strict({
  name: parsed(
    { doc: 'The host name by which the app calls it; the port of the call is not compared.' },
    'a DNS name',
    (found) => (isDnsName(found) ? found.toLowerCase() : undefined),
  ),
  address: address({ doc: 'Where it is; a name is looked up again for each new connection.' }),
  addresses: list(
    { doc: 'Where else it is. Each new connection begins with another of them; one that fails rests.', most: 32 },
    address({ doc: 'Host and port.' }),
  ),
  spiffe: spiffePattern({ doc: 'The SPIFFE ID that it must show.' }),
  audience: audience({
    doc: 'The audience of the token that is attached. Without it none is, and what the app put into Authorization goes out as it is. Needs credentials.source: ca.',
  }).optional(),
  scopes: list({ doc: 'The scopes of the token that is attached.', most: 64 }, scope({ doc: 'One scope.' })),
  token: section('How the token is had.', tokenSettings),
}).refine(({ audience: named, token }) => named !== undefined || token.source === 'identity', {
  path: ['audience'],
  error: 'an audience; a token is asked for one',
  when: whenSound('audience', 'token'),
});

const tokens = strict({
  url: httpsUrl({
    doc: 'Its token endpoint, such as https://cleat-ca:8445/token. Its server must prove to be the CA.',
  }),
});

/** The section `egress`. */
export const egressSettings = strict({
  listen: listenAddress({ doc: 'Where the app calls, by plain HTTP.', fallback: '127.0.0.1:15001', loopback: true }),
  tokens: optionalSection('The token service of the CA. Needed where a token.source is not identity.', tokens),
  upstreams: list({ doc: 'The services that the app may call; any other host is answered 404.', most: 256 }, upstream)
    .refine((upstreams) => new Set(upstreams.map(({ name }) => name)).size === upstreams.length, {
      error: 'each name once',
    })
    .refine((upstreams) => isEachFileRefreshedOnce(upstreams.map(({ token }) => token)), {
      error: 'for one file of a refresh token the same issuer and type everywhere',
    }),
}).refine(
  ({ tokens: service, upstreams }) =>
    service !== undefined || upstreams.every(({ token }) => token.source === 'identity'),
  {
    path: ['tokens'],
    error: 'a section with url; a token.source other than identity asks there',
    when: whenSound('tokens', 'upstreams'),
  },
);

/** Two who spend one refresh token end its session: whoever names the same file shares one refresher. */
function isEachFileRefreshedOnce(plans: readonly TokenPlan[]): boolean {
  const refreshed = plans.filter((plan) => plan.source === 'refreshToken');
  const forms = new Set(refreshed.map(({ file, type, issuer }) => JSON.stringify([file, type, issuer])));
  return forms.size === new Set(refreshed.map(({ file }) => file)).size;
}
