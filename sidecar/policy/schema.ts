/**
 * Every key of the policy file: type, parser and documentation come from this table. A rule's `peers` is required, so
 * nothing is open to all by leaving something out; a name that the sidecar's configuration does not know is a mistake,
 * since a rule on it would never match, and a `deny` on it never deny.
 */
import { z } from 'zod';

import type { BindingMode } from '../../core/token/bind.ts';
import { parsed } from '../../runtime/config/field.ts';
import { audience, scope, spiffePattern } from '../../runtime/config/identity.ts';
import { choice, flag, text } from '../../runtime/config/scalar.ts';
import { list, strict, whenSound } from '../../runtime/config/structure.ts';
import { isPathPattern, type PathPattern } from './path-pattern.ts';
import {
  actorPatterns,
  claimRules,
  delegatedFlag,
  loginDemand,
  ruleRate,
  sourceNetworks,
  weekTimes,
} from './rule-terms.ts';
import type { Policy } from './policy.ts';

/** What a policy may refer to: the sidecar's configuration says it. */
export interface KnownNames {
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
}

/** The table of the policy file for a sidecar that knows these issuers and audiences. */
export function policyTable(known: KnownNames): z.ZodType<Policy> {
  return strict({
    routes: list(
      { doc: 'How a request must prove itself; the first match counts.', most: 1024, reloadable: true },
      ROUTE,
    ),
    // An empty list would refuse everything: more likely a file cut short than a wish.
    rules: list(
      { doc: 'Who may do what; the first match decides, no match refuses.', least: 1, most: 4096, reloadable: true },
      rule(known),
    ).refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, { error: 'each id once' }),
  });
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const BINDING_MODES = ['required', 'identity', 'optional', 'report'] as const satisfies readonly BindingMode[];

const METHOD_LIST = list(
  {
    doc: 'The methods; absent: every one. GET does not include HEAD.',
    least: 1,
    most: METHODS.length,
    reloadable: true,
  },
  choice(METHODS, { doc: 'A method.' }),
);

const ROUTE = strict({
  methods: METHOD_LIST.optional(),
  path: pathPattern('Which paths.'),
  binding: choice(BINDING_MODES, {
    doc: 'required: a token bound to the peer. identity: also an unbound one, if its current actor is the peer. optional: a token may be missing or unbound. report: nothing is refused, but what required would refuse is recorded and counted. Outside of report a cnf is always enforced.',
    fallback: 'required',
    reloadable: true,
  }),
  lineage: flag({
    doc: 'Whether a token that is bound to a predecessor of the certificate counts, where its issuer allows it; false: exact only.',
    fallback: true,
    reloadable: true,
  }),
  onTokenExpiry: choice(['finish', 'end'], {
    doc: 'What happens to what is still under way when its token ends; absent: upgrades and event streams end, all else is finished.',
    reloadable: true,
  }).optional(),
  forwardToken: flag({ doc: 'Whether the app gets the Authorization field.', fallback: false, reloadable: true }),
  claims: flag({
    doc: 'Whether the app gets the verified claims of the token, as base64url JSON in Cleat-Claims.',
    fallback: false,
    reloadable: true,
  }),
});

function rule(known: KnownNames) {
  return strict({
    id: text({
      doc: 'Its name in logs and in `cleat why`.',
      grammar: /^[a-z0-9](?:[a-z0-9._-]{0,62})$/,
      allowed: 'a name of lower-case letters, digits, dots, dashes and underscores, at most 63',
    }),
    peers: list(
      { doc: 'Whose certificate; one of them must match.', least: 1, most: 256 },
      spiffePattern({ doc: 'Which SPIFFE IDs.', any: true }),
    ),
    methods: METHOD_LIST.optional(),
    paths: list({ doc: 'The paths; absent: every one.', least: 1, most: 256 }, pathPattern('Which paths.')).optional(),
    issuers: list(
      { doc: 'Whose token; absent: any, or none.', least: 1, most: 64 },
      oneOf('issuer', known.issuers),
    ).optional(),
    audiences: list(
      { doc: 'The audience of the token; absent: any.', least: 1, most: 64 },
      knownAudience(known.audiences),
    ).optional(),
    claims: claimRules(
      'Claims of the token, all of them: exact values, any of those listed, or a list that holds one.',
    ).optional(),
    actors: actorPatterns('Who acts now by the token: one of them must match.').optional(),
    chain: actorPatterns('Each actor in the chain of the token must match one of them.').optional(),
    delegated: delegatedFlag.optional(),
    from: sourceNetworks.optional(),
    times: weekTimes.optional(),
    scopes: list(
      { doc: 'Scopes that the token must hold, all of them; asked once the rule matched.', most: 64 },
      scope({ doc: 'One scope.' }),
    ),
    login: loginDemand.optional(),
    rate: ruleRate.optional(),
    deny: flag({
      doc: 'true: what matches is refused. Paths are compared by their bytes: an app that folds paths may serve what this rule does not see.',
      fallback: false,
    }),
  })
    .refine(({ deny, scopes }) => !deny || scopes.length === 0, {
      path: ['scopes'],
      error: 'no scopes: a rule with deny: true admits nobody',
      when: whenSound('deny', 'scopes'),
    })
    .refine(({ deny, login, rate }) => !deny || (login === undefined && rate === undefined), {
      path: ['deny'],
      error: 'neither login nor rate with deny: true, which admits nobody',
      when: whenSound('deny', 'login', 'rate'),
    });
}

function oneOf(what: string, names: readonly string[]): z.ZodType<string, string> {
  const allowed =
    names.length === 0 ? `no ${what}: none is configured` : `an ${what} of the configuration: ${names.join(', ')}`;
  return parsed({ doc: `An ${what}.` }, allowed, (found) => (names.includes(found) ? found : undefined));
}

function knownAudience(names: readonly string[]): z.ZodType<string, string> {
  return names.length === 0 ? audience({ doc: 'An audience.' }) : oneOf('audience', names);
}

/** Exactly one of `exact` and `under`. */
function pathPattern(doc: string): z.ZodType<PathPattern> {
  const form = (meaning: string) =>
    parsed({ doc: meaning }, 'a path such as /payments, without dot segments and needless escapes', (found) =>
      isPathPattern(found) && found.length <= 1024 ? found : undefined,
    ).optional();
  return strict({ exact: form('This path alone.'), under: form('This path and all below it.') })
    .transform(({ exact, under }, context): PathPattern => {
      if (exact !== undefined && under === undefined) return { exact };
      if (under !== undefined && exact === undefined) return { under };
      context.addIssue({ code: 'custom', message: 'one of exact and under' });
      return z.NEVER;
    })
    .meta({ description: doc });
}
