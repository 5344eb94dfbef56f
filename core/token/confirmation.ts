/**
 * Whether the `cnf` of a token holds for the peer of this connection: each of its members must be one that is checked here,
 * and each must hold. Never fetches what a member points to: `jku`, `jwe` and `kid` prove nothing by themselves.
 * Spec: RFC 7800 section 3, RFC 8705 section 3.1, RFC 9449 section 6. RFC 7800 would ignore unknown members; here they
 * are refused, since ignoring them is how bound tokens become bearer tokens.
 */
import { timingSafeEqual } from 'node:crypto';

import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import type { Peer } from '../identity/peer.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { readPublicKey } from './key-set.ts';
import { acceptPredecessor, type AcceptTerms } from './lineage.ts';
import { type DpopProof, otherKey } from './proof.ts';
import { readDigest, thumbprintOf } from './thumbprint.ts';
import type { VerifiedToken } from './verified-token.ts';

/** By what a token was proved to belong to the peer. */
export type Confirmed = 'x5t#S256' | 'lineage' | 'dpop' | 'jkt-tls' | 'jwk';

/** On what terms this moment lets a token be used. */
export interface ConfirmTerms extends AcceptTerms {
  /** What came of the DPoP proof, where the scheme is `DPoP`; undefined where it is `Bearer`. */
  readonly proof?: Outcome<DpopProof> | undefined;
}

/** Gives all that holds, in the order of `x5t#S256`, `jkt`, `jwk`; empty only for a token without `cnf`.
 *  Refuses: BINDING_MALFORMED | BINDING_UNKNOWN | BINDING_MISMATCH | BINDING_NEWER | BINDING_PROOF_ABSENT |
 *  BINDING_PROOF_KEY, and what the proof was refused by. Cost of `x5t#S256`: one compare in constant time, seldom four. */
export function confirm(token: VerifiedToken, peer: Peer, terms: ConfirmTerms): Outcome<readonly Confirmed[]> {
  const { confirmation } = token;
  if (confirmation === undefined) return unlessProved(terms, NOTHING);
  const members = readMembers(confirmation);
  if (!members.ok) return members;
  const held: Confirmed[] = [];
  for (const check of CHECKS) {
    const holds = check(members.value, { token, peer, terms });
    if (!holds.ok) return holds;
    if (holds.value !== undefined) held.push(holds.value);
  }
  return members.value.jkt === undefined ? unlessProved(terms, held) : admit(held);
}

/** The `cnf.jkt` of a token that wants a proof by DPoP; undefined where it has none. */
export function jktOf({ confirmation }: VerifiedToken): string | undefined {
  const jkt = isJsonObject(confirmation) ? confirmation['jkt'] : undefined;
  return typeof jkt === 'string' ? jkt : undefined;
}

/** By which member a token is bound, in one word for logs and metrics: the first that is checked here, else `none`. */
export function boundBy(token: VerifiedToken | undefined): string {
  const confirmation = token?.confirmation;
  return (isJsonObject(confirmation) ? KNOWN.find((name) => name in confirmation) : undefined) ?? 'none';
}

/** RFC 9449 section 7.1: the scheme says that the token is bound to the key of the proof. One that is not is another's. */
function unlessProved<T>({ proof }: ConfirmTerms, held: T): Outcome<T> {
  return proof === undefined
    ? admit(held)
    : refuse('BINDING_PROOF_KEY', 'scheme DPoP, and the token is bound to no key (jkt)');
}

const NOTHING: readonly Confirmed[] = Object.freeze([]);

/** The members, each in its right form. */
interface Members {
  readonly certificate: Buffer | undefined;
  readonly jkt: Buffer | undefined;
  /** RFC 7638 thumbprint of `jwk`. */
  readonly jwk: string | undefined;
}

const KNOWN: readonly string[] = ['x5t#S256', 'jkt', 'jwk'];

