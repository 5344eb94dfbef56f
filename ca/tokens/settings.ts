/** The part of `ca.yaml` that says which tokens the CA mints, and for whom. Part of the table in `ca/config.ts`. */
import { z } from 'zod';

import { ENVIRONMENT } from '../../core/identity/api-key-text.ts';
import { parsed } from '../../runtime/config/field.ts';
import { audience, scope, spiffePattern } from '../../runtime/config/identity.ts';
import { entryName } from '../../runtime/config/issuer.ts';
import { httpsUrl } from '../../runtime/config/place.ts';
import { choice, flag, text } from '../../runtime/config/scalar.ts';
import { duration } from '../../runtime/config/span.ts';
import { list, optionalSection, section, strict, whenSound } from '../../runtime/config/structure.ts';
import { CLIENT_ID } from '../policy/order-fields.ts';
import type { RuleFor } from './rules.ts';
import { subjectSettings } from './subject-settings.ts';

const ANY_CLIENT = 'any';
const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** `/cleat` belongs to the CA itself: no workload is ever issued a name there. */
const isReserved = (path: string): boolean => path === '/cleat' || path.startsWith('/cleat/');

const workload = spiffePattern({ doc: 'The SPIFFE IDs that the rule is for.', any: true }).refine(
  (pattern) => !('exact' in pattern && isReserved(pattern.exact)) && !('under' in pattern && isReserved(pattern.under)),
  { error: 'a path outside of /cleat, which is reserved for the CA' },
);

const ruleFor = strict({
  spiffe: workload.optional(),
  client: parsed(
    { doc: 'The id of one registered client, or any: each of them within its registration.' },
    `a client id (${CLIENT_ID.allowed}), or any`,
    (found) => (found === ANY_CLIENT || CLIENT_ID.grammar.test(found) ? found : undefined),
  ).optional(),
})
  .transform(({ spiffe, client }, context): RuleFor => {
    if (spiffe !== undefined && client === undefined) return { spiffe };
    if (client !== undefined && spiffe === undefined) return client === ANY_CLIENT ? { anyClient: true } : { client };
    context.addIssue({ code: 'custom', message: 'exactly one of spiffe and client' });
    return z.NEVER;
  })
  .meta({ description: 'Who asks: a workload in its own name, or a registered client.' });

const tokenRule = strict({
  for: ruleFor,
  onBehalfOf: optionalSection(
    "Makes it a rule for token exchange: whose tokens may be carried on. Without it the rule is for what is asked in one's own name.",
    strict({
      issuer: entryName({
        doc: 'Issuer of the subject token: own, or the name of an entry of `tokens.subjects`.',
      }).optional(),
      audience: audience({
        doc: 'Audience of the subject token. A token that is bound to the certificate of another workload is carried on only by a rule that names its audience.',
      }).optional(),
    }),
  ),
  audience: audience({ doc: 'The one audience that the rule grants.' }),
  scopes: list(
    { doc: 'The scopes that may be asked for; a request for any other is refused.', most: 64 },
    scope({ doc: 'One scope.' }),
  ),
});

/** The section `tokens`. */
export const tokenSettings = strict({
  issuer: httpsUrl({ doc: 'The `iss` of the tokens: the URL under which sidecars know this CA.' }),
  ttl: duration({
    doc: 'Lifetime of a token; never past the end of its certificate.',
    fallback: '5m',
    least: '5s',
    most: '1h',
  }),
  environment: text({
    doc: 'Which environment this CA serves: part of the text of its API keys, and a key of another one is refused.',
    fallback: 'prod',
    grammar: ENVIRONMENT,
    allowed: '1 to 16 lower-case letters and digits',
  }),
  rules: list(
    { doc: 'Who may get what. The first rule that names caller and audience decides; none: refused.', most: 1000 },
    tokenRule,
  ),
  subjects: list(
    { doc: 'Other issuers whose tokens may be exchanged for ours; our own may always be.', most: 16 },
    subjectSettings,
  )
    .refine((entries) => unique(entries.map(({ name }) => name)), { error: 'each name once' })
    .refine((entries) => unique(entries.map(({ issuer }) => issuer)), { error: 'each issuer once' }),
  keys: section(
    'The keys that sign tokens.',
    strict({
      rotateAfter: duration({
        doc: 'Age at which a key gives way to the next one, which verifiers know by then.',
        fallback: '30d',
        least: '1h',
        most: '365d',
      }),
    }),
  ),
  serve: flag({
    doc: 'Whether the token service answers at `listen.https`: token endpoint, introspection, revocation and metadata. false: tokens are minted over gRPC alone.',
    fallback: true,
  }),
  dpop: section(
    'Proofs of clients that bind a token to a key (RFC 9449), at the token endpoint.',
    strict({
      window: duration({
        doc: 'How far the `iat` of a proof may lie from now.',
        fallback: '60s',
        least: '1s',
        most: '5m',
      }),
      nonce: choice(['off', 'required'], {
        doc: 'required: a proof must hold a nonce that the endpoint gave out, so that none can be made beforehand.',
        fallback: 'off',
      }),
    }),
  ),
  introspection: list(
    {
      doc: 'Who serves an audience and may ask about its tokens (RFC 7662); whoever got a token may always.',
      most: 256,
    },
    strict({ for: ruleFor, audience: audience({ doc: 'The audience.' }) }),
  ),
}).refine(({ issuer, subjects }) => subjects.every((entry) => entry.issuer !== issuer), {
  path: ['subjects'],
  error: 'no entry for tokens.issuer: our own tokens may always be exchanged',
  when: whenSound('issuer', 'subjects'),
});
