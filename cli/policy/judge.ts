/** Decides a case by the policy as the sidecar does, and says why: which rule decided, and what each rule would have wanted. Pure. */
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Caller } from '../../core/token/bind.ts';
import { unmetBy } from '../../sidecar/policy/criteria.ts';
import { findRule, Permit } from '../../sidecar/policy/permit.ts';
import { type Policy, type RequestFacts, routeOf } from '../../sidecar/policy/policy.ts';

export interface Judged {
  readonly verdict: 'admit' | 'refuse';
  /** The first rule that matches, whatever it says. */
  readonly rule: string | undefined;
  readonly refusal: Refusal | undefined;
  /** How the route wants the request to prove itself. */
  readonly binding: string;
  /** In the order of the file: criteria that do not hold. */
  readonly rules: readonly { readonly id: string; readonly unmet: readonly string[] }[];
}

/** Rates are not counted: a case is one request. */
export function judge(policy: Policy, caller: Caller, request: RequestFacts): Judged {
  const decided = Permit.decide(caller, request, policy.rules);
  return {
    verdict: decided.ok ? 'admit' : 'refuse',
    rule: findRule(policy.rules, caller, request)?.id,
    refusal: decided.ok ? undefined : decided.refusal,
    binding: routeOf(policy.routes, request).binding,
    rules: policy.rules.map((rule) => ({ id: rule.id, unmet: unmetBy(rule, caller, request) })),
  };
}
