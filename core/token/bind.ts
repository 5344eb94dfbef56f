/**
 * Takes a verified token and the peer of this connection, gives the caller.
 * Decides nothing about rights; never looks at a header.
 *
 * A token has two ties to a peer. Its `cnf` (`confirmation.ts`): what is there is enforced in every mode. And its current
 * actor (RFC 8693 section 4.1: `act.sub`, else `client_id`, `azp`, `sub`):
 * - One that is a SPIFFE ID names a workload, so it must be the peer in every mode. Our CA always writes one where it saw a
 *   certificate. It ends what a bad issuer or a wrong `cnf` could do, and holds for an unbound token on a route that is
 *   `optional`: whoever shows a token of another workload has it from there.
 * - Any other (a client, a user) is compared in mode `identity` alone, where it can never equal a peer: such a token is
 *   admitted there only by an `act` that names the workload. A DPoP token of a client without a workload names none.
 * Deeper levels of `act` are history: policy may read them, nothing is bound to them; claims allow four.
 * In mode `report` a breach of either is what is reported.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import type { Peer } from '../identity/peer.ts';
import { type Confirmed, confirm, type ConfirmTerms } from './confirmation.ts';
import { isSpiffeName } from './people.ts';
import type { VerifiedToken } from './verified-token.ts';

/** One way in which a token was proved to be the peer's. */
export type Proof = Confirmed | 'identity';

/** A peer together with its token: the proof of this room. */
export interface Caller {
  readonly peer: Peer;
  /** Undefined only where the route lets a request without a credential through (`optional`, `report`). */
  readonly token: VerifiedToken | undefined;
  /** What ties the token to the peer, in one word: the first of `proofs`, `jkt` for both ways of it. */
  readonly binding: 'x5t#S256' | 'lineage' | 'jkt' | 'jwk' | 'identity' | 'none';
  /** All that held. */
  readonly proofs: readonly Proof[];
}

/** How a route wants a request to prove itself. `report` admits all that `required` would refuse; its caller asks for
 *  both and records the difference. */
export type BindingMode = 'required' | 'identity' | 'optional' | 'report';

/** On what terms a route and this moment let a token be used. */
export interface BindingTerms extends ConfirmTerms {
  readonly mode: BindingMode;
}

/** Gives the caller if the token was issued to this very peer or, by lineage, to its predecessor, or where the mode allows
 *  less. A `cnf` that is there is enforced in every mode but `report`.
 *  Refuses: TOKEN_ABSENT | BINDING_ABSENT | BINDING_ACTOR, and as `confirm` does. */
export function bind(token: VerifiedToken | undefined, peer: Peer, terms: BindingTerms): Outcome<Caller> {
  const strict = bindStrictly(token, peer, terms);
  return strict.ok || terms.mode !== 'report' ? strict : admit(unproved(token, peer));
}

/** `report` is judged as `required`. */
function bindStrictly(token: VerifiedToken | undefined, peer: Peer, terms: BindingTerms): Outcome<Caller> {
  const { mode } = terms;
  if (token === undefined) {
    return mode === 'optional' ? admit(unproved(token, peer)) : refuse('TOKEN_ABSENT', `peer ${peer.id.uri}`);
  }
  const confirmed = confirm(token, peer, terms);
  if (!confirmed.ok) return confirmed;
  if (confirmed.value.length === 0 && (mode === 'required' || mode === 'report')) {
    return refuse('BINDING_ABSENT', `token ${token.label} of issuer ${token.issuer}`);
  }
  if (token.actor !== peer.id.uri && (mode === 'identity' || isSpiffeName(token.actor))) {
    return refuse('BINDING_ACTOR', `token ${token.label}: actor ${token.actor ?? 'none'}, peer ${peer.id.uri}`);
  }
  const proofs: readonly Proof[] = mode === 'identity' ? [...confirmed.value, 'identity'] : confirmed.value;
  return admit({ peer, token, binding: wordFor(proofs[0]), proofs });
}

const NO_PROOFS: readonly Proof[] = Object.freeze([]);

const unproved = (token: VerifiedToken | undefined, peer: Peer): Caller => ({
  peer,
  token,
  binding: 'none',
  proofs: NO_PROOFS,
});

function wordFor(proof: Proof | undefined): Caller['binding'] {
  return proof === 'dpop' || proof === 'jkt-tls' ? 'jkt' : (proof ?? 'none');
}