/** All forms are looked at before anything is compared: a `cnf` that is half read is not one that holds. */
function readMembers(confirmation: JsonValue): Outcome<Members> {
  if (!isJsonObject(confirmation)) return refuse('BINDING_MALFORMED', 'cnf is not an object');
  const names = Object.keys(confirmation);
  const unknown = names.filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) return refuse('BINDING_UNKNOWN', `cnf members ${listOf(unknown)}`);
  if (names.length === 0) return refuse('BINDING_UNKNOWN', 'cnf is empty');
  const certificate = readThumbprint(confirmation, 'x5t#S256');
  if (!certificate.ok) return certificate;
  const jkt = readThumbprint(confirmation, 'jkt');
  if (!jkt.ok) return jkt;
  const jwk = readKey(confirmation['jwk']);
  return jwk.ok ? admit({ certificate: certificate.value, jkt: jkt.value, jwk: jwk.value }) : jwk;
}

function readThumbprint(confirmation: JsonObject, name: string): Outcome<Buffer | undefined> {
  const text = confirmation[name];
  if (text === undefined) return admit(undefined);
  const digest = readDigest(text);
  return digest ? admit(digest) : refuse('BINDING_MALFORMED', `${name} is not 43 characters of canonical base64url`);
}

function readKey(jwk: JsonValue | undefined): Outcome<string | undefined> {
  if (jwk === undefined) return admit(undefined);
  const read = readPublicKey(jwk);
  return typeof read === 'string' ? refuse('BINDING_MALFORMED', `jwk: ${read}`) : admit(thumbprintOf(read.key));
}

interface Presented {
  readonly token: VerifiedToken;
  readonly peer: Peer;
  readonly terms: ConfirmTerms;
}

/** What a member proves; undefined where it is absent. */
type Check = (members: Members, presented: Presented) => Outcome<Confirmed | undefined>;

const checkCertificate: Check = ({ certificate }, { token, peer, terms }) => {
  if (certificate === undefined) return admit(undefined);
  if (timingSafeEqual(certificate, peer.thumbprint)) return admit('x5t#S256');
  const accepted = acceptPredecessor({ token, thumbprint: certificate }, peer, terms);
  if (accepted.ok) return admit('lineage');
  const { code, detail } = accepted.refusal;
  const bound = certificate.toString('base64url');
  return refuse(code, `bound to ${bound}, peer ${peer.id.uri} shows ${peer.thumbprintText}; ${detail}`);
};

const checkJkt: Check = ({ jkt }, { token, peer, terms: { proof } }) => {
  if (jkt === undefined) return admit(undefined);
  if (proof !== undefined) return byProof(jkt, proof);
  if (token.rules.jkt === 'tls') return byPeerKey(jkt.toString('base64url'), peer, 'jkt-tls');
  return refuse('BINDING_PROOF_ABSENT', `token ${token.label} has a jkt, and came as Bearer`);
};

function byProof(jkt: Buffer, proof: Outcome<DpopProof>): Outcome<Confirmed> {
  if (!proof.ok) return proof;
  const bound = jkt.toString('base64url');
  return proof.value.jkt === bound ? admit('dpop') : refuse('BINDING_PROOF_KEY', otherKey(bound, proof.value.jkt));
}

/** The signature of the handshake (CertificateVerify) is the proof of possession. */
const checkJwk: Check = ({ jwk }, { peer }) => (jwk === undefined ? admit(undefined) : byPeerKey(jwk, peer, 'jwk'));

function byPeerKey(bound: string, peer: Peer, how: 'jwk' | 'jkt-tls'): Outcome<Confirmed> {
  const shown = peer.keyThumbprint();
  if (shown === bound) return admit(how);
  return refuse('BINDING_MISMATCH', `bound to the key ${bound}, that of peer ${peer.id.uri} is ${shown ?? 'none'}`);
}

const CHECKS: readonly Check[] = [checkCertificate, checkJkt, checkJwk];

/** Names chosen by the issuer: bounded before they go to the log. */
function listOf(names: readonly string[]): string {
  return names
    .slice(0, 8)
    .map((name) => JSON.stringify(name.slice(0, 32)))
    .join(', ');
}
