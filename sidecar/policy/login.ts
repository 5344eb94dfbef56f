/** Whether the user logged in as a rule demands: strongly enough, and not too long ago. Pure. Spec: RFC 9470 sections 3 and 5. */
import { admit, type Outcome, type Refusal } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import type { LoginDemand } from './policy.ts';

/** A refusal that says how to log in: the challenge names it (RFC 9470 section 3). */
export interface LoginRefusal extends Refusal {
  readonly code: 'POLICY_LOGIN';
  readonly demand: LoginDemand;
}

export interface LoginFacts {
  readonly rule: string;
  readonly token: VerifiedToken | undefined;
  readonly now: EpochSeconds | undefined;
}

/** Refuses: POLICY_LOGIN (a `LoginRefusal`). A claim that is not there is none that would do. */
export function checkLogin(demand: LoginDemand, { rule, token, now }: LoginFacts): Outcome<void> {
  const flaw = flawOf(demand, token, now);
  if (flaw === undefined) return admit(undefined);
  const refusal: LoginRefusal = { code: 'POLICY_LOGIN', detail: `rule ${rule}: ${flaw}`, demand };
  return { ok: false, refusal };
}

/** The demand that a refusal by policy names, if it names one. */
export function loginOf(refusal: Refusal): LoginDemand | undefined {
  return isLoginRefusal(refusal) ? refusal.demand : undefined;
}

const isLoginRefusal = (refusal: Refusal): refusal is LoginRefusal =>
  refusal.code === 'POLICY_LOGIN' && 'demand' in refusal;

/** What two clocks may differ by. */
const AHEAD_SECONDS = 60;

function flawOf(
  { acr, amr, maxAge }: LoginDemand,
  token: VerifiedToken | undefined,
  now: EpochSeconds | undefined,
): string | undefined {
  const claims = token?.claims ?? {};
  const { acr: level, amr: methods, auth_time: at } = claims;
  if (acr !== undefined && !(typeof level === 'string' && acr.includes(level)))
    return `acr is none of ${acr.join(' ')}`;
  const missing = amr?.filter((method) => !(Array.isArray(methods) && methods.includes(method))) ?? [];
  if (missing.length > 0) return `amr lacks ${missing.join(' ')}`;
  if (maxAge === undefined) return undefined;
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || now === undefined) return 'auth_time is missing';
  if (at > now + AHEAD_SECONDS) return `auth_time lies ${at - now} s ahead`;
  return now - at > maxAge ? `logged in ${now - at} s ago, at most ${maxAge} s` : undefined;
}
