/**
 * The CA's methods as typed functions that answer or refuse. A refusal of the CA keeps its code; nothing here rejects.
 * Translates and decides nothing: whether an answer can be used is for who asked.
 */
import type { ServiceError } from '@grpc/grpc-js';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { readCertificate, readMintedToken } from './answers.ts';
import { openChannel, type CaEndpoint, type Channel } from './channel.ts';
import type { AcknowledgeResponse__Output } from './gen/cleat/ca/v1/AcknowledgeResponse.ts';
import type { BootstrapClient as BootstrapWire } from './gen/cleat/ca/v1/Bootstrap.ts';
import type { IssueRequest as IssueRequestWire } from './gen/cleat/ca/v1/IssueRequest.ts';
import type { IssueResponse__Output } from './gen/cleat/ca/v1/IssueResponse.ts';
import type { MeshClient as MeshWire } from './gen/cleat/ca/v1/Mesh.ts';
import type { MintTokenResponse__Output } from './gen/cleat/ca/v1/MintTokenResponse.ts';
import type { RenewResponse__Output } from './gen/cleat/ca/v1/RenewResponse.ts';
import type {
  HeldGenerations,
  IssuedCertificate,
  IssueRequest,
  MintedToken,
  MintRequest,
  RenewRequest,
  ShownEvidence,
  TrustState,
} from './messages.ts';
import { createTrustReader } from './trust-messages.ts';
import { WIRE } from './wire.ts';

/** All refuse with the CA's own code, or RENEW_UNREACHABLE | RENEW_UNTRUSTED | RENEW_REFUSED | RENEW_ANSWER. */
export interface BootstrapClient {
  issue(request: IssueRequest): Promise<Outcome<IssuedCertificate>>;
  /** Takes no new call; what is under way may end. Safe to call twice. */
  close(): void;
}

/** Refusals as in `BootstrapClient`. Every call may be repeated: the CA answers a repeated `renew` of the same key with
 *  the same certificate. */
export interface MeshClient {
  renew(request: RenewRequest): Promise<Outcome<IssuedCertificate>>;
  mint(request: MintRequest): Promise<Outcome<MintedToken>>;
  acknowledge(held: HeldGenerations): Promise<Outcome<void>>;
  /** Tells the whole state at once and at each change. Resolves with why the stream ended: `ok` if the signal aborted. */
  watch(tell: (state: TrustState) => void, signal: AbortSignal): Promise<Outcome<void>>;
  /** Takes no new call; what is under way may end. Safe to call twice. */
  close(): void;
}

/** For who has no certificate yet. Connects at the first call. */
export function openBootstrap(endpoint: CaEndpoint): BootstrapClient {
  const channel: Channel<BootstrapWire> = openChannel(WIRE.cleat.ca.v1.Bootstrap, endpoint);
  return {
    async issue({ csr, evidence, ttl }) {
      const request = { csr, ...writeEvidence(evidence), ttl_seconds: ttl ?? 0 };
      const answer = await channel.call<IssueResponse__Output>((client, options, done) =>
        client.Issue(request, options, done),
      );
      return answer.ok ? readCertificate(answer.value.certificate) : answer;
    },
    close: () => channel.close(),
  };
}

/** For who shows a certificate of the CA: `endpoint.identity` must hold a key. Connects at the first call. */
export function openMesh(endpoint: CaEndpoint): MeshClient {
  const channel: Channel<MeshWire> = openChannel(WIRE.cleat.ca.v1.Mesh, endpoint);
  return {
    async renew({ csr, ttl }) {
      const request = { csr, ttl_seconds: ttl ?? 0 };
      const answer = await channel.call<RenewResponse__Output>((client, options, done) =>
        client.Renew(request, options, done),
      );
      return answer.ok ? readCertificate(answer.value.certificate) : answer;
    },
    async mint({ audience, scopes, ttl }) {
      const request = { audience, scopes: [...scopes], ttl_seconds: ttl ?? 0 };
      const answer = await channel.call<MintTokenResponse__Output>((client, options, done) =>
        client.MintToken(request, options, done),
      );
      return answer.ok ? readMintedToken(answer.value) : answer;
    },
    async acknowledge({ bundle, revocations }) {
      const request = { bundle_generation: bundle, revocation_generation: revocations };
      const answer = await channel.call<AcknowledgeResponse__Output>((client, options, done) =>
        client.Acknowledge(request, options, done),
      );
      return answer.ok ? admit(undefined) : answer;
    },
    watch: (tell, signal) => watch(channel, tell, signal),
    close: () => channel.close(),
  };
}

function writeEvidence(evidence: ShownEvidence): IssueRequestWire {
  if (evidence.kind === 'join-token') return { join_token: evidence.text };
  if (evidence.kind === 'oidc') return { oidc_token: evidence.token };
  const { chain, signedAt, signature } = evidence;
  return { x509: { chain: [...chain], signed_at: signedAt, signature } };
}

function watch(
  channel: Channel<MeshWire>,
  tell: (state: TrustState) => void,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  if (signal.aborted) return Promise.resolve(admit(undefined));
  const { client, judge, silent, heard, patience } = channel.open();
  const reader = createTrustReader();
  const call = client.Watch({});
  const stop = (): void => call.cancel();
  signal.addEventListener('abort', stop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  return new Promise<Outcome<void>>((resolve) => {
    // The state is told at once, and no deadline may end a stream: without this a black hole would hold it for minutes.
    timer = setTimeout(() => {
      resolve({ ok: false, refusal: silent() });
      call.cancel();
    }, patience);
    call.on('data', (message) => {
      clearTimeout(timer);
      heard();
      const read = reader.read(message);
      if (!read.ok) {
        resolve(read);
        call.cancel();
      } else if (read.value !== undefined) {
        tell(read.value);
      }
    });
    // grpc-js reports every end that is not OK as an error; its listener must stay, or a late one ends the process.
    call.on('error', (error: ServiceError) =>
      resolve(signal.aborted ? admit(undefined) : { ok: false, refusal: judge(error) }),
    );
    call.on('end', () => resolve(refuse('RENEW_UNREACHABLE', 'the CA ended the stream')));
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}
