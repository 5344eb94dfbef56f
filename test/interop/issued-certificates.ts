/**
 * A thousand certificates over the space of what the CA issues: key types, lifetimes, SPIFFE IDs up to the longest, DNS
 * names, places in a lineage. They come out of the whole cycle of a CA; nothing is signed past it.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import type { Evidence } from '../../ca/attest/attest.ts';
import type { Issued } from '../../ca/issue/cycle.ts';
import { demand } from '../../core/fault/fault.ts';
import { seconds } from '../../core/time/units.ts';
import { oid } from '../../core/x509/asn1.ts';
import type { KeyType } from '../../core/x509/csr.ts';
import { NULL, requestOf, type RequestParts } from '../kit/asn1-parts.ts';
import type { SmallCa } from '../unit/ca/small-ca.ts';

export const KEY_TYPES: readonly KeyType[] = ['p256', 'p384', 'ed25519', 'rsa'];
/** One minute to a day; beyond both ends the CA clamps. */
const TTLS = [undefined, 1, 60, 61, 600, 3_600, 86_399, 86_400, 999_999].map((ttl) =>
  ttl === undefined ? undefined : seconds(ttl),
);
const DNS_COUNTS = [0, 1, 2, 16];
/** A SPIFFE ID has 2048 bytes at most; `spiffe://mesh.example` takes 21 of them. */
const PATHS = ['/a', '/ns/shop/sa/agent', `/${'segment.-_9/'.repeat(20)}end`, `/${'x'.repeat(2026)}`];
/** In each lineage: the first certificate and four successors, so that the list of predecessors fills and overflows. */
const CERTIFICATES_A_LINEAGE = 5;
/** Every so many RSA keys a large one, which takes a while to make. */
const LARGE_RSA_EVERY = 40;

export interface Certified {
  readonly der: Buffer;
  readonly keyType: KeyType;
}

/** Gives `count` certificates of this CA, whose key policy must allow all types. */
export async function issueAll(ca: SmallCa, count: number): Promise<readonly Certified[]> {
  const issued: Certified[] = [];
  for (let lineage = 0; issued.length < count; lineage += 1) {
    const dnsNames = Array.from(
      { length: pick(DNS_COUNTS, lineage) },
      (_, place) => `name-${place}.${lineage}.example`,
    );
    let evidence: Evidence = { kind: 'join-token', text: await ca.joinToken(pick(PATHS, lineage), dnsNames) };
    for (let place = 0; place < CERTIFICATES_A_LINEAGE && issued.length < count; place += 1) {
      const keyType = pick(KEY_TYPES, lineage + place);
      const ttl = pick(TTLS, lineage * CERTIFICATES_A_LINEAGE + place);
      const issuance: Issued = demand(
        await ca.issuer.issue({ csr: requestFor(keyType, issued.length), ttl, evidence }),
      );
      const der = Buffer.from(issuance.record.der);
      issued.push({ der, keyType });
      evidence = { kind: 'leaf', der };
    }
  }
  return issued;
}

const MAKERS: Readonly<Record<KeyType, (place: number) => KeyObject>> = {
  p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  ed25519: () => generateKeyPairSync('ed25519').privateKey,
  rsa: (place) => generateKeyPairSync('rsa', { modulusLength: place % LARGE_RSA_EVERY === 0 ? 4096 : 2048 }).privateKey,
};

const PROOFS: Readonly<Record<KeyType, RequestParts>> = {
  p256: {},
  p384: { hash: 'sha384', algorithm: [oid('1.2.840.10045.4.3.3')] },
  ed25519: { hash: null, algorithm: [oid('1.3.101.112')] },
  rsa: { algorithm: [oid('1.2.840.113549.1.1.11'), NULL] },
};

function requestFor(keyType: KeyType, place: number): Buffer {
  return requestOf(MAKERS[keyType](place), PROOFS[keyType]);
}

const pick = <T>(list: readonly T[], place: number): T => list[place % list.length] as T;
