/** The part of `sidecar.yaml` that says whose tokens are accepted. Part of the table in `sidecar/config.ts`. */
import { accessTokenTerms, FINDABLE, isFindable, issuerTerms, KEYS } from '../../runtime/config/issuer.ts';
import { keySet, httpsPlace, path, trust } from '../../runtime/config/place.ts';
import { choice, flag, text } from '../../runtime/config/scalar.ts';
import { list, optionalSection, strict, whenSound } from '../../runtime/config/structure.ts';

const introspection = strict({
  url: httpsPlace({ doc: 'Its introspection endpoint.' }),
  client: choice(['mtls', 'secret'], {
    doc: 'How this sidecar authenticates there. mtls: by the certificate of this workload; secret: by HTTP Basic.',
    fallback: 'mtls',
  }),
  id: text({
    doc: 'The id of this client there. Default with mtls: the SPIFFE ID of this workload. Needed with secret.',
    grammar: /^[\x20-\x7e]{1,255}$/,
    allowed: 'a client id: 1 to 255 printable characters',
  }).optional(),
  secretFile: path({
    doc: 'File with the secret of that client, read at each call. Refused when the group may write or others may anything (mode bits 0037). Needed with secret, and only there.',
    reloadable: true,
  }).optional(),
}).refine(
  ({ client, id, secretFile }) =>
    client === 'secret' ? id !== undefined && secretFile !== undefined : secretFile === undefined,
  {
    path: ['client'],
    error: 'secret with id and secretFile, or mtls without secretFile',
    when: whenSound('client', 'id', 'secretFile'),
  },
);

/** One entry of `issuers`. */
export const issuerSettings = strict({
  ...issuerTerms({ name: 'Its name in policy, logs and metrics.', types: ['at+jwt'], algorithms: ['ES256'] }),
  ...accessTokenTerms(),
  jwks: keySet({ doc: `${KEYS} Needed without introspection, and only there.` }).optional(),
  introspection: optionalSection(
    'Ask the issuer about each of its tokens (RFC 7662), for at most 30 s: where they are opaque, or end before their time. An answer without `aud`, `exp` or `token_type` is none. At most one issuer.',
    introspection,
  ),
  trust: trust({
    doc: 'Which roots vouch for its servers; mesh: the CA of this mesh, and no other server.',
    fallback: 'mesh',
  }),
  lineage: flag({
    doc: 'Whether a token of it outlives the renewal of the certificate that it is bound to: by `tokens.ttl` of the CA at most, where the route does not say exact. Default: true where `trust` is mesh (our own CA), else false.',
  }).optional(),
  mustBind: flag({
    doc: 'Refuse its tokens without `cnf` on every route, also where the route would admit them.',
    fallback: false,
  }),
  jkt: choice(['dpop', 'tls'], {
    doc: 'How a `cnf.jkt` of it is proved. dpop: by a DPoP proof; tls: also by being the key of the peer certificate. RFC 9449 forbids to take such a token as a plain bearer, so tls is for an issuer of your own, whose tokens go nowhere else.',
    fallback: 'dpop',
  }),
  ignoreCnf: list(
    {
      doc: 'Members of `cnf` that say nothing; each other one that is not checked here is a refusal. kc-jkt-type is what Keycloak writes beside `jkt`.',
      most: 16,
      fallback: ['kc-jkt-type'],
    },
    text({
      doc: 'The name of a member.',
      grammar: /^(?!(?:x5t#S256|jkt|jwk|jwe|kid|jku)$)[\x21\x23-\x5b\x5d-\x7e]{1,64}$/,
      allowed:
        'a name of 1 to 64 printable characters; a confirmation (x5t#S256, jkt, jwk, jwe, kid, jku) is never ignored',
    }),
  ),
})
  .refine(({ jwks, introspection: asked }) => (jwks === undefined) !== (asked === undefined), {
    path: ['jwks'],
    error: 'either jwks or introspection',
    when: whenSound('jwks', 'introspection'),
  })
  .refine(isFindable, FINDABLE);
