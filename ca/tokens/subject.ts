/**
 * What a subject token proves that was verified by the rules of its own kind: whether it is live, who holds it, and who may carry
 * it on. Pure. Whether somebody may is decided by the rules. An identity of one issuer never becomes that of another: what comes from
 * elsewhere keeps the name of its issuer beside its `sub`, and never looks like a workload or a client of ours.
 * Spec: RFC 8693 sections 2.1 and 4; reference/tokens.md sections 9 and 11.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { describeRevocation, type RevocationIndex } from '../../core/identity/revocation.ts';
import { parseSpiffeId } from '../../core/identity/spiffe-id.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { confirm, jktOf } from '../../core/token/confirmation.ts';
import { isJsonObject, type JsonObject } from '../../core/token/json.ts';
import { isSpiffeName } from '../../core/token/people.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { callerPeer } from './caller-peer.ts';
import { mapClaims, OWN_CLAIMS } from './claim-map.ts';
import type { ProvenSubject } from './desk.ts';
import { currentActor } from './mint.ts';
import type { Registry } from './registry.ts';
import type { TokenRequester } from './requester.ts';
import { OWN_ISSUER } from './subject-settings.ts';
import type { SubjectIssuer, VerifiedSubject } from './verify-subject.ts';

export interface SubjectDeps {
  readonly registry: Pick<Registry, 'hasClient'>;
  readonly revocations: Pick<RevocationIndex, 'ofToken' | 'ofPeer' | 'ofPredecessor'>;
  /** The `iss` of our tokens. */
  readonly issuer: string;
  readonly now: EpochSeconds;
}

/** `act` in the result, the new level included. */
const ACTORS_MOST = 4;

/** A token, and by whom it came. */
export interface ShownSubject extends VerifiedSubject {
  readonly requester: TokenRequester;
  /** As `isBoundElsewhere` says. */
  readonly isBoundElsewhere: boolean;
}

/** What the token proves for this requester. Refuses: GRANT_SUBJECT. */
export function proveSubject(
  shown: ShownSubject,
  deps: Pick<SubjectDeps, 'registry' | 'issuer'>,
): Outcome<ProvenSubject> {
  const { token, issuer, requester } = shown;
  for (const check of [checkSubject, checkActors, checkMayAct]) {
    const sound = check(token, { issuer, requester, deps });
    if (!sound.ok) return sound;
  }
  const mapped = issuer.kind === 'own' ? ownClaims(token) : mapClaims(token.claims, issuer.map);
  if (!mapped.ok) return mapped;
  const { scopes, claims } = mapped.value;
  const act = token.claims['act'];
  return admit({
    label: token.label,
    rule: {
      issuer: token.issuer,
      audience: token.audience,
      scopes: [...new Set([...token.scopes, ...scopes])],
      isBoundElsewhere: shown.isBoundElsewhere,
    },
    mint: {
      subject: token.subject ?? '',
      actors: isJsonObject(act) ? withoutOthers(act) : undefined,
      origins: issuer.kind === 'own' ? token.origins : [],
      expiresAt: token.expiresAt,
      claims: issuer.kind === 'oidc' || issuer.kind === 'kubernetes' ? { ...claims, sub_iss: token.iss } : claims,
    },
  });
}

/** Whether the requester is who the token is bound to. Refuses: GRANT_SUBJECT for a `cnf` that cannot be read. */
export function isBoundElsewhere(
  token: VerifiedToken,
  requester: TokenRequester,
  { revocations, now }: Pick<SubjectDeps, 'revocations' | 'now'>,
): Outcome<boolean> {
  if (token.confirmation === undefined) return admit(false);
  const { workload, jkt } = requester;
  const proof = jkt === undefined || jktOf(token) === undefined ? undefined : admit({ jkt, jti: '', issuedAt: now });
  if (workload === undefined) {
    // Bound to a key alone: nothing but the proof of that key, shown at this request, can hold.
    const isKey = isJsonObject(token.confirmation) && Object.keys(token.confirmation).join() === 'jkt';
    return admit(!isKey || jktOf(token) !== jkt);
  }
  const held = confirm(token, callerPeer(workload), { lineage: true, revocations, now, proof });
  if (held.ok) return admit(false);
  const { code, detail } = held.refusal;
  return code === 'BINDING_MALFORMED' || code === 'BINDING_UNKNOWN'
    ? refuse('GRANT_SUBJECT', `${code}, ${detail}`)
    : admit(true);
}

