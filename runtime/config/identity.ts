/** Settings that are identities: the trust domain, SPIFFE patterns, audiences and scopes. */
import { z } from 'zod';

import {
  type NameTemplate,
  parsePathTemplate,
  parseTemplate,
  type TemplateKind,
} from '../../core/identity/name-template.ts';
import type { IdPattern } from '../../core/identity/pattern.ts';
import { parsePath } from '../../core/identity/spiffe-id.ts';
import { parseTrustDomain, type TrustDomain } from '../../core/identity/trust-domain.ts';
import { facts, type FieldSpec, parsed } from './field.ts';
import { text } from './scalar.ts';
import { strict } from './structure.ts';

/** Printable ASCII without space, quote and backslash. */
export const AUDIENCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;
/** RFC 6749 section 3.3, with a bound on the length. */
export const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

/** The trust domain of the mesh. */
export function trustDomain(spec: FieldSpec): z.ZodType<TrustDomain, string> {
  return parsed(spec, 'a trust domain: lower-case letters, digits, dots, dashes, underscores', (found) => {
    const outcome = parseTrustDomain(found);
    return outcome.ok ? outcome.value : undefined;
  });
}

/** Which SPIFFE IDs: exactly one of `exact`, `under` and, where `any` is allowed, `any`. Paths, compared by segment. */
export function spiffePattern(spec: { readonly doc: string; readonly any?: true }): z.ZodType<IdPattern> {
  const forms = {
    exact: idPath('The path of one SPIFFE ID.').optional(),
    under: idPath('Every SPIFFE ID below this path, and the path itself.').optional(),
  };
  const any = z
    .literal(true, { error: 'true' })
    .optional()
    .meta(facts({ doc: 'Every SPIFFE ID of the trust domain.' }, 'true'));
  const allowed = `one of ${spec.any === true ? 'exact, under and any' : 'exact and under'}`;
  const schema = spec.any === true ? strict({ ...forms, any }) : strict(forms);
  return schema
    .transform((found: Forms, context): IdPattern => {
      const given = Object.values(found).filter((value) => value !== undefined);
      if (given.length === 1) return plain(found);
      context.addIssue({ code: 'custom', message: allowed });
      return z.NEVER;
    })
    .meta({ description: spec.doc });
}

/** A template that takes values out of a name; `dns`: each placeholder is one label, `text`: one path segment. */
export function nameTemplate(spec: FieldSpec & { readonly kind: TemplateKind }): z.ZodType<NameTemplate, string> {
  const part = spec.kind === 'dns' ? 'label' : 'segment';
  return parsed(spec, `a text in which {name} stands for one whole ${part}, each name once`, (found) =>
    parseTemplate(spec.kind === 'dns' ? found.toLowerCase() : found, spec.kind),
  );
}

/** The template of a SPIFFE path. `/cleat` belongs to the CA. */
export function pathTemplate(spec: FieldSpec): z.ZodType<NameTemplate, string> {
  return parsed(spec, 'a path such as /ns/shop/sa/{name}, outside of /cleat', (found) =>
    found.length <= 1024 && !/^\/cleat(?:\/|$)/.test(found) ? parsePathTemplate(found) : undefined,
  );
}

/** The audience of a token: printable ASCII without space, quote and backslash. */
export function audience(spec: FieldSpec): z.ZodType<string, string> {
  return text({
    ...spec,
    grammar: AUDIENCE,
    allowed: 'an audience: 1 to 255 printable characters without spaces or quotes',
  });
}

/** One scope (RFC 6749 section 3.3). */
export function scope(spec: FieldSpec): z.ZodType<string, string> {
  return text({
    ...spec,
    grammar: SCOPE,
    allowed: 'a scope: 1 to 128 printable characters without spaces or quotes',
  });
}

interface Forms {
  readonly exact?: string | undefined;
  readonly under?: string | undefined;
  readonly any?: true | undefined;
}

function plain({ exact, under }: Forms): IdPattern {
  if (exact !== undefined) return { exact };
  return under === undefined ? { any: true } : { under };
}

/** SPIFFE-ID section 2.2. */
function idPath(doc: string): z.ZodType<string, string> {
  return parsed({ doc }, 'a path such as /ns/shop/sa/agent', (found) =>
    found.length <= 1024 && parsePath(found).ok ? found : undefined,
  );
}
