/**
 * What is revoked, and whom it reaches: exact match only, never by prefix or pattern. An index is one whole state,
 * replaced at each change; it never forgets by itself, an entry just stops to matter after its end.
 * Pure. Spec: DESIGN section 4.4; reference/tokens.md section 2 step 11 and section 7 rule 6.
 */
import type { EpochSeconds } from '../time/units.ts';
import type { Peer } from './peer.ts';
import type { SpiffeId } from './spiffe-id.ts';

/** CRLReason (RFC 5280 section 5.3.1), those that a CA of short-lived leaves can have. */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;

export type RevocationReason = keyof typeof REVOCATION_REASONS;

/** What is revoked. Serials and lineage ids are lower-case hex, thumbprints base64url as in `cnf.x5t#S256`. */
export type RevokedThing =
  | {
      /** One certificate and all its successors. The rest comes with the serial, since successors list no serials. */
      readonly kind: 'certificate';
      readonly serial: string;
      readonly thumbprint: string;
      readonly lineageId: string;
      readonly sequence: number;
    }
  | { readonly kind: 'lineage'; readonly lineageId: string }
  /** A fork: its leaves are served, but no token is carried over a renewal and there is none. */
  | { readonly kind: 'frozen-lineage'; readonly lineageId: string }
  /** Too many forks of one identity: the same for all its lineages. */
  | { readonly kind: 'frozen-spiffe-id'; readonly spiffeId: string }
  | { readonly kind: 'spiffe-id'; readonly spiffeId: string }
  /** `issuer` is the claim `iss`, byte by byte. `origin`: a client, API key or mandate that tokens came from. */
  | { readonly kind: TokenKind; readonly issuer: string; readonly value: string };

/** What a token is revoked by. */
export type TokenKind = 'jti' | 'sub' | 'kid' | 'origin';

export type Revocation = RevokedThing & {
  /** Grows with each revocation, over all kinds. */
  readonly generation: number;
  readonly reason: RevocationReason;
  readonly revokedAt: EpochSeconds;
  /** Inclusive: after it nothing can be used any more that the entry names. */
  readonly endsAt: EpochSeconds;
};

/** What a revocation by token compares. */
export interface TokenFacts {
  readonly iss: string;
  readonly jti: string | undefined;
  readonly subject: string | undefined;
  /** `kid` of the key that verified it. */
  readonly keyId: string | undefined;
  /** All that it came from: one of them revoked is enough. */
  readonly origins: readonly string[];
}

/** What a revocation of a certificate, a lineage or an identity compares. */
export type RevocablePeer = Pick<Peer, 'id' | 'serial' | 'thumbprintText' | 'lineage'>;

/** Each lookup gives the entry that forbids, or undefined. Cost: a few map lookups; none where the kind is empty. */
export interface RevocationIndex {
  /** Of the newest entry that this index knows; 0 for none. */
  readonly generation: number;
  readonly entries: readonly Revocation[];
  /** False: nobody has said yet what is revoked, so that nobody can be told to be unrevoked. */
  readonly isHeard: boolean;
  /** The peer's certificate, one of its ancestors, its lineage or its SPIFFE ID. */
  ofPeer(peer: RevocablePeer, now: EpochSeconds): Revocation | undefined;
  /** The SPIFFE ID alone: for who has no certificate yet. */
  ofId(id: SpiffeId, now: EpochSeconds): Revocation | undefined;
  ofToken(token: TokenFacts, now: EpochSeconds): Revocation | undefined;
  /** Whatever stops this peer from using a token that is bound to its predecessor: all of `ofPeer`, the frozen lineage
   *  or identity, the predecessor itself. */
  ofPredecessor(peer: RevocablePeer, thumbprint: Buffer, now: EpochSeconds): Revocation | undefined;
}

