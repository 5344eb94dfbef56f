/**
 * How often a rule admits: counted for each caller by its SPIFFE ID, and for each API key or client by the origin of its token; never
 * by token, certificate or connection, which cost nothing to change. The tables are bounded and live as long as the rule.
 */
import { admit, refuseFor, type Outcome } from '../../core/fault/refusal.ts';
import { milliseconds, type Milliseconds } from '../../core/time/units.ts';
import type { Caller } from '../../core/token/bind.ts';
import { createRate, type Rate } from '../../runtime/rate.ts';
import type { RateTerms, Rule } from './policy.ts';

export interface RuleLimits {
  /** Counts one request. Refuses: POLICY_RATE, with the time to come back. */
  take(rule: Rule, caller: Caller, now: Milliseconds): Outcome<void>;
}

const KEYS_MOST = 16_384;

/** Nothing was counted yet. A rule of a policy that was adopted anew begins anew. */
export function createRuleLimits(): RuleLimits {
  const tables = new WeakMap<Rule, { readonly caller: Rate | undefined; readonly origin: Rate | undefined }>();

  function tablesOf(rule: Rule) {
    const known = tables.get(rule);
    if (known !== undefined) return known;
    const made = { caller: tableOf(rule.rate?.perCaller), origin: tableOf(rule.rate?.perOrigin) };
    tables.set(rule, made);
    return made;
  }

  return {
    take(rule, caller, now) {
      if (rule.rate === undefined) return admit(undefined);
      const { caller: callers, origin: origins } = tablesOf(rule);
      const mine = takeFrom(callers, caller.peer.id.uri, { rule, now });
      if (!mine.ok) return mine;
      const origin = originOf(caller);
      // Last, and the one that callers share: whoever is refused for himself spends nothing of it.
      return origin === undefined ? admit(undefined) : takeFrom(origins, origin, { rule, now });
    },
  };
}

const tableOf = (terms: RateTerms | undefined): Rate | undefined =>
  terms && createRate({ perMinute: terms.perMinute, burst: terms.burst, keysMost: KEYS_MOST });

/** The API key where there is one, else the client; of its issuer, since another may write the same name. */
function originOf({ token }: Caller): string | undefined {
  if (token === undefined) return undefined;
  const named = (kind: string) => token.origins.find((origin) => origin.startsWith(kind));
  const origin = named('key:') ?? named('client:');
  return origin && `${token.issuer} ${origin}`;
}

function takeFrom(
  rate: Rate | undefined,
  key: string,
  { rule, now }: { readonly rule: Rule; readonly now: Milliseconds },
): Outcome<void> {
  const wait = rate?.take(key, now) ?? milliseconds(0);
  return wait === 0 ? admit(undefined) : refuseFor(wait, 'POLICY_RATE', `rule ${rule.id}: ${key}, free in ${wait} ms`);
}
