/**
 * Settings that name a place: files, sockets, URLs. A secret is never written into a configuration file; the file
 * says where it lies.
 */
import type { z } from 'zod';

import { isHttpsPlace } from '../../core/token/https-place.ts';

import { isAbsolutePath, isSocketPath } from './address.ts';
import { type FieldSpec, parsed } from './field.ts';

/** Where a secret lies. */
export type SecretReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string };

/** Where a JWK Set comes from. `discover`: from the metadata of the issuer itself, or of one that names it. */
export type KeySetPlace =
  | { readonly kind: 'discover'; readonly issuer: string | undefined }
  | { readonly kind: 'https'; readonly url: string }
  | { readonly kind: 'file'; readonly path: string };

/** Which roots vouch for a server: those of the mesh, those of the system, or those of a file. */
export type TrustPlace = { readonly kind: 'mesh' } | OutsideTrustPlace;

/** The same without the mesh. */
export type OutsideTrustPlace = { readonly kind: 'system' } | { readonly kind: 'file'; readonly path: string };

/** A file or folder. Relative paths are refused: what they mean would depend on where the process was started. */
export function path(spec: FieldSpec): z.ZodType<string, string> {
  return parsed(spec, 'an absolute path', (text) => (isAbsolutePath(text) ? text : undefined));
}

/** A UNIX socket. */
export function socket(spec: FieldSpec): z.ZodType<string, string> {
  return parsed(spec, 'an absolute path of at most 107 bytes', (text) => (isSocketPath(text) ? text : undefined));
}

/** A secret, by reference: `file:/path` or `env:NAME`. The secret itself is a mistake. */
export function reference(spec: FieldSpec): z.ZodType<SecretReference, string> {
  return parsed<SecretReference>(
    { ...spec, secret: true },
    'file:/absolute/path or env:NAME, never the secret itself',
    (text) => {
      if (/^env:[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(text)) return { kind: 'env', name: text.slice('env:'.length) };
      return filePlace(text);
    },
  );
}

/** A JWK Set: fetched from the place that the issuer's metadata names, or from one that is configured, or a file. */
export function keySet(spec: FieldSpec): z.ZodType<KeySetPlace, string> {
  const allowed = 'discover, discover:https://issuer, https://host/path or file:/absolute/path';
  return parsed<KeySetPlace>(spec, allowed, (text) => {
    if (text === 'discover') return { kind: 'discover', issuer: undefined };
    const issuer = text.startsWith(DISCOVER) ? text.slice(DISCOVER.length) : undefined;
    if (issuer !== undefined) return isDiscoverable(issuer) ? { kind: 'discover', issuer } : undefined;
    return isHttpsPlace(text) ? { kind: 'https', url: text } : filePlace(text);
  });
}

/** Roots of trust for fetching. */
export function trust(spec: FieldSpec): z.ZodType<TrustPlace, string> {
  return parsed<TrustPlace>(spec, 'mesh, system or file:/absolute/path', (text) =>
    text === 'mesh' || text === 'system' ? { kind: text } : filePlace(text),
  );
}

/** Roots of trust for fetching, by a CA: it has no mesh around it yet. */
export function outsideTrust(spec: FieldSpec): z.ZodType<OutsideTrustPlace, string> {
  return parsed<OutsideTrustPlace>(spec, 'system or file:/absolute/path', (text) =>
    text === 'system' ? { kind: 'system' } : filePlace(text),
  );
}

/** An https URL without user and fragment, to be called. */
export function httpsPlace(spec: FieldSpec): z.ZodType<string, string> {
  return parsed(spec, 'an https URL without user and fragment', (text) => (isHttpsPlace(text) ? text : undefined));
}

/** An https URL without user, query or fragment (RFC 8414 section 2, RFC 9068). Kept as written: `iss` is compared byte by byte. */
export function httpsUrl(spec: FieldSpec): z.ZodType<string, string> {
  return parsed(spec, 'an https URL without user, query and fragment', (text) => (isHttpsUrl(text) ? text : undefined));
}

const DISCOVER = 'discover:';

/** Whether metadata can be asked for: an https URL without query, and without a template such as `{tenantid}`, which would
 *  stand for the issuers of everybody (RFC 8414 section 2). */
export function isDiscoverable(issuer: string): boolean {
  return isHttpsUrl(issuer) && !/[{}%]/.test(issuer);
}

function filePlace(text: string): { readonly kind: 'file'; readonly path: string } | undefined {
  const found = text.startsWith('file:') ? text.slice('file:'.length) : '';
  return isAbsolutePath(found) ? { kind: 'file', path: found } : undefined;
}

function isHttpsUrl(text: string): boolean {
  return isHttpsPlace(text) && !text.includes('?');
}
