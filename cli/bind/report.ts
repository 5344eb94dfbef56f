/** A ruling as `cleat bind` tells it: identifiers, never a token or a key. Pure. */
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { clauseOfBinding, clauseOfRefusal } from './clauses.ts';
import type { Ruling } from './trial.ts';

/** Gives the members in the order in which they are printed; what is not known is left out. */
export function reportOf(ruling: Ruling): Readonly<Record<string, unknown>> {
  const report = ruling.verdict === 'accept' ? ofAccept(ruling) : ofRefusal(ruling);
  return Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined));
}

function ofAccept({ caller, rule, reported }: Extract<Ruling, { verdict: 'accept' }>): Record<string, unknown> {
  return {
    verdict: 'accept',
    rule,
    binding: caller.binding,
    clause: clauseOfBinding(caller.binding),
    reported: reported?.code,
    peer: caller.peer.id.uri,
    thumbprint: caller.peer.thumbprintText,
    ...ofToken(caller.token),
  };
}

function ofRefusal({ refusal, answer, peer, token }: Extract<Ruling, { verdict: 'refuse' }>): Record<string, unknown> {
  const challenges = answer?.fields.filter(({ name }) => name === 'WWW-Authenticate').map(({ value }) => value);
  return {
    verdict: 'refuse',
    code: refusal.code,
    clause: clauseOfRefusal(refusal.code),
    detail: refusal.detail,
    status: answer?.status ?? 'none: the connection ends before a request',
    challenge: challenges?.length === 0 ? undefined : challenges,
    peer: peer?.id.uri,
    thumbprint: peer?.thumbprintText,
    ...ofToken(token),
  };
}

function ofToken(token: VerifiedToken | undefined): Record<string, unknown> {
  if (token === undefined) return {};
  return {
    issuer: token.issuer,
    token: token.label,
    subject: token.subject,
    actors: token.actors,
    scopes: token.scopes,
  };
}
