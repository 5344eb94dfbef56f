/** Settings of an issuer whose JWTs are verified here: who it is, where its keys are, and what its tokens look like. */
import { keySet } from './place.ts';
import { choice, text } from './scalar.ts';
import { duration } from './span.ts';
import { list } from './structure.ts';

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
    jwks: keySet({ doc: 'Its keys.' }),
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

/** The name of an entry of a list, for logs, metrics and other parts of the configuration. */
export function entryName(spec: { readonly doc: string }) {
  return text({
    ...spec,
    grammar: /^[a-z0-9](?:[a-z0-9-]{0,62})$/,
    allowed: 'a name of lower-case letters, digits and dashes, at most 63',
  });
}
