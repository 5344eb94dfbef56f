/** Decides a case by the policy as the sidecar does, and says why: which rule decided, and what each rule would have wanted. Pure. */
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Caller } from '../../core/token/bind.ts';
import { unmetBy } from '../../sidecar/policy/criteria.ts';
import { findRule, Permit } from '../../sidecar/policy/permit.ts';
import { hasNeedlessEscape } from '../../sidecar/policy/path-pattern.ts';
import { type Policy, type RequestFacts, routeOf } from '../../sidecar/policy/policy.ts';

export interface Judged {
  readonly verdict: 'admit' | 'refuse';
  /** The first rule that matches, whatever it says; none where the path is refused before any rule is tried. */
  readonly rule: string | undefined;
  readonly refusal: Refusal | undefined;
  /** How the route wants the request to prove itself. */
  readonly binding: string;
  /** In the order of the file: criteria that do not hold. */
  readonly rules: readonly { readonly id: string; readonly unmet: readonly string[] }[];
}

/** Rates are not counted: a case is one request. */
export function judge(policy: Policy, caller: Caller, request: RequestFacts): Judged {
  const isRefusedFirst = hasNeedlessEscape(request.path);
  const decided = Permit.decide(caller, request, policy.rules);
  return {
    verdict: decided.ok ? 'admit' : 'refuse',
    rule: isRefusedFirst ? undefined : findRule(policy.rules, caller, request)?.id,
    refusal: decided.ok ? undefined : decided.refusal,
    binding: routeOf(policy.routes, request).binding,
    rules: policy.rules.map((rule) => {
      const unmet = unmetBy(rule, caller, request);
      return { id: rule.id, unmet: isRefusedFirst ? [...new Set(['paths', ...unmet])] : unmet };
    }),
  };
}
