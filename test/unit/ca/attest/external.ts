/** Evidence of others: a CA that is not ours with its leaves, and a CI system that signs workload tokens. */
import type { KeyObject } from 'node:crypto';

import type { Attestors } from '../../../../ca/attest/attest.ts';
import type { OidcAttestor, OidcRule } from '../../../../ca/attest/oidc.ts';
import type { X509Attestor, X509Rule } from '../../../../ca/attest/x509.ts';
import { refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { type NameTemplate, parsePathTemplate, parseTemplate } from '../../../../core/identity/name-template.ts';
import { milliseconds, type EpochSeconds } from '../../../../core/time/units.ts';
import { issuerRules } from '../../../../core/token/issuer.ts';
import { type KeySet, parseKeySet } from '../../../../core/token/key-set.ts';
import { signPossession } from '../../../../core/x509/possession.ts';
import type { ShownPossession } from '../../../../runtime/grpc/messages.ts';
import { createTestAuthority, issueTestLeaf, type LeafOptions, type TestAuthority } from '../../../kit/x509.ts';
import { ecKey, keySetOf, signToken, type SigningKey } from '../../core/token/tokens.ts';
import { MESH } from '../small-ca.ts';

export const CI_ISS = 'https://ci.example';
export const AUDIENCE = 'cleat-ca.mesh.example';

const found = (template: NameTemplate | undefined): NameTemplate => {
  if (template === undefined) throw new Error('no template');
  return template;
};
export const text = (template: string): NameTemplate => found(parseTemplate(template, 'text'));
export const dns = (template: string): NameTemplate => found(parseTemplate(template, 'dns'));
export const path = (template: string): NameTemplate => found(parsePathTemplate(template));

export const DEVICE_RULE: X509Rule = {
  dns: dns('{device}.devices.example'),
  uri: undefined,
  path: path('/devices/{device}'),
  keepDns: false,
};

export function corpAttestor(
  authorities: readonly TestAuthority[],
  rules: readonly X509Rule[] = [DEVICE_RULE],
): X509Attestor {
  return { name: 'corp', roots: () => authorities.map(({ certificate }) => certificate), rules };
}

/** A CA of somebody else. */
export const corpAuthority = (): TestAuthority => createTestAuthority('corp.example');

/** A leaf of it for `pump-7.devices.example`, and its key. */
export const corpLeaf = (authority: TestAuthority, options: LeafOptions = {}) =>
  issueTestLeaf(authority, { dns: ['pump-7.devices.example'], path: '/pump', ...options });

/** The proof as an honest workload makes it. */
export function prove(
  { der, key }: { readonly der: Buffer; readonly key: KeyObject },
  csr: Buffer,
  signedAt: EpochSeconds,
): ShownPossession {
  const signature = signPossession({ trustDomain: MESH, csr, signedAt, leaf: der }, key);
  return { kind: 'x509', chain: [der], signedAt, signature };
}

export const CI_RULE: OidcRule = {
  claims: [
    { name: 'repository', template: text('acme/{repo}') },
    { name: 'ref', template: text('refs/heads/main') },
  ],
  path: path('/ci/{repo}'),
};

export interface TestCi {
  readonly key: SigningKey;
  readonly attestor: OidcAttestor;
  /** What its keys are answered with; a test may put a refusal here. */
  keys: Outcome<KeySet>;
  /** A token as the CI system gives it to a job; a claim set to undefined is left out. */
  token(now: EpochSeconds, claims?: Readonly<Record<string, unknown>>, header?: object): string;
}

/** A CI system like those of code forges. */
export function testCi(rules: readonly OidcRule[] = [CI_RULE]): TestCi {
  const key = ecKey('ci-1');
  const ci: TestCi = {
    key,
    keys: parseKeySet(keySetOf(key)),
    attestor: {
      issuer: {
        rules: issuerRules({
          name: 'ci',
          issuer: CI_ISS,
          algorithms: ['ES256'],
          types: ['JWT'],
          maxLifetime: milliseconds(3_600_000),
        }),
        source: {
          keys: () => ci.keys,
          seek: async () => ci.keys,
          subscribe: () => ({ [Symbol.dispose]: () => undefined }),
        },
      },
      audience: AUDIENCE,
      rules,
    },
    token(now, claims = {}, header = {}) {
      const all = {
        iss: CI_ISS,
        sub: 'repo:acme/shop:ref:refs/heads/main',
        aud: AUDIENCE,
        exp: now + 300,
        iat: now,
        nbf: now,
        jti: 'job-1',
        repository: 'acme/shop',
        ref: 'refs/heads/main',
        ...claims,
      };
      return signToken(key, all, { alg: 'ES256', typ: 'JWT', kid: 'ci-1', ...header });
    },
  };
  return ci;
}

/** No keys at hand, as when the issuer was never reached. */
export const UNREACHABLE: Outcome<KeySet> = refuse('TOKEN_KEYS_UNAVAILABLE', 'never loaded');

export function attestorsOf(x509: readonly X509Attestor[], oidc: readonly OidcAttestor[]): Attestors {
  return { x509, oidc: new Map(oidc.map((one) => [one.issuer.rules.issuer, one])) };
}