interface Context {
  readonly issuer: SubjectIssuer;
  readonly requester: TokenRequester;
  readonly deps: Pick<SubjectDeps, 'registry' | 'issuer'>;
}

/** Neither the token is revoked, nor a workload that it names, nor the certificate that it is bound to: who is stopped acts through
 *  nobody else either. Refuses: GRANT_SUBJECT. */
export function checkLive(
  token: VerifiedToken,
  { revocations, now }: Pick<SubjectDeps, 'revocations' | 'now'>,
): Outcome<void> {
  const { subject, actors, confirmation } = token;
  const bound = isJsonObject(confirmation) ? confirmation['x5t#S256'] : undefined;
  const thumbprintText = typeof bound === 'string' ? bound : '';
  let found = revocations.ofToken({ ...token, subject }, now);
  for (const name of [subject, ...actors]) {
    const id = name === undefined ? undefined : parseSpiffeId(name);
    if (id?.ok !== true) continue;
    found ??= revocations.ofPeer({ id: id.value, serial: '', thumbprintText, lineage: undefined }, now);
  }
  return found === undefined ? admit(undefined) : refuse('GRANT_SUBJECT', describeRevocation(found));
}

/** RFC 9700 section 4.15: who comes from elsewhere is never mistaken for a workload or a client. */
function checkSubject({ subject, issuer: name }: VerifiedToken, { issuer, deps }: Context): Outcome<void> {
  if (subject === undefined) return refuse('GRANT_SUBJECT', `token of ${name} without sub`);
  if (issuer.kind === 'own' || issuer.kind === 'jwtSvid') return admit(undefined);
  if (isSpiffeName(subject)) return refuse('GRANT_SUBJECT', `sub of ${name} looks like a SPIFFE ID`);
  if (deps.registry.hasClient(subject)) return refuse('GRANT_SUBJECT', `sub of ${name} is the id of a client`);
  return admit(undefined);
}

/** A chain that others wrote is kept only where the operator said that they are believed (authorizer#658). */
function checkActors({ actors, claims, issuer: name }: VerifiedToken, { issuer, requester }: Context): Outcome<void> {
  if (claims['act'] !== undefined && issuer.kind !== 'own' && !issuer.actors)
    return refuse('GRANT_SUBJECT', `token of ${name} with act, whose actors are not believed`);
  const others = actors[0] === currentActor(requester) ? actors.length - 1 : actors.length;
  return others < ACTORS_MOST
    ? admit(undefined)
    : refuse('GRANT_SUBJECT', `act of ${others} levels, and at most ${ACTORS_MOST} with the new one`);
}

/** RFC 8693 section 4.4, whether or not an actor token came (keycloak#52691). */
function checkMayAct({ claims }: VerifiedToken, { requester, deps: { issuer } }: Context): Outcome<void> {
  const may = claims['may_act'];
  if (may === undefined) return admit(undefined);
  const names = [requester.workload?.id.uri, requester.client?.id];
  if (isJsonObject(may) && typeof may['sub'] === 'string' && names.includes(may['sub'])) {
    if (may['iss'] === undefined || may['iss'] === issuer) return admit(undefined);
  }
  return refuse('GRANT_SUBJECT', 'may_act names somebody else');
}

/** What was carried on once is carried on again; a chain of exchanges forgets nobody. */
function ownClaims({
  claims,
}: VerifiedToken): Outcome<{ readonly scopes: readonly string[]; readonly claims: JsonObject }> {
  const carried = Object.entries(claims).filter(([name]) => CARRIED.includes(name) || !OWN_CLAIMS.includes(name));
  return admit({ scopes: [], claims: Object.fromEntries(carried) });
}

const CARRIED = ['sub_iss', 'acr', 'amr', 'auth_time'];

/** Of each level the name alone: no `exp`, `aud` or `cnf` belongs in there (RFC 8693 section 4.1). */
function withoutOthers({ sub, act }: JsonObject): JsonObject {
  return { sub: sub ?? '', ...(isJsonObject(act) ? { act: withoutOthers(act) } : {}) };
}

/** Whether the token is one of ours. */
export const isOwn = ({ issuer }: VerifiedToken): boolean => issuer === OWN_ISSUER;
