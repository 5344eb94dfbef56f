/**
 * The methods of `cleat.ca.v1`: the wire on one side, the domain values of `messages.ts` on the other. Translates and
 * decides nothing; each method is wrapped by `answer.ts`, so that nothing thrown in it can end the process.
 */
import type { Server } from '@grpc/grpc-js';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { stream, unary, type Caller } from './answer.ts';
import { writeCertificate } from './answers.ts';
import type { CallLog } from './call-log.ts';
import { createConnectionReader } from './connection.ts';
import type { BootstrapHandlers as BootstrapMethods } from './gen/cleat/ca/v1/Bootstrap.ts';
import type { IssueResponse } from './gen/cleat/ca/v1/IssueResponse.ts';
import type { MeshHandlers as MeshMethods } from './gen/cleat/ca/v1/Mesh.ts';
import type { WatchRequest__Output } from './gen/cleat/ca/v1/WatchRequest.ts';
import type { BootstrapHandlers, IssuedCertificate, MeshHandlers, TrustState } from './messages.ts';
import { readIssueRequest, readMintRequest, readRenewRequest } from './requests.ts';
import { createTrustWriter } from './trust-messages.ts';
import { WIRE } from './wire.ts';

/** Adds `Bootstrap`; gives the names of the services added. */
export function serveBootstrap(server: Server, handlers: BootstrapHandlers, log: CallLog): readonly string[] {
  const methods: BootstrapMethods = {
    Issue: unary(log, async ({ request, peer }) => {
      const checked = readIssueRequest(request);
      if (!checked.ok) return handlers.malformed(checked.refusal, peer());
      return certified(await handlers.issue(checked.value, peer()));
    }),
  };
  server.addService(WIRE.cleat.ca.v1.Bootstrap.service, methods);
  return ['cleat.ca.v1.Bootstrap'];
}

/** Adds `Mesh`; gives the names of the services added. `ending` ends the streams. */
export function serveMesh(
  server: Server,
  handlers: MeshHandlers,
  serving: { readonly log: CallLog; readonly ending: AbortSignal },
): readonly string[] {
  const { log } = serving;
  const read = createConnectionReader();
  const method = <Request, Response>(run: (caller: Caller<Request>) => Promise<Outcome<Response>>) =>
    unary(log, run, read);
  const { service } = WIRE.cleat.ca.v1.Mesh;
  const writer = createTrustWriter(service.Watch.responseSerialize);
  const methods: Omit<MeshMethods, 'Watch'> = {
    Renew: method(async ({ request, leaf }) => {
      if (leaf === undefined) return noCertificate();
      const checked = readRenewRequest(request);
      if (!checked.ok) return handlers.malformed(checked.refusal, leaf);
      return certified(await handlers.renew(leaf, checked.value));
    }),
    MintToken: method(async ({ request, leaf }) => {
      if (leaf === undefined) return noCertificate();
      const minted = await handlers.mint(leaf, readMintRequest(request));
      if (!minted.ok) return minted;
      const { token, expiresAt, scopes } = minted.value;
      return admit({ token, expires_at: expiresAt, scopes: [...scopes] });
    }),
    Acknowledge: method(async ({ request, leaf }) => {
      if (leaf === undefined) return noCertificate();
      const held = { bundle: request.bundle_generation, revocations: request.revocation_generation };
      const done = await handlers.acknowledge(leaf, held);
      return done.ok ? admit({}) : done;
    }),
  };
  const Watch = stream<WatchRequest__Output, TrustState, Buffer>(
    { ...serving, read, begin: () => writer.begin() },
    async ({ leaf }, send, signal) => (leaf === undefined ? noCertificate() : handlers.watch(leaf, send, signal)),
  );
  // What `Watch` writes is encoded already: a thousand streams share the bytes of one state.
  const encoded = { ...service.Watch, responseSerialize: (message: Buffer) => message };
  server.addService({ ...service, Watch: encoded }, { ...methods, Watch });
  return ['cleat.ca.v1.Mesh'];
}

const noCertificate = (): Outcome<never> => refuse('PEER_NO_CERTIFICATE', 'the connection has no verified certificate');

function certified(issued: Outcome<IssuedCertificate>): Outcome<IssueResponse> {
  return issued.ok ? admit({ certificate: writeCertificate(issued.value) }) : issued;
}
