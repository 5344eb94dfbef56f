/** The part of `sidecar.yaml` that says whose tokens are accepted. Part of the table in `sidecar/config.ts`. */
import { issuerTerms } from '../../runtime/config/issuer.ts';
import { trust } from '../../runtime/config/place.ts';
import { flag } from '../../runtime/config/scalar.ts';
import { strict } from '../../runtime/config/structure.ts';

/** One entry of `issuers`. */
export const issuerSettings = strict({
  ...issuerTerms({ name: 'Its name in policy, logs and metrics.', types: ['at+jwt'], algorithms: ['ES256'] }),
  trust: trust({
    doc: 'Which roots vouch for the server of `jwks`; mesh: the CA of this mesh, and no other server.',
    fallback: 'mesh',
  }),
  lineage: flag({
    doc: 'Whether a token of it outlives the renewal of the certificate that it is bound to: by `tokens.ttl` of the CA at most, where the route does not say exact. Default: true where `trust` is mesh (our own CA), else false.',
  }).optional(),
  mustBind: flag({
    doc: 'Refuse its tokens without `cnf` on every route, also where the route would admit them.',
    fallback: false,
  }),
});
