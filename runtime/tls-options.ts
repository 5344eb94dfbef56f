/**
 * The one place that makes TLS options: for both processes, at creation and at each swap.
 * TLS 1.3 only, no tickets and no resumption (a resumed session would show an old certificate or outlive its expiry).
 * Never give a part of these to `setSecureContext`: it resets whatever it is not given.
 */
import { constants, X509Certificate, type KeyObject } from 'node:crypto';
import type { SecureContextOptions, TlsOptions } from 'node:tls';

import { encodePem } from '../core/x509/pem.ts';

/** One key with its chain and the roots that its holder trusts; a `Snapshot` is one. */
export interface TlsIdentity {
  /** Secret. The private key of the first certificate. */
  readonly key: KeyObject;
  /** DER, leaf first, without the root. */
  readonly chain: readonly Buffer[];
  /** DER of the trusted roots. */
  readonly roots: readonly Buffer[];
  /** What an earlier root says of the one that signs, then that earlier root; DER. Only for who asks no certificate. */
  readonly vouchers?: readonly Buffer[];
}

const RULES = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  secureOptions: constants.SSL_OP_NO_TICKET,
  // The order is our preference; the hybrid costs up to a tenth of a handshake more and goes to whoever puts it first.
  ecdhCurve: 'X25519:X25519MLKEM768:P-256',
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
} as const satisfies SecureContextOptions;

/** Milliseconds that a handshake may take; Node's default is two minutes. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** A server that demands a client certificate which chains to `roots`. */
export function mutualServerOptions(identity: TlsIdentity): TlsOptions {
  return {
    ...RULES,
    ...material(identity, identity.chain),
    ca: identity.roots.map(toPem),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
}

/** A server that asks for no client certificate. It sends its root after the chain, so that who knows only the root's
 *  digest can find it, then what leads there from an earlier root. */
export function plainServerOptions(identity: TlsIdentity): TlsOptions {
  return {
    ...RULES,
    ...material(identity, [...identity.chain, ...rootOf(identity), ...(identity.vouchers ?? [])]),
    requestCert: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
}

/** The same for a server that takes a client certificate where one is shown, and asks for none where not: whether it is trusted
 *  is `authorized` of the socket, for whoever reads it. */
export function invitingServerOptions(identity: TlsIdentity): TlsOptions {
  return {
    ...plainServerOptions(identity),
    ca: identity.roots.map(toPem),
    requestCert: true,
    rejectUnauthorized: false,
  };
}

/** What a client's context is made of: with `identity` it can show a certificate, with mere roots it cannot.
 *  The caller must check the server's SPIFFE ID (`checkServerIdentity`) and must never pass a `session`. */
export function clientContextOptions(
  identity: TlsIdentity | { readonly roots: readonly Buffer[] },
): SecureContextOptions {
  const own = 'key' in identity ? material(identity, identity.chain) : {};
  return { ...RULES, ...own, ca: identity.roots.map(toPem) };
}

function material(identity: TlsIdentity, chain: readonly Buffer[]): SecureContextOptions {
  return {
    key: identity.key.export({ type: 'pkcs8', format: 'pem' }),
    cert: chain.map(toPem).join(''),
  };
}

/** The root that issued the end of the chain, if it is among the trusted ones. */
function rootOf({ chain, roots }: TlsIdentity): readonly Buffer[] {
  const last = chain.at(-1);
  if (last === undefined) return [];
  const end = new X509Certificate(last);
  const root = roots.find((der) => {
    const candidate = new X509Certificate(der);
    return end.checkIssued(candidate) && end.verify(candidate.publicKey);
  });
  return root === undefined ? [] : [root];
}

const toPem = (der: Buffer): string => encodePem('CERTIFICATE', der);
