/** Certificate authorities and leaves of the binding vectors: at fixed times, with new keys at each run. */
import { createHash, type KeyObject } from 'node:crypto';

import { demand } from '../../../core/fault/fault.ts';
import { epochSeconds } from '../../../core/time/units.ts';
import { parseCertificate } from '../../../core/x509/certificate.ts';
import * as make from '../../../core/x509/extensions.ts';
import type { Lineage } from '../../../core/x509/lineage.ts';
import { type CertificateTemplate, encodeName } from '../../../core/x509/write.ts';
import { leafTemplate, signTest, spkiOf, type TestAuthority, testKey } from '../../kit/x509.ts';

/** 2026-01-01T00:00:00Z: the time of every case that does not say another. */
export const NOW = 1_767_225_600;
export const AGENT_PATH = '/ns/shop/sa/agent';

export interface Leaf {
  /** Private; never written. */
  readonly key: KeyObject;
  readonly der: Buffer;
  /** base64url of SHA-256 of the DER. */
  readonly x5t: string;
}

export interface LeafWishes {
  /** Default: the agent's. */
  readonly path?: string;
  /** Time of issue; default ten minutes before `NOW`. */
  readonly issuedAt?: number;
  /** Seconds from issue to `notAfter`; default an hour. */
  readonly lifetime?: number;
  readonly lineage?: Lineage;
  readonly key?: KeyObject;
  readonly change?: (sound: CertificateTemplate) => CertificateTemplate;
}

/** The root of a trust domain, valid for a year around `NOW`. */
export function createAuthority(trustDomain: string): TestAuthority {
  const key = testKey();
  const spki = spkiOf(key);
  const name = encodeName(`Root of ${trustDomain}`);
  const template: CertificateTemplate = {
    serial: Buffer.from([1]),
    issuer: name,
    subject: name,
    notBefore: epochSeconds(NOW - 180 * DAY),
    notAfter: epochSeconds(NOW + 180 * DAY),
    spki,
    extensions: [
      make.basicConstraints({ ca: true }),
      make.keyUsage('keyCertSign', 'cRLSign'),
      make.subjectAltName({ uri: `spiffe://${trustDomain}` }, false),
      make.subjectKeyId(spki),
      make.authorityKeyId(make.keyIdOf(spki)),
    ],
  };
  const der = signTest(template, key);
  return { key, der, certificate: demand(parseCertificate(der)), trustDomain };
}

/** An authority under another one. */
export function issueIntermediate(issuer: TestAuthority): TestAuthority {
  const key = testKey();
  const spki = spkiOf(key);
  const template: CertificateTemplate = {
    ...leafTemplate(issuer, { now: epochSeconds(NOW - DAY), lifetime: 30 * DAY }, spki),
    subject: encodeName(`Intermediate of ${issuer.trustDomain}`),
    extensions: [
      make.basicConstraints({ ca: true }),
      make.keyUsage('keyCertSign', 'cRLSign'),
      make.subjectKeyId(spki),
      make.authorityKeyId(make.keyIdOf(issuer.certificate.spki)),
    ],
  };
  const der = signTest(template, issuer.key);
  return { key, der, certificate: demand(parseCertificate(der)), trustDomain: issuer.trustDomain };
}

/** A leaf: a sound X.509-SVID, but for what `change` makes of it. */
export function issueLeaf(authority: TestAuthority, wishes: LeafWishes = {}): Leaf {
  const { path = AGENT_PATH, issuedAt = NOW - 600, lifetime = 3600, lineage, change } = wishes;
  const key = wishes.key ?? testKey();
  const options = { path, now: epochSeconds(issuedAt), lifetime, ...(lineage === undefined ? {} : { lineage }) };
  const sound = leafTemplate(authority, options, spkiOf(key));
  const der = signTest(change === undefined ? sound : change(sound), authority.key);
  return { key, der, x5t: digestText(der) };
}

/** base64url of SHA-256. */
export const digestText = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('base64url');

const DAY = 86_400;
