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
import type { VerifiedToken } from './verified-token.ts';

/** A peer together with its token: the proof of this room. */
export interface Caller {
  readonly peer: Peer;
  /** Undefined only where the route lets a request without a credential through (`optional`, `report`). */
  readonly token: VerifiedToken | undefined;
  /** What ties the token to the peer. */
  readonly binding: 'x5t#S256' | 'identity' | 'none';
}

/** How a route wants a request to prove itself. `report` admits all that `required` would refuse; its caller asks for
 *  both and records the difference. */
export type BindingMode = 'required' | 'identity' | 'optional' | 'report';

/** Gives the caller if the token was issued to this very peer, or where the mode allows less.
 *  A `cnf` that is there is enforced in every mode but `report`.
 *  Refuses: TOKEN_ABSENT | BINDING_ABSENT | BINDING_MALFORMED | BINDING_UNKNOWN | BINDING_MISMATCH | BINDING_ACTOR.
 *  Cost: one digest compare in constant time. */
export function bind(token: VerifiedToken | undefined, peer: Peer, mode: BindingMode): Outcome<Caller> {
  if (mode !== 'report') return bindStrictly(token, peer, mode);
  const strict = bindStrictly(token, peer, 'required');
  return strict.ok ? strict : admit({ peer, token, binding: 'none' });
}

function bindStrictly(
  token: VerifiedToken | undefined,
  peer: Peer,
  mode: Exclude<BindingMode, 'report'>,
): Outcome<Caller> {
  if (token === undefined) {
    if (mode === 'optional') return admit({ peer, token, binding: 'none' });
    return refuse('TOKEN_ABSENT', `peer ${peer.id.uri}`);
  }
  const { confirmation } = token;
  if (confirmation !== undefined) {
    const confirmed = checkConfirmation(confirmation, peer);
    if (!confirmed.ok) return confirmed;
  } else if (mode === 'required') {
    return refuse('BINDING_ABSENT', `token ${token.label} of issuer ${token.issuer}`);
  }
  if (mode === 'identity' && token.actor !== peer.id.uri) {
    return refuse('BINDING_ACTOR', `token ${token.label}: actor ${token.actor ?? 'none'}, peer ${peer.id.uri}`);
  }
  if (confirmation !== undefined) return admit({ peer, token, binding: 'x5t#S256' });
  return admit({ peer, token, binding: mode === 'identity' ? 'identity' : 'none' });
}

/** All members must be ones that are checked here, at least one must be there, and all must hold. */
function checkConfirmation(confirmation: JsonValue, peer: Peer): Outcome<void> {
  if (!isJsonObject(confirmation)) return refuse('BINDING_MALFORMED', 'cnf is not an object');
  const unknown = Object.keys(confirmation).filter((name) => name !== THUMBPRINT);
  if (unknown.length > 0) return refuse('BINDING_UNKNOWN', `cnf members ${listOf(unknown)}`);
  const expected = confirmation[THUMBPRINT];
  if (expected === undefined) return refuse('BINDING_UNKNOWN', 'cnf is empty');
  const digest = typeof expected === 'string' && expected.length === DIGEST_LENGTH && decodeBase64url(expected);
  if (!digest) return refuse('BINDING_MALFORMED', 'x5t#S256 is not 43 characters of canonical base64url');
  if (timingSafeEqual(digest, peer.thumbprint)) return admit(undefined);
  return refuse('BINDING_MISMATCH', `bound to ${expected}, peer ${peer.id.uri} shows ${peer.thumbprintText}`);
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
