/**
 * The part of `ca.yaml` that says which other CAs and issuers vouch for workloads, and by which rule a name of theirs becomes
 * one of ours. Part of the table in `ca/config.ts`.
 */
import { z } from 'zod';

import { namesOf, type NameTemplate } from '../../core/identity/name-template.ts';
import { facts } from '../../runtime/config/field.ts';
import { audience, nameTemplate, pathTemplate } from '../../runtime/config/identity.ts';
import { entryName, FINDABLE, isFindable, issuerTerms } from '../../runtime/config/issuer.ts';
import { outsideTrust, path } from '../../runtime/config/place.ts';
import { flag } from '../../runtime/config/scalar.ts';
import { list, strict, whenSound } from '../../runtime/config/structure.ts';
import type { OidcRule } from './oidc.ts';
import type { X509Rule } from './x509.ts';

const isUnique = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** A path may put in only what the rule takes out, and no name is taken out twice. */
function isClosed(path: NameTemplate, sources: readonly NameTemplate[]): boolean {
  const taken = sources.flatMap(namesOf);
  return isUnique(taken) && namesOf(path).every((name) => taken.includes(name));
}
const CLOSED = 'a path with no placeholder but those of this rule; each of them stands once';

const x509Attestor = strict({
  name: entryName({ doc: 'Its name in the journal, logs and metrics.' }),
  roots: path({ doc: 'PEM: the roots that it is trusted by; adopted live.', reloadable: true }),
  rules: list(
    { doc: 'Who gets which name. The first rule that matches decides; none: refused.', least: 1, most: 256 },
    strict({
      dns: nameTemplate({
        kind: 'dns',
        doc: 'What exactly one DNS name of the certificate must be, in lower case: `{device}.devices.corp.example`.',
      }).optional(),
      uri: nameTemplate({
        kind: 'text',
        doc: 'What exactly one URI name of the certificate must be: `spiffe://other.example/ns/{ns}/sa/{sa}`.',
      }).optional(),
      path: pathTemplate({ doc: 'Path of the SPIFFE ID: `/devices/{device}`.' }),
      keepDns: flag({ doc: 'Whether that DNS name goes into our certificate.', fallback: false }),
    })
      .refine(({ dns, uri }) => dns !== undefined || uri !== undefined, { error: 'a rule with dns, uri or both' })
      .refine(({ dns, keepDns }) => !keepDns || dns !== undefined, { path: ['keepDns'], error: 'false without dns' })
      .refine(
        ({ dns, uri, path: into }) =>
          isClosed(
            into,
            [dns, uri].filter((one) => one !== undefined),
          ),
        {
          path: ['path'],
          error: CLOSED,
          when: whenSound('dns', 'uri', 'path'),
        },
      )
      .transform(({ dns, uri, path: into, keepDns }): X509Rule => ({ dns, uri, path: into, keepDns })),
  ),
});

const oidcAttestor = strict({
  ...issuerTerms({
    name: 'Its name in the journal, logs and metrics.',
    types: ['JWT'],
    algorithms: ['ES256', 'RS256'],
  }),
  trust: outsideTrust({ doc: 'Which roots vouch for the server of `jwks`.', fallback: 'system' }),
  audience: audience({ doc: 'What `aud` must name: a word for this CA, and for nothing else.' }),
  rules: list(
    { doc: 'Who gets which name. The first rule that matches decides; none: refused.', least: 1, most: 256 },
    strict({
      claims: claimTemplates(),
      path: pathTemplate({ doc: 'Path of the SPIFFE ID: `/ci/{repo}`.' }),
    }).refine(
      ({ claims, path: into }) =>
        isClosed(
          into,
          claims.map(({ template }) => template),
        ),
      {
        path: ['path'],
        error: CLOSED,
        when: whenSound('claims', 'path'),
      },
    ),
  ),
}).refine(isFindable, FINDABLE);

/** Claim names are the issuer's, so this mapping has no keys of its own. */
function claimTemplates(): z.ZodType<OidcRule['claims'], Record<string, string>> {
  const allowed = 'a mapping of 1 to 16 claims, each a text in which {name} stands for one whole segment';
  const template = nameTemplate({ kind: 'text', doc: 'What the claim must be.' });
  return z
    .record(z.string().min(1).max(128), template, { error: allowed })
    .transform((found) => Object.entries(found).map(([name, one]) => ({ name, template: one })))
    .refine((claims) => claims.length > 0 && claims.length <= 16, { error: allowed })
    .meta(
      facts({ doc: 'What each claim must be, a text: `repository: acme/{repo}`. All of them must be there.' }, allowed),
    );
}

/** The keys of `attestors` beside `joinToken`. */
export const attestorSettings = {
  x509: list(
    { doc: 'Other CAs: whoever holds the key of a certificate of theirs gets one of ours.', most: 16 },
    x509Attestor,
  ).refine((entries) => isUnique(entries.map(({ name }) => name)), { error: 'each name once' }),
  oidc: list(
    { doc: 'Issuers of workload tokens (JWT), such as a CI system, a cloud or a cluster.', most: 16 },
    oidcAttestor,
  )
    .refine((entries) => isUnique(entries.map(({ name }) => name)), { error: 'each name once' })
    .refine((entries) => isUnique(entries.map(({ issuer }) => issuer)), { error: 'each issuer once' }),
};
