/**
 * How a case is written down: its input, and what the standards demand, by hand. Nothing here asks our own code what it answers.
 */
import type { Code } from '../../../core/fault/catalog.ts';

/** What a case gives to a verifier; all else is the default of the world. */
export interface Input {
  /** Goes into `Authorization: Bearer`. */
  readonly token?: string;
  /** All fields, in place of `token`. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /** DER, leaf first; null: no client certificate. Default: the leaf of the agent. */
  readonly chain?: readonly Buffer[] | null;
  /** Address of the client. */
  readonly from?: string;
  readonly now?: number;
  readonly method?: string;
  readonly target?: string;
  /** Name of settings; default those of the topic. */
  readonly settings?: string;
  readonly state?: object;
}

export interface Expected {
  readonly verdict: 'accept' | 'refuse' | 'either';
  readonly status: number | null;
  readonly scheme: string | null;
  readonly error: string | null;
  readonly method: string | null;
}

export interface Definition {
  readonly comment: string;
  readonly clauses: readonly string[];
  /** The one defect. */
  readonly flags: readonly string[];
  readonly input: Input;
  readonly expect: Expected;
  /** How Cleat names the reason of the refusal: no part of the format. */
  readonly code?: Code;
}

export interface Topic {
  readonly topic: string;
  /** Name -> settings; the first is the default. */
  readonly settings: Readonly<Record<string, object>>;
  readonly cases: readonly Definition[];
}

const refusal = (status: number | null, scheme: string | null, error: string | null): Expected => ({
  verdict: 'refuse',
  status,
  scheme,
  error,
  method: null,
});

/** What a refused client is told. */
export const TOLD = {
  invalidToken: refusal(401, 'Bearer', 'invalid_token'),
  /** A challenge without an error: RFC 6750 section 3.1. */
  challenge: refusal(401, 'Bearer', null),
  invalidRequest: refusal(400, null, null),
  forbidden: refusal(403, null, null),
  scope: refusal(403, 'Bearer', 'insufficient_scope'),
  /** RFC 9470 section 3. */
  login: refusal(401, 'Bearer', 'insufficient_user_authentication'),
  unavailable: refusal(503, null, null),
  /** The connection ends: there may be no answer at all. */
  connection: refusal(null, null, null),
  dpopToken: refusal(401, 'DPoP', 'invalid_token'),
  proof: refusal(401, 'DPoP', 'invalid_dpop_proof'),
  nonce: refusal(401, 'DPoP', 'use_dpop_nonce'),
  /** Refused, but the standards do not say in which words. */
  somehow: refusal(null, null, null),
} as const;

/** A case that is accepted. */
export function good(comment: string, clause: string, method: string, input: Input = {}): Definition {
  const expect = { verdict: 'accept', status: null, scheme: null, error: null, method } as const;
  return { comment, clauses: [clause], flags: [], input, expect };
}

/** Why a case is refused, and what its client is told. */
export interface Reason {
  readonly flag: string;
  readonly clause: string;
  readonly code: Code;
  /** Default: 401 and `invalid_token`. */
  readonly told?: Expected;
}

/** A case that is refused. */
export function bad(
  { flag, clause, code, told = TOLD.invalidToken }: Reason,
  comment: string,
  input: Input,
): Definition {
  return { comment, clauses: [clause], flags: [flag], input, expect: told, code };
}

/** A case that the standards leave open; the comment says why. */
export function open(comment: string, clause: string, input: Input): Definition {
  const expect = { verdict: 'either', status: null, scheme: null, error: null, method: null } as const;
  return { comment, clauses: [clause], flags: ['Open'], input, expect };
}
