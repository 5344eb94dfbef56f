/**
 * One attempt to get a certificate: `Renew` with the one we have, or `Issue` with evidence where there is none, it has
 * expired or is revoked, or the CA will not renew it. Knows when neither is due, and waits for nothing but the answer.
 *
 * A key is kept until the CA has answered for it: a reply that was lost is asked for again, and asking with another key
 * would look like a second holder of the same certificate.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import { refuse, type Outcome, type Refusal } from '../../core/fault/refusal.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { milliseconds, wholeSeconds, type Seconds } from '../../core/time/units.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import { type Addresses, createAddresses } from '../../runtime/grpc/addresses.ts';
import { openBootstrap } from '../../runtime/grpc/ca-client.ts';
import type { IssuedCertificate, RenewRequest } from '../../runtime/grpc/messages.ts';
import { adoptCertificate } from './adopt.ts';
import { readEvidence, type Evidence, type EvidenceFiles } from './evidence.ts';
import { readRoot, readSuccessor } from './first-contact.ts';
import type { Snapshot } from './snapshot.ts';

export interface EnrolmentDeps {
  /** Whom the CA must be; its trust domain is ours. */
  readonly caId: SpiffeId;
  /** `host:port` each. */
  readonly bootstrap: readonly string[];
  readonly evidence: EvidenceFiles;
  /** Wanted life; undefined: the CA's default. */
  readonly ttl: Seconds | undefined;
  readonly clock: Clock;
  readonly jitter: Jitter;
  /** `Renew` over the mutual TLS of this very snapshot. */
  readonly renew: (by: Snapshot, request: RenewRequest) => Promise<Outcome<IssuedCertificate>>;
  /** Whether this very certificate is revoked: the CA will not renew it. */
  readonly isRevoked: (own: Snapshot) => boolean;
  readonly signal: AbortSignal;
}

export interface Enrolment {
  /** The next generation. Never rejects for what the CA or the network does.
   *  Refuses: RENEW_REFUSED (the detail has the CA's code) | RENEW_UNREACHABLE | RENEW_UNTRUSTED | RENEW_ANSWER |
   *  RENEW_FILES | CONFIG_FILE | CONFIG_PERMISSION. */
  attempt(current: () => Snapshot | undefined): Promise<Outcome<Snapshot>>;
}

type Way = 'issue' | 'renew';

interface Pending {
  /** What the key was made for: a predecessor, or evidence. */
  readonly purpose: string;
  /** Secret. */
  readonly key: KeyObject;
  readonly csr: Buffer;
}

/** How long the first look at an unknown server may take, in milliseconds. */
const FIRST_CONTACT = milliseconds(5_000);

/** Enrolment with no key pending. */
export function createEnrolment(deps: EnrolmentDeps): Enrolment {
  const { caId, clock, ttl } = deps;
  const addresses = createAddresses(deps.bootstrap, deps);
  let pending: Partial<Record<Way, Pending | undefined>> = {};
  let isRenewalOver = false;

  function keyFor(kind: Way, purpose: string): Pending {
    const kept = pending[kind];
    if (kept?.purpose === purpose) return kept;
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const made = { purpose, key, csr: writeCsr(key) };
    pending = { ...pending, [kind]: made };
    return made;
  }

  function judge(
    answer: Outcome<IssuedCertificate>,
    asked: Pending,
    previous: Snapshot | undefined,
  ): Outcome<Snapshot> {
    if (!answer.ok) return answer;
    const now = wholeSeconds(clock.now());
    return adoptCertificate({ answer: answer.value, key: asked.key, trustDomain: caId.trustDomain, previous, now });
  }

  async function issue(current: () => Snapshot | undefined): Promise<Outcome<Snapshot>> {
    const evidence = await readEvidence(deps.evidence);
    if (!evidence.ok) return evidence;
    const asked = keyFor('issue', evidence.value.digest);
    const answer = await issueBy(evidence.value, asked, { ...deps, addresses });
    return judge(answer, asked, current());
  }

  async function renew(by: Snapshot, current: () => Snapshot | undefined): Promise<Outcome<Snapshot>> {
    const asked = keyFor('renew', by.leaf.thumbprint.toString('hex'));
    const answer = await deps.renew(by, { csr: asked.csr, ttl });
    return judge(answer, asked, current());
  }

  return {
    async attempt(current) {
      const by = current();
      const isRenewal =
        by !== undefined && !isRenewalOver && wholeSeconds(clock.now()) <= by.leaf.notAfter && !deps.isRevoked(by);
      const outcome = isRenewal ? await renew(by, current) : await issue(current);
      if (outcome.ok) {
        pending = {};
        isRenewalOver = false;
        return outcome;
      }
      const { code } = outcome.refusal;
      if (isKeyRefused(code)) pending = { ...pending, [isRenewal ? 'renew' : 'issue']: undefined };
      // Where the CA will not renew, evidence is the way back; where that is refused too, the way is asked again.
      isRenewalOver = isRenewal ? isLineageRefused(code) : false;
      return { ok: false, refusal: ours(outcome.refusal) };
    },
  };
}

