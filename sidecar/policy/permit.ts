/**
 * Takes a caller and the facts of a request, gives the permit or says no. It looks at nothing else: no header, no clock,
 * no network. Spec: DESIGN section 6 "Policy"; scope refusals: RFC 6750 section 3.1.
 */
import { admit, type Outcome, type Refusal, refuse } from '../../core/fault/refusal.ts';
import type { Caller } from '../../core/token/bind.ts';
import { CRITERIA, unmetBy } from './criteria.ts';
import { checkLogin } from './login.ts';
import { hasNeedlessEscape } from './path-pattern.ts';
import type { RequestFacts, Rule } from './policy.ts';

/** A refusal that says which scopes would have been enough: RFC 6750 section 3.1 lets the challenge name them. */
export interface ScopeRefusal extends Refusal {
  readonly code: 'POLICY_SCOPE';
  readonly scopes: readonly string[];
}

/** Proof that policy admitted one request. Only `decide` can make it; the forwarder demands it. */
export class Permit {
  readonly #caller: Caller;
  /** The id of the rule that admitted. */
  readonly rule: string;

  private constructor(caller: Caller, rule: string) {
    this.#caller = caller;
    this.rule = rule;
  }

  get caller(): Caller {
    return this.#caller;
  }

  /** The permit of the first rule that matches. Once one matched no later rule is tried, whatever it says. `count` is asked last, for
   *  a rule with a rate: what is refused is not counted.
   *  Refuses: POLICY_NO_RULE | POLICY_DENIED | POLICY_SCOPE (a `ScopeRefusal`) | POLICY_LOGIN (a `LoginRefusal`) | POLICY_RATE.
   *  Cost: one pass over the rules. */
  static decide(
    caller: Caller,
    facts: RequestFacts & { readonly count?: ((rule: Rule, caller: Caller) => Outcome<void>) | undefined },
    rules: readonly Rule[],
  ): Outcome<Permit> {
    if (hasNeedlessEscape(facts.path)) return refuse('POLICY_NO_RULE', 'the path escapes an unreserved character');
    const rule = findRule(rules, caller, facts);
    if (rule === undefined) return refuse('POLICY_NO_RULE', closest(rules, caller, facts));
    if (rule.deny) return refuse('POLICY_DENIED', `rule ${rule.id}`);
    const missing = rule.scopes.filter((scope) => !(caller.token?.scopes.includes(scope) ?? false));
    if (missing.length > 0) return { ok: false, refusal: lacking(rule, missing) };
    const login = rule.login && checkLogin(rule.login, { rule: rule.id, token: caller.token, now: facts.now });
    if (login?.ok === false) return login;
    const counted = rule.rate && facts.count?.(rule, caller);
    if (counted?.ok === false) return counted;
    return admit(new Permit(caller, rule.id));
  }
}

/** The rule that decides about a request: the first that matches. */
export function findRule(rules: readonly Rule[], caller: Caller, facts: RequestFacts): Rule | undefined {
  return rules.find((rule) => CRITERIA.every((criterion) => criterion.holds(rule, caller, facts)));
}

/** The scopes that a refusal by policy names, if it names some. */
export function scopesOf(refusal: Refusal): readonly string[] {
  return isScopeRefusal(refusal) ? refusal.scopes : [];
}

/** For the operator: the rule that failed on the fewest criteria, and on which. */
function closest(rules: readonly Rule[], caller: Caller, facts: RequestFacts): string {
  const misses = rules.map((rule) => ({ id: rule.id, failed: unmetBy(rule, caller, facts) }));
  const [nearest] = misses.sort((a, b) => a.failed.length - b.failed.length);
  if (nearest === undefined) return 'the policy has no rules';
  return `closest rule ${nearest.id} does not match in: ${nearest.failed.join(', ')}`;
}

function lacking(rule: Rule, missing: readonly string[]): ScopeRefusal {
  return { code: 'POLICY_SCOPE', detail: `rule ${rule.id} demands ${missing.join(' ')}`, scopes: rule.scopes };
}

function isScopeRefusal(refusal: Refusal): refusal is ScopeRefusal {
  return refusal.code === 'POLICY_SCOPE' && 'scopes' in refusal;
}
