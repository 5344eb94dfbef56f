/**
 * The format `token-binding-vectors/1` (docs/binding-vectors.md), read strictly: a member that the format does not have is a mistake, so
 * that no case passes because a part of it was not understood.
 */
import { z } from 'zod';

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, 'base64 of a DER');
const time = z.int().nonnegative();
const names = z.array(z.string());

const issuer = z.strictObject({
  issuer: z.string(),
  /** Whose certificates its tokens are bound to. */
  trustDomain: z.string().nullish(),
  jwks: z.looseObject({}).optional(),
  /** Its tokens are asked about, and `state.introspection` has the answers. */
  introspection: z.boolean().default(false),
  algorithms: names.default(['ES256']),
  types: names.default(['at+jwt']),
  audiences: names,
  mustBind: z.boolean().default(false),
  jkt: z.enum(['dpop', 'tls']).default('dpop'),
  lineage: z.boolean().default(false),
  ignoreCnf: names.default(['kc-jkt-type']),
  /** Seconds. */
  maxLifetime: z.int().positive().nullish(),
  /** Paths of claims. */
  scopes: z.array(z.array(z.string()).min(1)).nullish(),
  /** The `client_id`s whose tokens count without `aud`. */
  clientsWithoutAudience: names.nullish(),
  /** What claims must be. */
  claims: z.array(z.strictObject({ claim: z.array(z.string()).min(1), oneOf: names })).nullish(),
});

const settings = z.strictObject({
  issuers: z.array(issuer),
  bundles: z.record(z.string(), z.array(base64)),
  binding: z.enum(['required', 'identity', 'optional', 'report']).default('required'),
  skew: z.int().nonnegative().default(30),
  origins: names.default([]),
  dpop: z
    .strictObject({ window: z.int().positive().default(60), nonce: z.enum(['off', 'required']).default('off') })
    .prefault({}),
  policy: z.looseObject({}).optional(),
});

const named = z.union([z.string(), z.strictObject({ issuer: z.string(), value: z.string() })]);
const revoked = z.strictObject({
  jti: z.array(named).default([]),
  sub: z.array(named).default([]),
  kid: z.array(named).default([]),
  origin: z.array(named).default([]),
  serial: names.default([]),
  lineage: names.default([]),
  spiffeId: names.default([]),
  /** Frozen: exact binding goes on, lineage ends. */
  frozenLineage: names.default([]),
  /** Thumbprints of revoked certificates, as `x5t#S256`. */
  thumbprint: names.default([]),
});

/** An object, or the text of the body. */
const answer = z.union([z.looseObject({}), z.string()]);

const state = z.strictObject({
  seen: z.array(z.union([z.string(), z.strictObject({ jkt: z.string(), jti: z.string() })])).default([]),
  /** Nonces that the verifier handed out and still takes. */
  nonces: names.default([]),
  introspection: z.array(z.strictObject({ token: z.string(), answer: answer.nullable() })).default([]),
  revoked: revoked.prefault({}),
});

const expectation = z.strictObject({
  verdict: z.enum(['accept', 'refuse', 'either']),
  status: z.int().nullable().default(null),
  scheme: z.string().nullable().default(null),
  error: z.string().nullable().default(null),
  method: z.enum(['x5t#S256', 'lineage', 'dpop', 'jkt-tls', 'jwk', 'identity', 'none']).nullable().default(null),
});

const lineFree = z.string().regex(/^[^\r\n]*$/, 'no line ends');

const test = z.strictObject({
  id: z.string().min(1),
  comment: z.string().default(''),
  clauses: names.default([]),
  flags: names.default([]),
  now: time,
  settings: z.string().optional(),
  connection: z.strictObject({ chain: z.array(base64).min(1), from: z.string().optional() }).nullable(),
  request: z.strictObject({
    method: lineFree,
    target: lineFree,
    fields: z.array(z.tuple([lineFree, lineFree])),
  }),
  state: state.prefault({}),
  expect: expectation,
});

const file = z.strictObject({
  format: z.literal('token-binding-vectors/1'),
  topic: z.string(),
  defaults: z.string().optional(),
  settings: z.record(z.string(), z.unknown()),
  tests: z.array(z.unknown()),
});

export type VectorIssuer = z.output<typeof issuer>;
export type VectorSettings = z.output<typeof settings>;
export type VectorTest = z.output<typeof test>;
export type Expectation = z.output<typeof expectation>;

/** One case, or why it cannot be read. */
export interface VectorCase {
  readonly id: string;
  readonly read: { readonly ok: true; readonly test: VectorTest; readonly settings: VectorSettings } | Unreadable;
}

interface Unreadable {
  readonly ok: false;
  readonly mistake: string;
}

/** The cases of one file, in order. A file that is none of the format is one case that cannot be read; `name` is its id. */
export function readVectors(name: string, text: string): readonly VectorCase[] {
  const document = parseJson(text);
  const outer = file.safeParse(document);
  if (!outer.success) return [{ id: name, read: { ok: false, mistake: mistakesOf(outer.error) } }];
  const { tests, defaults } = outer.data;
  if (tests.length === 0) return [{ id: name, read: { ok: false, mistake: 'no tests' } }];
  const all = Object.entries(outer.data.settings).map(([key, value]) => [key, settings.safeParse(value)] as const);
  const known = new Map(all);
  const seen = new Set<string>();
  return tests.map((raw, at) => {
    const read = test.safeParse(raw);
    if (!read.success) return { id: `${name}[${at}]`, read: { ok: false, mistake: mistakesOf(read.error) } };
    const { id } = read.data;
    const wanted = read.data.settings ?? defaults ?? '';
    const chosen = known.get(wanted);
    if (seen.has(id)) return { id, read: { ok: false, mistake: 'a second case of this id' } };
    seen.add(id);
    if (chosen === undefined) return { id, read: { ok: false, mistake: `no settings "${wanted}"` } };
    if (!chosen.success)
      return { id, read: { ok: false, mistake: `settings "${wanted}": ${mistakesOf(chosen.error)}` } };
    return { id, read: { ok: true, test: read.data, settings: chosen.data } };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const mistakesOf = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ');
