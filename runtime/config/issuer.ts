/** Settings of an issuer whose JWTs are verified here: who it is, where its keys are, and what its tokens look like. */
import { claimDemands, claimPath } from './claims.ts';
import { audience } from './identity.ts';
import { isDiscoverable, keySet, type KeySetPlace } from './place.ts';
import { choice, text } from './scalar.ts';
import { duration } from './span.ts';
import { list, strict, whenSound } from './structure.ts';

const ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'EdDSA',
  'Ed25519',
] as const;

/** The keys of an issuer entry, for `strict({...})`. `tokens` says which tokens are meant by default. */
export function issuerTerms(tokens: {
  readonly types: string[];
  readonly algorithms: (typeof ALGORITHMS)[number][];
  /** Where its name is used. */
  readonly name: string;
}) {
  return {
    name: entryName({ doc: tokens.name }),
    issuer: text({
      doc: 'Its `iss`, compared byte by byte.',
      grammar: /^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/,
      allowed: '1 to 512 printable characters without spaces or quotes',
    }),
    jwks: keySet({ doc: KEYS }),
    algorithms: list(
      {
        doc: 'The signature algorithms that it may use.',
        least: 1,
        most: ALGORITHMS.length,
        fallback: tokens.algorithms,
      },
      choice(ALGORITHMS, { doc: 'A JWS algorithm.' }),
    ),
    types: list(
      {
        doc: 'The values of `typ` that its tokens may have, without `application/`.',
        least: 1,
        most: 8,
        fallback: tokens.types,
      },
      text({
        doc: 'A media type.',
        grammar: /^[A-Za-z0-9+._-]{1,64}$/,
        allowed: 'a media subtype such as at+jwt or JWT',
      }),
    ),
    skew: duration({ doc: 'How far its clock may be off.', fallback: '30s', least: '0s', most: '60s' }),
    maxLifetime: duration({
      doc: 'The longest `exp` minus `iat` of its tokens.',
      fallback: '1h',
      least: '1s',
      most: '24h',
    }),
  };
}

/** What `jwks` may be; an entry without keys of its own says it again. */
export const KEYS =
  'Its keys. discover: where its metadata says (OpenID Connect, else RFC 8414). discover:URL: the metadata of this issuer, which must name the one above as `access_token_issuer` (ADFS).';

/** For `.refine(isFindable, FINDABLE)` over an entry with `issuer` and `jwks`: metadata has an address. */
export function isFindable({ issuer, jwks }: FoundIssuer): boolean {
  return jwks?.kind !== 'discover' || jwks.issuer !== undefined || isDiscoverable(issuer);
}

interface FoundIssuer {
  readonly issuer: string;
  readonly jwks?: KeySetPlace | undefined;
}

export const FINDABLE = {
  path: ['jwks'],
  error: 'discover only where issuer is an https URL of one tenant, without query and template; else an URL or a file',
  when: whenSound('issuer', 'jwks'),
};

/** How the access tokens of an issuer are read, for `strict({...})`: whom they are for, what they allow, what marks them. */
export function accessTokenTerms() {
  return {
    audiences: list(
      { doc: 'Other names of our audiences in its tokens; the audiences themselves always count.', most: 64 },
      strict({
        claim: choice(['aud', 'client_id'], {
          doc: 'Where the name stands. client_id: only in tokens without `aud`, of an issuer that writes none (Cognito).',
          fallback: 'aud',
        }),
        accept: text({
          doc: 'What the issuer writes, byte by byte, such as the GUID of an application.',
          grammar: /^[\x21-\x7e]{1,512}$/,
          allowed: '1 to 512 printable characters without spaces',
        }),
        for: audience({ doc: 'Which audience of ours that is.' }),
      }),
    ),
    scopes: list(
      {
        doc: 'Where its scopes are: claims whose value is a text with single spaces or an array. All that are there count together.',
        least: 1,
        most: 8,
        fallback: ['scope'],
      },
      claimPath({ doc: 'A claim.' }),
    ),
    claims: claimDemands({
      doc: 'What its access tokens must say of themselves, so that no other kind of token passes: `token_use: [access]`.',
    }),
  };
}

/** The name of an entry of a list, for logs, metrics and other parts of the configuration. */
export function entryName(spec: { readonly doc: string }) {
  return text({
    ...spec,
    grammar: /^[a-z0-9](?:[a-z0-9-]{0,62})$/,
    allowed: 'a name of lower-case letters, digits and dashes, at most 63',
  });
}
