/**
 * How a certificate comes to be, in order. If a line runs, every line above it said yes: no signature without a lint, no
 * delivery without the journal. A crash at any point leaves no delivered certificate that the journal does not know.
 */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import type { RevocationIndex } from '../../core/identity/revocation.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock, RandomBytes } from '../../core/time/clock.ts';
import { wholeSeconds, type Seconds } from '../../core/time/units.ts';
import { parseCsr, type KeyType } from '../../core/x509/csr.ts';
import type { AuditStream } from '../../runtime/audit/audit.ts';
import { attest, type Attestors, type Evidence } from '../attest/attest.ts';
import type { Attestation } from '../attest/attestation.ts';
import type { ClockWatch } from '../clock-watch.ts';
import type { Journal } from '../journal/journal.ts';
import type { IssuanceRecord } from '../journal/record.ts';
import { digestOfKey, grant, type IssuancePolicy } from '../policy/grant.ts';
import { checkIssuedUnrevoked, checkUnrevoked } from '../policy/unrevoked.ts';
import type { Authority } from '../signer/authority.ts';
import { NOBODY, type Admission, type Source } from './admission.ts';
import { compareSigned } from './compare.ts';
import { describeIssuance, recordIssuance } from './record.ts';
import type { RepeatAudit } from './repeat-audit.ts';
import { draftCertificate } from './template.ts';
import { Ticket } from './ticket.ts';

/** What a requester brings. */
export interface Asked {
  /** PKCS#10 in DER. */
  readonly csr: Buffer;
  readonly ttl: Seconds | undefined;
  readonly evidence: Evidence;
  /** Whose turn and whose rate it is; absent: nobody's in particular, and all such share one. */
  readonly from?: Source;
}

export interface Rooms {
  readonly trustDomain: TrustDomain;
  readonly keyTypes: readonly KeyType[];
  readonly lifetimes: Omit<IssuancePolicy, 'issuer' | 'issuerEnds'>;
  readonly authority: () => Authority;
  /** Roots whose join tokens are taken: SHA-256 of each. */
  readonly rootDigests: () => readonly Buffer[];
  readonly attestors: Attestors;
  readonly journal: Pick<Journal, 'findJoinToken' | 'findIssuance' | 'judgeClaim' | 'addIssuance'>;
  readonly audit: Pick<AuditStream, 'check' | 'record'>;
  readonly repeats: Pick<RepeatAudit, 'note'>;
  readonly revocations: { current(): RevocationIndex };
  readonly clockWatch: Pick<ClockWatch, 'check'>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly admission: Admission;
}

/** The certificate that may be delivered, as the journal holds it. */
export interface Issued {
  readonly record: IssuanceRecord;
  /** True for the second answer to one request: the journal knew the certificate already. */
  readonly isRepeat: boolean;
}

/** Gives the certificate, once it is durable. Refuses with every CSR_, ATTEST_, GRANT_, ISSUE_ and JOURNAL_ code, and
 *  LIMIT_ISSUES. */
export async function certify(asked: Asked, rooms: Rooms): Promise<Outcome<Issued>> {
  const { journal, random } = rooms;
  const authority = rooms.authority();
  const now = wholeSeconds(rooms.clock.now());

  // Times that are believed: what is issued by a clock that was set back is over before it begins.
  const timely = rooms.clockWatch.check();
  if (!timely.ok) return timely;

  // 1. The request is small, well-formed, asks for no name, and proves that its key is held and of an allowed type.
  const csr = parseCsr(asked.csr, rooms.keyTypes);
  if (!csr.ok) return csr;

  // 2. The evidence names a workload.
  const attestation = await attest(asked.evidence, {
    ...rooms,
    now,
    csr: asked.csr,
    rootDigests: rooms.rootDigests(),
    ownKey: authority.certificate.spki,
  });
  if (!attestation.ok) return attestation;

  // Neither it nor what it shows is revoked. The CA's own certificate is bound by nothing that its operators revoke.
  const { id, predecessor: leaf } = attestation.value;
  const unrevoked =
    asked.evidence.kind === 'self' ? admit(undefined) : checkUnrevoked({ id, leaf }, rooms.revocations.current(), now);
  if (!unrevoked.ok) return unrevoked;

  // The workload, known by now, does not ask too often.
  const within =
    asked.evidence.kind === 'self'
      ? admit(undefined)
      : rooms.admission.identify(asked.from ?? NOBODY, attestation.value.id);
  if (!within.ok) return within;

  // 3. What it would use up is still there. A key that has used it before lost our reply, and gets it again.
  const { claim } = attestation.value;
  const standing = await journal.judgeClaim(claim, digestOfKey(csr.value.spki));
  if (!standing.ok) return standing;
  const { earlier, continues } = standing.value;
  if (earlier !== undefined) {
    const live = checkIssuedUnrevoked({ id, issued: earlier }, rooms.revocations.current(), now);
    return live.ok ? deliver({ record: earlier, isRepeat: true }, rooms) : live;
  }

  // 4. Policy says which names, which key, how long.
  const policy = { ...rooms.lifetimes, issuer: authority.certificate, issuerEnds: authority.endsAt };
  const granted = grant(
    continues ? attestation.value : anew(attestation.value),
    { csr: csr.value, ttl: asked.ttl },
    policy,
    now,
  );
  if (!granted.ok) return granted;

  // 5. The grant becomes the bytes to be signed.
  const draft = draftCertificate(granted.value, policy, random);

  // 6. The bytes are read back and linted; only then there is a ticket, good for one signature.
  const ticket = Ticket.decide(draft, authority.certificate, authority.endsAt);
  if (!ticket.ok) return ticket;
  const tbs = ticket.value.redeem(authority.certificate);
  if (!tbs.ok) return tbs;

  // 7. What is signed can be written down; then the issuer's key is used.
  const audited = rooms.audit.check();
  if (!audited.ok) return audited;
  const signed = authority.sign(tbs.value);

  // 8. What was signed is what was linted, and the signature is the issuer's.
  const certificate = compareSigned(signed, ticket.value.unsigned, authority.publicKey);
  if (!certificate.ok) return certificate;

  // 9. The journal judges the claim again, uses it up and holds the certificate, on the disk.
  const record = recordIssuance(certificate.value, granted.value, { lineage: draft.lineage, authority });
  const held = await journal.addIssuance(claim, record);
  if (!held.ok) return held;

  // 10. Only what the journal holds is delivered; where an equal request was faster, that is its certificate.
  return deliver({ record: held.value, isRepeat: held.value.serial !== record.serial }, rooms);
}

/** The audit stream has its line before anybody has the certificate. Refuses: ISSUE_AUDIT; asked again with the same key,
 *  the certificate is found in the journal and delivered then. */
function deliver(issued: Issued, { audit, repeats }: Pick<Rooms, 'audit' | 'repeats'>): Outcome<Issued> {
  const { record, isRepeat } = issued;
  const told = isRepeat ? repeats.note(record) : audit.record('issuance', describeIssuance(record));
  return told.ok ? admit(issued) : told;
}

/** A journal that came back from a backup cannot tell where the lineage stands: the leaf proves who asks, no more. */
function anew(attestation: Attestation): Attestation {
  return { ...attestation, predecessor: undefined };
}