/** `entries` in any order; of two with one target the later end counts. Cost: linear, once a state. */
export function indexRevocations(generation: number, entries: readonly Revocation[], isHeard = true): RevocationIndex {
  const targets = new Map<string, Revocation>();
  const ancestors = new Map<string, RevokedCertificate[]>();
  for (const entry of entries) {
    for (const target of targetsOf(entry)) keepLongest(targets, target, entry);
    if (entry.kind === 'certificate') keepAncestor(ancestors, entry);
  }
  const live = (target: string, now: EpochSeconds): Revocation | undefined => {
    const found = targets.get(target);
    return found !== undefined && now <= found.endsAt ? found : undefined;
  };

  function ofPeer(peer: RevocablePeer, now: EpochSeconds): Revocation | undefined {
    if (targets.size === 0) return undefined;
    return (
      live(`serial ${peer.serial}`, now) ??
      live(`thumbprint ${peer.thumbprintText}`, now) ??
      live(`spiffe-id ${peer.id.uri}`, now) ??
      ofLineage(peer, now)
    );
  }

  function ofLineage({ lineage }: RevocablePeer, now: EpochSeconds): Revocation | undefined {
    if (lineage === undefined) return undefined;
    const id = lineage.id.toString('hex');
    const whole = live(`lineage ${id}`, now);
    if (whole !== undefined) return whole;
    const ancestor = ancestors.get(id)?.find((one) => one.sequence <= lineage.sequence && now <= one.endsAt);
    if (ancestor !== undefined) return ancestor;
    for (const { thumbprint } of lineage.predecessors) {
      const found = live(`thumbprint ${thumbprint.toString('base64url')}`, now);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  return Object.freeze({
    generation,
    entries: Object.freeze([...entries]),
    isHeard,
    ofPeer,
    ofId: (id, now) => live(`spiffe-id ${id.uri}`, now),
    ofToken({ iss, jti, subject, keyId, origins }, now) {
      if (targets.size === 0) return undefined;
      const of = (kind: TokenKind, value: string | undefined): Revocation | undefined =>
        value === undefined ? undefined : live(tokenTarget(kind, iss, value), now);
      const named = of('jti', jti) ?? of('sub', subject) ?? of('kid', keyId);
      if (named !== undefined) return named;
      for (const origin of origins) {
        const found = of('origin', origin);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    ofPredecessor(peer, thumbprint, now) {
      if (targets.size === 0) return undefined;
      const frozen = peer.lineage && live(`frozen-lineage ${peer.lineage.id.toString('hex')}`, now);
      const whole = live(`frozen-spiffe-id ${peer.id.uri}`, now);
      return frozen ?? whole ?? live(`thumbprint ${thumbprint.toString('base64url')}`, now) ?? ofPeer(peer, now);
    },
  } satisfies RevocationIndex);
}

/** Nothing is revoked. */
export const NO_REVOCATIONS: RevocationIndex = indexRevocations(0, []);

/** Nobody has said yet what is revoked. */
export const UNHEARD_REVOCATIONS: RevocationIndex = indexRevocations(0, [], false);

/** What is told now together with what was known before and has not ended. Nothing is taken back before its end, so a state
 *  that lacks an entry has lost it: a CA that came back from a backup must not set free what it had revoked. */
export function mergeRevocations(
  known: readonly Revocation[],
  told: readonly Revocation[],
  now: EpochSeconds,
): readonly Revocation[] {
  const ends = new Map<string, EpochSeconds>();
  for (const entry of told) {
    const key = keyOf(entry);
    if ((ends.get(key) ?? 0) < entry.endsAt) ends.set(key, entry.endsAt);
  }
  const kept = known.filter((entry) => now <= entry.endsAt && (ends.get(keyOf(entry)) ?? 0) < entry.endsAt);
  return [...kept, ...told.filter((entry) => now <= entry.endsAt)];
}

/** For logs, records and refusals: what was revoked and why, in one line. */
export function describeRevocation(entry: Revocation): string {
  return `${nameOf(entry)} was revoked (${entry.reason}, generation ${entry.generation}, until ${entry.endsAt})`;
}

type RevokedCertificate = Extract<Revocation, { readonly kind: 'certificate' }>;

function nameOf(entry: Revocation): string {
  if (entry.kind === 'certificate') return `certificate ${entry.serial}`;
  if (entry.kind === 'lineage') return `lineage ${entry.lineageId}`;
  if (entry.kind === 'frozen-lineage') return `lineage ${entry.lineageId} (frozen by a fork)`;
  if (entry.kind === 'frozen-spiffe-id') return `each lineage of ${entry.spiffeId} (frozen by forks)`;
  if (entry.kind === 'spiffe-id') return entry.spiffeId;
  return `${entry.kind} ${JSON.stringify(entry.value)} of ${JSON.stringify(entry.issuer)}`;
}

/** One name for one thing. A certificate of which only the serial is told takes nothing from who knew its lineage. */
const keyOf = (entry: Revocation): string => targetsOf(entry).join();

/** The kind is the first word, so that no value of one kind can be taken for one of another. */
function targetsOf(entry: Revocation): readonly string[] {
  if (entry.kind === 'certificate') return [`serial ${entry.serial}`, `thumbprint ${entry.thumbprint}`];
  if (entry.kind === 'lineage' || entry.kind === 'frozen-lineage') return [`${entry.kind} ${entry.lineageId}`];
  if (entry.kind === 'spiffe-id' || entry.kind === 'frozen-spiffe-id') return [`${entry.kind} ${entry.spiffeId}`];
  return [tokenTarget(entry.kind, entry.issuer, entry.value)];
}

/** Issuer and value are texts of others: the length keeps `a` + `bc` apart from `ab` + `c`. */
const tokenTarget = (kind: TokenKind, issuer: string, value: string): string =>
  `${kind} ${issuer.length} ${issuer} ${value}`;

function keepLongest(targets: Map<string, Revocation>, target: string, entry: Revocation): void {
  const known = targets.get(target);
  if (known === undefined || known.endsAt < entry.endsAt) targets.set(target, entry);
}

function keepAncestor(ancestors: Map<string, RevokedCertificate[]>, entry: RevokedCertificate): void {
  const known = ancestors.get(entry.lineageId);
  if (known === undefined) ancestors.set(entry.lineageId, [entry]);
  else known.push(entry);
}
