/** The part of `ca.yaml` that says which tokens the CA mints, and for whom. Part of the table in `ca/config.ts`. */
import { ENVIRONMENT } from '../../core/identity/api-key-text.ts';
import { audience, scope, spiffePattern } from '../../runtime/config/identity.ts';
import { httpsUrl } from '../../runtime/config/place.ts';
import { text } from '../../runtime/config/scalar.ts';
import { duration } from '../../runtime/config/span.ts';
import { list, strict } from '../../runtime/config/structure.ts';

/** `/cleat` belongs to the CA itself: no workload is ever issued a name there. */
const isReserved = (path: string): boolean => path === '/cleat' || path.startsWith('/cleat/');

const workload = spiffePattern({ doc: 'The SPIFFE IDs that the rule is for.', any: true }).refine(
  (pattern) => !('exact' in pattern && isReserved(pattern.exact)) && !('under' in pattern && isReserved(pattern.under)),
  { error: 'a path outside of /cleat, which is reserved for the CA' },
);

const tokenRule = strict({
  for: strict({ spiffe: workload }).meta({ description: 'Who.' }),
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
});
