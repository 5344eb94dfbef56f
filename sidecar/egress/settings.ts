/** The part of `sidecar.yaml` that says what the app may call, and with which token. Part of the table in `sidecar/config.ts`. */
import { address, isDnsName, listenAddress } from '../../runtime/config/address.ts';
import { parsed } from '../../runtime/config/field.ts';
import { audience, scope, spiffePattern } from '../../runtime/config/identity.ts';
import { list, strict } from '../../runtime/config/structure.ts';

const upstream = strict({
  name: parsed(
    { doc: 'The host name by which the app calls it; the port of the call is not compared.' },
    'a DNS name',
    (found) => (isDnsName(found) ? found.toLowerCase() : undefined),
  ),
  address: address({ doc: 'Where it is.' }),
  spiffe: spiffePattern({ doc: 'The SPIFFE ID that it must show.' }),
  audience: audience({
    doc: 'The audience of the token that is attached. Without it none is, and what the app put into Authorization goes out as it is. Needs credentials.source: ca.',
  }).optional(),
  scopes: list({ doc: 'The scopes of the token that is attached.', most: 64 }, scope({ doc: 'One scope.' })),
});

/** The section `egress`. */
export const egressSettings = strict({
  listen: listenAddress({ doc: 'Where the app calls, by plain HTTP.', fallback: '127.0.0.1:15001', loopback: true }),
  upstreams: list(
    { doc: 'The services that the app may call; any other host is answered 404.', most: 256 },
    upstream,
  ).refine((upstreams) => new Set(upstreams.map(({ name }) => name)).size === upstreams.length, {
    error: 'each name once',
  }),
});
