/** The part of `ca.yaml` that says whose tokens may be exchanged for ours. Part of the section `tokens`. */
import { issuerTerms, accessTokenTerms, FINDABLE, isFindable } from '../../runtime/config/issuer.ts';
import { claimDemands, claimPath } from '../../runtime/config/claims.ts';
import { audience, scope } from '../../runtime/config/identity.ts';
import { outsideTrust } from '../../runtime/config/place.ts';
import { choice, flag, text } from '../../runtime/config/scalar.ts';
import { list, optionalSection, strict, whenSound } from '../../runtime/config/structure.ts';
import { OWN_CLAIMS } from './claim-map.ts';

/** Name of this CA as an issuer of subject tokens. */
export const OWN_ISSUER = 'own';

const { scopes, claims } = accessTokenTerms();
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

const row = strict({
  claim: claimPath({ doc: 'A claim of the subject token; absent: the row is for each of its tokens.' }).optional(),
  value: text({
    doc: 'What the claim must be, or hold where it is a list, for `scopes`.',
    grammar: /^[^\u0000-\u001f\u007f-\u009f]{1,256}$/,
    allowed: '1 to 256 characters without control characters',
  }).optional(),
  scopes: list(
    { doc: 'The scopes that it stands for, within which a rule may grant.', most: 64 },
    scope({ doc: 'One scope.' }),
  ),
  as: text({
    doc: 'The name under which the claim is carried on in our token.',
    grammar: NAME,
    allowed: 'a name of letters, digits, dashes and underscores, at most 64',
  })
    .refine((name) => !OWN_CLAIMS.includes(name), { error: 'a name that no token of this CA uses itself' })
    .optional(),
})
  .refine(({ claim, value }) => (claim === undefined) === (value === undefined) || value === undefined, {
    path: ['value'],
    error: 'no value without a claim',
    when: whenSound('claim', 'value'),
  })
  .refine(({ claim, value, scopes: given }) => given.length === 0 || (claim === undefined) === (value === undefined), {
    path: ['scopes'],
    error: 'scopes with claim and value, or without both',
    when: whenSound('claim', 'value', 'scopes'),
  })
  .refine(({ claim, as }) => as === undefined || claim !== undefined, {
    path: ['as'],
    error: 'as only with a claim',
    when: whenSound('claim', 'as'),
  });

/** One entry of `tokens.subjects`. */
export const subjectSettings = strict({
  ...issuerTerms({
    name: 'Its name in `onBehalfOf`, logs and metrics.',
    types: ['at+jwt', 'JWT'],
    algorithms: ['ES256', 'RS256'],
  }),
  scopes,
  claims,
  kind: choice(['oidc', 'kubernetes', 'jwtSvid'], {
    doc: 'oidc: access tokens (JWT) of an OpenID provider or authorization server. kubernetes: service-account tokens of a cluster, bound to a pod. jwtSvid: JWT-SVIDs of a trust domain; `issuer` is `spiffe://` with its name, and `jwks` its bundle.',
    fallback: 'oidc',
  }),
  trust: outsideTrust({ doc: 'Which roots vouch for the server of `jwks`.', fallback: 'system' }),
  audience: audience({ doc: 'What `aud` of the subject token must name: a word for this CA, and for nothing else.' }),
  idTokens: optionalSection(
    'Takes its ID tokens too (subject_token_type id_token), of one client. Only with oidc.',
    strict({
      client: audience({ doc: 'The id of the client at which the users log in: their `aud`, and nothing else.' }),
      claims: claimDemands({ doc: 'What its ID tokens must say of themselves, such as `token_use: [id]`.' }),
    }),
  ),
  actors: flag({
    doc: 'Whether the chain of actors (`act`) in its tokens is kept below the new one; false: a token that has one is refused.',
    fallback: false,
  }),
  map: list({ doc: 'What its claims are worth: scopes, and claims that are carried on.', most: 64 }, row),
})
  .refine(isFindable, FINDABLE)
  .refine(({ name }) => name !== OWN_ISSUER, {
    path: ['name'],
    error: `another name than ${OWN_ISSUER}, which means this CA`,
  })
  .refine(({ kind, idTokens }) => idTokens === undefined || kind === 'oidc', {
    path: ['idTokens'],
    error: 'only with kind oidc',
    when: whenSound('kind', 'idTokens'),
  })
  .refine(({ kind, issuer }) => (kind === 'jwtSvid') === /^spiffe:\/\/[a-z0-9._-]{1,255}$/.test(issuer), {
    path: ['issuer'],
    error: 'spiffe://TRUST-DOMAIN with jwtSvid, and only there',
    when: whenSound('kind', 'issuer'),
  });