interface Asking extends EnrolmentDeps {
  readonly addresses: Addresses;
}

async function issueBy(evidence: Evidence, asked: Pending, deps: Asking): Promise<Outcome<IssuedCertificate>> {
  let last: Outcome<IssuedCertificate> = refuse('RENEW_UNREACHABLE', 'no address');
  for (const address of deps.addresses.order()) {
    last = await issueAt(address, evidence, asked, deps);
    const isThere = last.ok || !isAway(last.refusal.code);
    deps.addresses.told(address, isThere);
    if (isThere) return last;
  }
  return last;
}

/** With roots of our own a server below none of them is looked at once more: the CA may have moved on to a root that one
 *  of them vouches for. It has been sent nothing until then. */
async function issueAt(
  address: string,
  evidence: Evidence,
  asked: Pending,
  deps: Asking,
): Promise<Outcome<IssuedCertificate>> {
  const { clock, signal } = deps;
  const { trustDomain } = deps.caId;
  const { trust } = evidence;
  const contact = { address, trustDomain, now: wholeSeconds(clock.now()), timeout: FIRST_CONTACT, signal };
  if (trust.kind === 'fingerprint') {
    const root = await readRoot({ ...contact, rootDigest: trust.rootDigest });
    return root.ok ? ask({ address, roots: [root.value] }, evidence, asked, deps) : root;
  }
  const answer = await ask({ address, roots: trust.roots }, evidence, asked, deps);
  if (answer.ok || answer.refusal.code !== 'RENEW_UNTRUSTED') return answer;
  const successor = await readSuccessor({ ...contact, roots: trust.roots });
  return successor === undefined ? answer : ask({ address, roots: [successor] }, evidence, asked, deps);
}

/** The evidence goes out only after TLS has verified the server against these roots. */
async function ask(
  at: { readonly address: string; readonly roots: readonly Buffer[] },
  evidence: Evidence,
  { csr }: Pending,
  { caId, clock, ttl }: Asking,
): Promise<Outcome<IssuedCertificate>> {
  const client = openBootstrap({ addresses: [at.address], caId, identity: { roots: at.roots } });
  const shown = evidence.show({ trustDomain: caId.trustDomain, csr, now: wholeSeconds(clock.now()) });
  const answer = await client.issue({ csr, evidence: shown, ttl });
  client.close();
  return answer;
}

const isAway = (code: string): boolean => code === 'RENEW_UNREACHABLE' || code === 'RENEW_UNTRUSTED';
const isKeyRefused = (code: string): boolean => code.startsWith('CSR_') || code === 'GRANT_KEY_REUSE';
const isLineageRefused = (code: string): boolean =>
  code === 'GRANT_LINEAGE' ||
  code === 'GRANT_FORK' ||
  code === 'GRANT_REVOKED' ||
  code === 'ATTEST_PEER' ||
  code.startsWith('PEER_');

/** Codes of the CA's rooms stay in the detail: outside they would read as refusals of ours. */
function ours(refusal: Refusal): Refusal {
  const { code, detail } = refusal;
  if (code.startsWith('RENEW_') || code.startsWith('CONFIG_')) return refusal;
  return { ...refusal, code: 'RENEW_REFUSED', detail: `${code}, ${detail}` };
}
