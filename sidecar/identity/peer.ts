/**
 * Who is on the connection, from the DER of the leaf that TLS verified: once a connection, never from Node's text of a
 * certificate. Says nothing about rights, and nothing about the chain: TLS has verified it.
 * Spec: X.509-SVID; DESIGN section 4.2.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { matchesId, type IdPattern } from '../../core/identity/pattern.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { thumbprintOfSpki } from '../../core/token/thumbprint.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { checkSvid, checkValidity } from '../../core/x509/svid.ts';

/** The peer that shows this leaf. Its validity must be judged again at each request (`checkValidity`).
 *  Refuses: PEER_NOT_SVID | PEER_TRUST_DOMAIN | PEER_EXPIRED. */
export function recognisePeer(leafDer: Buffer, trustDomain: TrustDomain, now: EpochSeconds): Outcome<Peer> {
  const parsed = parseCertificate(leafDer);
  if (!parsed.ok) return parsed;
  const leaf = parsed.value;
  const id = checkSvid(leaf, trustDomain);
  if (!id.ok) return id;
  const inTime = checkValidity(leaf, now);
  if (!inTime.ok) return inTime;
  return admit(
    Object.freeze({
      id: id.value,
      thumbprint: leaf.thumbprint,
      thumbprintText: leaf.thumbprint.toString('base64url'),
      serial: leaf.serial,
      keyThumbprint: once(() => thumbprintOfSpki(leaf.spki)),
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      lineage: leaf.lineage,
      isLineageMalformed: leaf.isLineageMalformed,
      der: leaf.der,
    }),
  );
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The upstream that shows this leaf, if it is one that the table expects.
 *  Refuses as `recognisePeer`, and PEER_UNEXPECTED. */
export function checkUpstream(
  leafDer: Buffer,
  trustDomain: TrustDomain,
  expected: IdPattern,
  now: EpochSeconds,
): Outcome<Peer> {
  const peer = recognisePeer(leafDer, trustDomain, now);
  if (!peer.ok || matchesId(expected, peer.value.id)) return peer;
  return refuse('PEER_UNEXPECTED', `the upstream is ${peer.value.id.uri}`);
}
