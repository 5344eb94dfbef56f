/** Wycheproof signature files through the function that verifies one signature. */
import { createPublicKey, type KeyObject } from 'node:crypto';

import { admit, refuse } from '../../core/fault/refusal.ts';
import { type Algorithm, ALGORITHMS, algorithmOf } from '../../core/token/algorithm.ts';
import { verifySignature } from '../../core/token/signature.ts';
import { type Document, expectedOf, isMembers, listOf, type Members, textOf } from './document.ts';
import type { Case } from './score.ts';

const SCHEMES: Readonly<Record<string, (row: { readonly kty: string; readonly pss: boolean }) => boolean>> = {
  'ecdsa_p1363_verify_schema_v1.json': ({ kty }) => kty === 'EC',
  'eddsa_verify_schema_v1.json': ({ kty }) => kty === 'OKP',
  'rsassa_pkcs1_verify_schema_v1.json': ({ kty, pss }) => kty === 'RSA' && !pss,
};

/** Whether each of its groups has an algorithm of ours: other curves and digests are another runner's. */
export function knowsSignatures(document: Document): boolean {
  if (!isMembers(document) || !Object.hasOwn(SCHEMES, String(document['schema']))) return false;
  return listOf(document, 'testGroups').every((group) => algorithmFor(document, group) !== undefined);
}

export function signatureCases(document: Document): readonly Case[] {
  if (!isMembers(document)) throw new Error('not an object');
  return listOf(document, 'testGroups').flatMap((group) => {
    const algorithm = algorithmFor(document, group);
    if (algorithm === undefined) throw new Error('a group without an algorithm of ours');
    const key = keyOf(group);
    return listOf(group, 'tests').map((test) =>
      signatureCase(test, { algorithm, key, der: textOf(group, 'publicKeyDer') }),
    );
  });
}

interface Verification {
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
  readonly der: string;
}

function signatureCase(test: Members, { algorithm, key, der }: Verification): Case {
  const msg = Buffer.from(textOf(test, 'msg'), 'hex');
  const sig = Buffer.from(textOf(test, 'sig'), 'hex');
  return {
    id: `tcId ${String(test['tcId'])}`,
    expected: expectedOf(test),
    content: [der, textOf(test, 'msg'), textOf(test, 'sig')].join(),
    exception: undefined,
    judge: () => (verifySignature({ key, algorithm }, msg, sig) ? admit(undefined) : refuse('TOKEN_SIGNATURE')),
  };
}

const keyOf = (group: Members): KeyObject =>
  createPublicKey({ key: Buffer.from(textOf(group, 'publicKeyDer'), 'hex'), format: 'der', type: 'spki' });

/** By type of key, curve and digest. */
function algorithmFor(document: Members, group: Members): Algorithm | undefined {
  const isOfScheme = SCHEMES[String(document['schema'])];
  const key = keyOf(group);
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? ''];
  const digest = typeof group['sha'] === 'string' ? group['sha'].toLowerCase().replace('-', '') : undefined;
  const name = Object.entries(ALGORITHMS).find(
    ([, row]) => isOfScheme?.(row) === true && row.crv === curve && row.digest === digest,
  )?.[0];
  return algorithmOf(name);
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  ed25519: 'Ed25519',
};
