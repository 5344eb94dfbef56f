/**
 * From what was proved to a SPIFFE ID, by the rules of one attestor: the first rule that matches decides, none refuses. Pure.
 * A name that the CA keeps for itself, or that is no path, is never given, whatever the rule says.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { type Captured, matchTemplate, type NameTemplate, renderPath } from '../../core/identity/name-template.ts';
import { type SpiffeId, spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { isReserved } from '../policy/reserved.ts';

/** One thing that a rule demands of what was proved. */
export interface Condition {
  readonly template: NameTemplate;
  /** What was proved of this kind. */
  readonly values: readonly string[];
}

export interface NameRule {
  /** All must hold; their placeholders have different names. */
  readonly conditions: readonly Condition[];
  readonly path: NameTemplate;
}

export interface NamedBy<R> {
  readonly rule: R;
  readonly id: SpiffeId;
  /** The value that each condition matched, in their order. */
  readonly matched: readonly string[];
}

/** The name, by the first rule that matches. Refuses with `code`: no rule matches, two values match one template, or the
 *  path that comes out is no SPIFFE path or is reserved. No later rule is tried then. */
export function nameByRule<R extends NameRule>(
  rules: readonly R[],
  trustDomain: TrustDomain,
  code: 'ATTEST_X509' | 'ATTEST_OIDC',
): Outcome<NamedBy<R>> {
  for (const rule of rules) {
    const found = rule.conditions.map(matchesOf);
    if (found.some((matches) => matches.length === 0)) continue;
    if (found.some((matches) => matches.length > 1)) return refuse(code, 'two values match one template of the rule');
    const matches = found.flat();
    const captured = new Map(matches.flatMap((match) => [...match.captured]));
    const id = idOf(rule.path, captured, trustDomain);
    if (id === undefined) return refuse(code, `rule for ${rule.path.text} gives no name that may be issued`);
    return admit({ rule, id, matched: matches.map(({ value }) => value) });
  }
  return refuse(code, 'no rule names it');
}

function matchesOf({
  template,
  values,
}: Condition): readonly { readonly value: string; readonly captured: Captured }[] {
  return [...new Set(values)].flatMap((value) => {
    const captured = matchTemplate(template, value);
    return captured === undefined ? [] : [{ value, captured }];
  });
}

function idOf(path: NameTemplate, captured: Captured, trustDomain: TrustDomain): SpiffeId | undefined {
  const rendered = renderPath(path, captured);
  const id = rendered.ok ? spiffeIdOf(trustDomain, rendered.value) : rendered;
  return id.ok && !isReserved(id.value) ? id.value : undefined;
}
