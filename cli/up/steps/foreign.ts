/** A certificate that is right in every respect but one: another CA signed it. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

import type { SpiffeId } from '../../../core/identity/spiffe-id.ts';
import { trustDomainUri } from '../../../core/identity/spiffe-id.ts';
import type { Clock } from '../../../core/time/clock.ts';
import { epochSeconds, wholeSeconds } from '../../../core/time/units.ts';
import {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsage,
  keyIdOf,
  keyUsage,
  subjectAltName,
  subjectKeyId,
} from '../../../core/x509/extensions.ts';
import { EMPTY_NAME, encodeCertificate, encodeName, encodeTbs, type Extension } from '../../../core/x509/write.ts';

export interface ForeignIdentity {
  /** Secret. */
  readonly key: KeyObject;
  /** DER: the leaf and the foreign root. */
  readonly chain: readonly Buffer[];
}

interface Party {
  readonly key: KeyObject;
  readonly spki: Buffer;
  readonly name: Buffer;
}

const LIFETIME_SECONDS = 600;

/** A leaf for this very SPIFFE ID, from a CA that calls itself by the same trust domain. */
export function issueForeign(id: SpiffeId, clock: Clock): ForeignIdentity {
  const root = makeParty(encodeName(`Cleat CA of ${id.trustDomain}`));
  const leaf = makeParty(EMPTY_NAME);
  const issue = (subject: Party, extensions: readonly Extension[]) => certify({ subject, root, extensions, clock });
  return {
    key: leaf.key,
    chain: [
      issue(leaf, [
        basicConstraints({ ca: false }),
        keyUsage('digitalSignature'),
        extendedKeyUsage(),
        subjectAltName({ uri: id.uri }, true),
        subjectKeyId(leaf.spki),
        authorityKeyId(keyIdOf(root.spki)),
      ]),
      issue(root, [
        basicConstraints({ ca: true, pathLength: 0 }),
        keyUsage('keyCertSign', 'cRLSign'),
        subjectAltName({ uri: trustDomainUri(id.trustDomain) }, false),
        subjectKeyId(root.spki),
      ]),
    ],
  };
}

function makeParty(name: Buffer): Party {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { key: privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }), name };
}

function certify(order: {
  readonly subject: Party;
  readonly root: Party;
  readonly extensions: readonly Extension[];
  readonly clock: Clock;
}): Buffer {
  const { subject, root, extensions, clock } = order;
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  const now = wholeSeconds(clock.now());
  const tbs = encodeTbs({
    serial,
    issuer: root.name,
    subject: subject.name,
    notBefore: epochSeconds(now - 60),
    notAfter: epochSeconds(now + LIFETIME_SECONDS),
    spki: subject.spki,
    extensions,
  });
  return encodeCertificate(tbs, sign('sha256', tbs, root.key));
}
