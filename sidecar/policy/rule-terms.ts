/** The keys of a rule beyond who, what and where: claims, actors, networks, times, login and rate. Part of the table in `schema.ts`. */
import { z } from 'zod';

import { toSeconds } from '../../core/time/units.ts';
import { CLAIM_PATH, parseClaimPath } from '../../core/token/claim-path.ts';
import { facts, parsed } from '../../runtime/config/field.ts';
import { spiffePattern } from '../../runtime/config/identity.ts';
import { networks } from '../../runtime/config/network.ts';
import { choice, count, flag, text } from '../../runtime/config/scalar.ts';
import { duration } from '../../runtime/config/span.ts';
import { list, strict, whenSound } from '../../runtime/config/structure.ts';
import type { ActorPattern, ClaimRule, LoginDemand, RateTerms } from './policy.ts';
import { createTimes, DAYS, isZone, type Times } from './week.ts';

/** `{tenant: [acme], realm_access.roles: [admin]}`. The names are the issuer's, so this mapping has no keys of its own. */
export function claimRules(
  doc: string,
): z.ZodType<readonly ClaimRule[], Record<string, (string | number | boolean)[]>> {
  const allowed = 'a mapping of 1 to 16 claims, each with a list of 1 to 64 texts, numbers or true or false';
  const value = z.union([z.string().max(512), z.number(), z.boolean()], { error: allowed });
  const values = z.array(value, { error: allowed }).min(1, { error: allowed }).max(64, { error: allowed });
  return z
    .record(z.string(), values, { error: allowed })
    .transform((found, context): readonly ClaimRule[] => {
      const entries = Object.entries(found);
      if (entries.length === 0 || entries.length > 16) context.addIssue({ code: 'custom', message: allowed });
      return entries.flatMap(([name, oneOf]) => {
        const claim = parseClaimPath(name);
        if (claim === undefined) context.addIssue({ code: 'custom', path: [name], message: CLAIM_PATH });
        return claim === undefined ? [] : { claim, oneOf };
      });
    })
    .meta(facts({ doc }, allowed));
}

/** Patterns of our trust domain, or exact names. */
export function actorPatterns(doc: string) {
  const name = text({
    doc: 'The exact name of an actor that is no workload of this trust domain: a client id, a user.',
    grammar: /^[^\u0000-\u001f\u007f-\u009f]{1,512}$/,
    allowed: '1 to 512 characters without control characters',
  });
  const pattern = z.union([spiffePattern({ doc: 'Which SPIFFE IDs.', any: true }), strict({ name })], {
    error: 'a pattern of SPIFFE IDs, or name',
  });
  return list({ doc, least: 1, most: 64 }, pattern as z.ZodType<ActorPattern>);
}

/** Whether the token names somebody who acts for its subject. */
export const delegatedFlag = flag({
  doc: 'true: only tokens by which somebody acts for the subject (`act`); false: only those without. Absent: both.',
});

/** Source networks. */
export const sourceNetworks = networks(
  'Networks that the connection must come from, `10.0.0.0/8`; absent: any. It is the address of the TCP peer: behind a load balancer that is the balancer, unless the port reads its PROXY header.',
);

const timeOfDay = (doc: string) =>
  parsed<number>({ doc }, 'a time from 00:00 to 24:00', (found) => {
    const [, hours, minutes] = /^([01][0-9]|2[0-4]):([0-5][0-9])$/.exec(found) ?? [];
    const at = Number(hours) * 60 + Number(minutes);
    return at <= 1440 ? at : undefined;
  });

/** Times of the week. */
export const weekTimes: z.ZodType<Times> = list(
  { doc: 'Times at which the rule holds; absent: always. The clock is that of this host.', least: 1, most: 16 },
  strict({
    days: list({ doc: 'Days; absent: every day.', least: 1, most: 7 }, choice(DAYS, { doc: 'A day.' })).optional(),
    from: timeOfDay('Its beginning, inclusive.'),
    to: timeOfDay('Its end, exclusive; 24:00 is the end of the day.'),
    zone: parsed({ doc: 'Time zone.', fallback: 'UTC' }, 'an IANA time zone such as Europe/Berlin', (found) =>
      isZone(found) ? found : undefined,
    ),
  }).refine(({ from, to }) => from < to, {
    path: ['to'],
    error: 'later than from; a night is two entries',
    when: whenSound('from', 'to'),
  }),
).transform((windows): Times => createTimes(windows));

const word = text({
  doc: 'One value.',
  grammar: /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/,
  allowed: '1 to 128 printable characters without spaces or quotes',
});

/** How the user must have logged in. */
export const loginDemand = strict({
  acr: list({ doc: 'The claim acr is one of these.', least: 1, most: 16 }, word).optional(),
  amr: list({ doc: 'The claim amr holds all of these.', least: 1, most: 16 }, word).optional(),
  maxAge: duration({ doc: 'Time since the login (auth_time).', least: '1s', most: '365d' }).optional(),
})
  .refine(({ acr, amr, maxAge }) => acr !== undefined || amr !== undefined || maxAge !== undefined, {
    error: 'acr, amr or maxAge',
  })
  .transform(
    ({ acr, amr, maxAge }): LoginDemand => ({
      acr,
      amr,
      maxAge: maxAge === undefined ? undefined : toSeconds(maxAge),
    }),
  )
  .meta({
    description:
      'How the user must have logged in; asked once the rule matched. Missing: 401 insufficient_user_authentication (RFC 9470).',
  });

const PER_MINUTE: Readonly<Record<string, number>> = { s: 60, m: 1, h: 1 / 60 };

const pace = (doc: string) =>
  parsed<{ readonly perMinute: number; readonly count: number }>(
    { doc },
    'a rate such as 20/s, 600/m or 100/h',
    (found) => {
      const [, digits, unit = ''] = /^([1-9][0-9]{0,5})\/([smh])$/.exec(found) ?? [];
      const factor = PER_MINUTE[unit];
      return digits === undefined || factor === undefined
        ? undefined
        : { perMinute: Number(digits) * factor, count: Number(digits) };
    },
  ).optional();

/** How often the rule admits. */
export const ruleRate = strict({
  perCaller: pace('Requests of one caller, by its SPIFFE ID: all of its replicas, tokens and connections together.'),
  perOrigin: pace('Requests by tokens of one API key, or of one client where there is no key.'),
  burst: count({
    doc: 'How many at once; absent: as many as come back in the unit.',
    least: 1,
    most: 1_000_000,
  }).optional(),
})
  .refine(({ perCaller, perOrigin }) => perCaller !== undefined || perOrigin !== undefined, {
    error: 'perCaller, perOrigin or both',
  })
  .transform(({ perCaller, perOrigin, burst }) => {
    const terms = (one: typeof perCaller): RateTerms | undefined =>
      one && { perMinute: one.perMinute, burst: burst ?? one.count };
    return { perCaller: terms(perCaller), perOrigin: terms(perOrigin) };
  })
  .meta({ description: 'How often the rule admits; what comes faster is answered 429 with the time to come back.' });
