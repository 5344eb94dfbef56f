/**
 * What certificates, certificate requests and tokens say of themselves, by the parsers that the processes use. Pure.
 * A refusal of a parser is a finding, not a failure. A token's claims are told, the token itself never.
 */
import { type Outcome, refuse } from '../core/fault/refusal.ts';
import type { EpochSeconds } from '../core/time/units.ts';
import type { JsonObject, JsonValue } from '../core/token/json.ts';
import { parseCompactJws, parseJsonObject } from '../core/token/jws.ts';
import { type Certificate, parseCertificate } from '../core/x509/certificate.ts';
import { parseCsr } from '../core/x509/csr.ts';
import { decodePem, type PemBlock } from '../core/x509/pem.ts';
import { checkAuthority, checkSvid, checkValidity } from '../core/x509/svid.ts';
import { parseSpiffeId } from '../core/identity/spiffe-id.ts';
import { parseTrustDomain } from '../core/identity/trust-domain.ts';

export interface Finding {
  readonly kind: 'certificate' | 'certificate request' | 'chain' | 'token' | 'private key' | 'unknown';
  /** Ready for JSON, in the order in which they help. */
  readonly facts: JsonObject;
  /** What a verifier would say. */
  readonly verdict: { readonly ok: boolean; readonly text: string };
}

const ANY_KEY = ['p256', 'p384', 'ed25519', 'rsa'] as const;

/** Every object in the input: PEM blocks, one token (alone or as an `Authorization` line), or one object in DER. */
export function inspectInput(input: Buffer, now: EpochSeconds): readonly Finding[] {
  const text = input.toString('latin1');
  if (text.includes('-----BEGIN ')) {
    const blocks = decodePem(text);
    return blocks.ok ? blocks.value.map((block) => inspectBlock(block, now)) : [unknown(blocks.refusal.detail)];
  }
  const token = /^(?:authorization:\s*)?(?:(?:bearer|dpop)\s+)?([\w-]+(?:\.[\w-]*)+)\s*$/i.exec(text)?.[1];
  if (token !== undefined) return [inspectToken(token, now)];
  const certificate = inspectCertificate(input, now);
  if (certificate.verdict.ok || Object.keys(certificate.facts).length > 0) return [certificate];
  const request = inspectRequest(input);
  return [
    request.verdict.ok || !request.verdict.text.startsWith('CSR_MALFORMED')
      ? request
      : unknown('neither PEM, nor a token, nor DER of a certificate or request'),
  ];
}

function inspectBlock({ label, der }: PemBlock, now: EpochSeconds): Finding {
  if (label === 'CERTIFICATE') return inspectCertificate(der, now);
  if (label === 'CERTIFICATE REQUEST' || label === 'NEW CERTIFICATE REQUEST') return inspectRequest(der);
  if (label.endsWith('PRIVATE KEY'))
    return { kind: 'private key', facts: {}, verdict: { ok: true, text: 'not shown' } };
  return unknown(`a PEM block ${label}`);
}

function unknown(text: string): Finding {
  return { kind: 'unknown', facts: {}, verdict: { ok: false, text } };
}

function inspectCertificate(der: Buffer, now: EpochSeconds): Finding {
  const parsed = parseCertificate(der);
  if (!parsed.ok) return { kind: 'certificate', facts: {}, verdict: verdictOf(parsed, '') };
  const certificate = parsed.value;
  const profile = certificate.isCa ? authorityVerdict(certificate) : svidVerdict(certificate);
  const validity = checkValidity(certificate, now);
  const verdict = profile.ok && !validity.ok ? verdictOf(validity, '') : profile;
  return { kind: 'certificate', facts: certificateFacts(certificate), verdict };
}

function svidVerdict(certificate: Certificate): Finding['verdict'] {
  const id = parseSpiffeId(certificate.uriNames[0] ?? '');
  return verdictOf(id.ok ? checkSvid(certificate, id.value.trustDomain) : id, 'an X.509-SVID');
}

function authorityVerdict(certificate: Certificate): Finding['verdict'] {
  // A CA of another system names no trust domain: then any one will do.
  const domain = parseTrustDomain((certificate.uriNames[0] ?? 'any').replace('spiffe://', ''));
  return verdictOf(domain.ok ? checkAuthority(certificate, domain.value) : domain, 'an authority of its trust domain');
}

function certificateFacts(certificate: Certificate): JsonObject {
  const { lineage } = certificate;
  return present({
    spiffeId: certificate.uriNames.join(' ') || undefined,
    dnsNames: certificate.dnsNames.length > 0 ? certificate.dnsNames : undefined,
    serial: certificate.serial,
    notBefore: dateOf(certificate.notBefore),
    notAfter: dateOf(certificate.notAfter),
    isCa: certificate.isCa,
    'x5t#S256': certificate.thumbprint.toString('base64url'),
    lineage: certificate.isLineageMalformed ? 'malformed: only exact binding holds' : lineage?.id.toString('hex'),
    sequence: lineage?.sequence,
    issuedAt: lineage === undefined ? undefined : dateOf(lineage.issuedAt),
    predecessors: lineage?.predecessors.map(({ thumbprint, acceptUntil }) => ({
      'x5t#S256': thumbprint.toString('base64url'),
      acceptUntil: dateOf(acceptUntil),
    })),
  });
}

function inspectRequest(der: Buffer): Finding {
  const parsed = parseCsr(der, ANY_KEY);
  const facts = parsed.ok ? { keyType: parsed.value.keyType } : {};
  return { kind: 'certificate request', facts, verdict: verdictOf(parsed, 'possession of the key is proved') };
}

function inspectToken(token: string, now: EpochSeconds): Finding {
  const parsed = parseCompactJws(token);
  const claims = parsed.ok ? parseJsonObject(parsed.value.payload, 'claims') : parsed;
  if (!parsed.ok || !claims.ok) return { kind: 'token', facts: {}, verdict: verdictOf(claims, '') };
  const { exp } = claims.value;
  const expired = typeof exp === 'number' && now >= exp ? refuse('TOKEN_EXPIRED', `exp is ${dateOf(exp)}`) : undefined;
  return {
    kind: 'token',
    facts: { header: parsed.value.header, claims: claims.value },
    verdict: verdictOf(expired ?? parsed, 'a compact JWS; the signature was not checked'),
  };
}

/** What a verifier says: `good`, or the code and the rule. */
export function verdictOf(outcome: Outcome<unknown>, good: string): Finding['verdict'] {
  if (outcome.ok) return { ok: true, text: good };
  const { code, detail } = outcome.refusal;
  return { ok: false, text: `${code}: ${detail}` };
}

/** RFC 3339, in whole seconds. */
export function dateOf(time: number): string {
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().replace('.000Z', 'Z');
}

function present(facts: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(facts).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}
