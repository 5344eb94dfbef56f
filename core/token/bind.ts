/**
 * Takes a verified token and the peer of this connection, gives the caller.
 * Decides nothing about rights; never looks at a header; never fetches what a `cnf` points to.
 * Spec: RFC 8705 section 3.1, RFC 7800 section 3. That RFC would ignore unknown members; here they are refused, since
 * ignoring them is how bound tokens become bearer tokens.
 */
import { timingSafeEqual } from 'node:crypto';

import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import type { Peer } from '../identity/peer.ts';
import { decodeBase64url } from './base64url.ts';
import { isJsonObject, type JsonValue } from './json.ts';
import { acceptPredecessor, type AcceptTerms } from './lineage.ts';
import type { VerifiedToken } from './verified-token.ts';

/** A peer together with its token: the proof of this room. */
export interface Caller {
  readonly peer: Peer;
  /** Undefined only where the route lets a request without a credential through (`optional`, `report`). */
  readonly token: VerifiedToken | undefined;
  /** What ties the token to the peer. */
  readonly binding: 'x5t#S256' | 'lineage' | 'identity' | 'none';
}

/** How a route wants a request to prove itself. `report` admits all that `required` would refuse; its caller asks for
 *  both and records the difference. */
export type BindingMode = 'required' | 'identity' | 'optional' | 'report';

/** On what terms a route and this moment let a token be used. */
export interface BindingTerms extends AcceptTerms {
  readonly mode: BindingMode;
}

/** Gives the caller if the token was issued to this very peer or, by lineage, to its predecessor, or where the mode allows
 *  less. A `cnf` that is there is enforced in every mode but `report`.
 *  Refuses: TOKEN_ABSENT | BINDING_ABSENT | BINDING_MALFORMED | BINDING_UNKNOWN | BINDING_MISMATCH | BINDING_NEWER |
 *  BINDING_ACTOR. Cost: one digest compare in constant time, seldom four. */
export function bind(token: VerifiedToken | undefined, peer: Peer, terms: BindingTerms): Outcome<Caller> {
  const strict = bindStrictly(token, peer, terms);
  return strict.ok || terms.mode !== 'report' ? strict : admit({ peer, token, binding: 'none' });
}

/** `report` is judged as `required`. */
function bindStrictly(token: VerifiedToken | undefined, peer: Peer, terms: BindingTerms): Outcome<Caller> {
  const { mode } = terms;
  if (token === undefined) {
    if (mode === 'optional') return admit({ peer, token, binding: 'none' });
    return refuse('TOKEN_ABSENT', `peer ${peer.id.uri}`);
  }
  const confirmed = confirm(token, peer, terms);
  if (!confirmed.ok) return confirmed;
  if (confirmed.value === undefined && (mode === 'required' || mode === 'report')) {
    return refuse('BINDING_ABSENT', `token ${token.label} of issuer ${token.issuer}`);
  }
  if (mode === 'identity' && token.actor !== peer.id.uri) {
    return refuse('BINDING_ACTOR', `token ${token.label}: actor ${token.actor ?? 'none'}, peer ${peer.id.uri}`);
  }
  return admit({ peer, token, binding: confirmed.value ?? (mode === 'identity' ? 'identity' : 'none') });
}

/** How the `cnf` holds, undefined where there is none. */
function confirm(token: VerifiedToken, peer: Peer, terms: AcceptTerms): Outcome<'x5t#S256' | 'lineage' | undefined> {
  if (token.confirmation === undefined) return admit(undefined);
  const thumbprint = readConfirmation(token.confirmation);
  if (!thumbprint.ok) return thumbprint;
  if (timingSafeEqual(thumbprint.value, peer.thumbprint)) return admit('x5t#S256');
  const accepted = acceptPredecessor({ token, thumbprint: thumbprint.value }, peer, terms);
  if (accepted.ok) return admit('lineage');
  const { code, detail } = accepted.refusal;
  const bound = thumbprint.value.toString('base64url');
  return refuse(code, `bound to ${bound}, peer ${peer.id.uri} shows ${peer.thumbprintText}; ${detail}`);
}

/** The thumbprint that the token is bound to: all members must be ones that are checked here, and one must be there. */
function readConfirmation(confirmation: JsonValue): Outcome<Buffer> {
  if (!isJsonObject(confirmation)) return refuse('BINDING_MALFORMED', 'cnf is not an object');
  const unknown = Object.keys(confirmation).filter((name) => name !== THUMBPRINT);
  if (unknown.length > 0) return refuse('BINDING_UNKNOWN', `cnf members ${listOf(unknown)}`);
  const expected = confirmation[THUMBPRINT];
  if (expected === undefined) return refuse('BINDING_UNKNOWN', 'cnf is empty');
  const digest = typeof expected === 'string' && expected.length === DIGEST_LENGTH && decodeBase64url(expected);
  return digest ? admit(digest) : refuse('BINDING_MALFORMED', 'x5t#S256 is not 43 characters of canonical base64url');
}

const THUMBPRINT = 'x5t#S256';
/** SHA-256 in base64url. */
const DIGEST_LENGTH = 43;

/** Names chosen by the issuer: bounded before they go to the log. */
function listOf(names: readonly string[]): string {
  return names
    .slice(0, 8)
    .map((name) => JSON.stringify(name.slice(0, 32)))
    .join(', ');
}
