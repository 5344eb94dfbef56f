/** What a port offers to clients that look for the right token: DPoP and metadata. Part of the table in `sidecar/config.ts`. */
import type { z } from 'zod';

import { normaliseTarget } from '../core/token/target-uri.ts';
import { type FieldSpec, parsed } from '../runtime/config/field.ts';
import { scope } from '../runtime/config/identity.ts';
import { networks } from '../runtime/config/network.ts';
import { choice } from '../runtime/config/scalar.ts';
import { duration } from '../runtime/config/span.ts';
import { list, optionalSection, section, strict } from '../runtime/config/structure.ts';

/** Keys of an inbound port. */
export const portOffers = {
  proxyProtocol: optionalSection(
    'Read the address of the client from a PROXY header, version 2. It counts for `from` of rules and for records, never for an identity.',
    strict({
      from: networks('Where the balancers are. From there the header is required, from anywhere else it is refused.'),
    }),
  ),
  origins: list(
    {
      doc: 'Its public origins, as clients write them into `htu` of DPoP proofs; a gateway that takes a path away adds it here. Without one tokens with a `jkt` are refused, since `Host` is the word of the client.',
      most: 16,
    },
    origin({ doc: 'A public origin.' }),
  ),
  resource: optionalSection(
    'Serve the metadata of this port as a protected resource (RFC 9728): to peers, at /.well-known/oauth-protected-resource and the path of the identifier. It never reaches the app.',
    strict({
      identifier: identifier({ doc: 'The URI by which clients ask for this resource.' }),
      scopes: list({ doc: 'The scopes that a client may ask for.', most: 64 }, scope({ doc: 'One scope.' })),
    }),
  ),
};

/** Key `dpop` of the table. */
export const dpopSettings = section(
  'What DPoP proofs must be like (RFC 9449).',
  strict({
    window: duration({
      doc: 'How far the `iat` of a proof may lie from now, either way. Used proofs are remembered for twice as long.',
      fallback: '60s',
      least: '1s',
      most: '5m',
    }),
    nonce: choice(['off', 'required'], {
      doc: 'required: a proof must hold a nonce of this sidecar, not older than two minutes; clients get one with each answer. Then a proof is good at one replica, else at each of them once.',
      fallback: 'off',
    }),
  }),
);

/** Normalised, without a slash at the end. */
function origin(spec: FieldSpec): z.ZodType<string, string> {
  return parsed(spec, 'an https origin such as https://pay.example.org, without query', (found) =>
    isPlainHttps(found) ? normaliseTarget(found)?.replace(/\/$/, '') : undefined,
  );
}

/** As written: what a client asks for is compared byte by byte (RFC 9728 section 3.3). */
function identifier(spec: FieldSpec): z.ZodType<string, string> {
  return parsed(spec, 'an https URI in its normal spelling, without query and fragment', (found) => {
    const normal = isPlainHttps(found) ? normaliseTarget(found) : undefined;
    return normal === found || normal === `${found}/` ? found : undefined;
  });
}

const isPlainHttps = (text: string): boolean => /^https:[^?#]{1,509}$/i.test(text);
