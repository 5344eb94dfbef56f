/**
 * A channel to the CA: TLS against our roots, and the server must be the one SPIFFE ID that we expect, read from the
 * DER of its certificate. Host names are not compared: they prove nothing that the identity does not.
 * Knows no method of the contract.
 */
import { createSecureContext, type PeerCertificate } from 'node:tls';

import { credentials, status, type ChannelOptions, type ClientUnaryCall, type ServiceError } from '@grpc/grpc-js';

import { admit, refuse, type Outcome, type Refusal } from '../../core/fault/refusal.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import { milliseconds, type Milliseconds } from '../../core/time/units.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { checkSvid } from '../../core/x509/svid.ts';
import { clientContextOptions, type TlsIdentity } from '../tls-options.ts';
import { refusalOf } from './statuses.ts';

export interface CaEndpoint {
  /** `host:port` each; the next one is tried when one cannot be reached or is not the CA. At least one. */
  readonly addresses: readonly string[];
  /** Told of each address that was used whether the CA answered there. */
  readonly told?: (address: string, isThere: boolean) => void;
  /** Whom the server must be: `spiffe://<trust domain>/cleat/ca`. */
  readonly caId: SpiffeId;
  /** For each unary call and each address. Default 5 s. */
  readonly deadline?: Milliseconds;
  /** Bytes of the largest answer. Default 1 MiB: a part of the trust state with its longest entries (16 roots and 256
   *  revocations) fits. */
  readonly answerMost?: number;
  /** DER of the trusted roots, with or without a certificate to show. */
  readonly identity: TlsIdentity | { readonly roots: readonly Buffer[] };
}

/** One unary call: gives it its options and its callback. */
export type Invoke<Client, Answer> = (
  client: Client,
  options: { readonly deadline: number },
  done: (error: ServiceError | null, answer?: Answer) => void,
) => ClientUnaryCall;

export interface Channel<Client> {
  /** Refuses with the server's own code, or RENEW_UNREACHABLE | RENEW_UNTRUSTED | RENEW_REFUSED. Never rejects. */
  call<Answer>(invoke: Invoke<Client, Answer>): Promise<Outcome<Answer>>;
  /** The client of the address in use, for a stream. */
  open(): Line<Client>;
  /** Takes no new call; what is under way may end. Safe to call twice. */
  close(): void;
}

/** The client of one address, and what to say of a stream over it. */
export interface Line<Client> {
  readonly client: Client;
  /** What the end of the stream means. */
  readonly judge: (error: ServiceError) => Refusal;
  /** Nothing came for `patience`: the address is given up, and the next one gets the next call. */
  readonly silent: () => Refusal;
  /** Something came. */
  readonly heard: () => void;
  readonly patience: Milliseconds;
}

const DEADLINE = milliseconds(5_000);

const ANSWER_MOST = 1024 * 1024;

const OPTIONS: ChannelOptions = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // A CA that is back must be found within seconds; how often calls are made is the renewal schedule's to say.
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  // Without its own pool a new generation would ride on the connection, and the certificate, of the old one.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  // Neither the environment nor a TXT record says where the CA is.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  // Of several addresses behind one name the first one would get the whole fleet.
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ pick_first: { shuffleAddressList: true } }] }),
  // Node warns of an IP address as server name, and the CA has one certificate for all names.
  'grpc.ssl_target_name_override': 'cleat-ca',
};

/** A constructor that the generated types know as a client. */
export type ClientConstructor<Client> = new (
  address: string,
  channelCredentials: ReturnType<typeof credentials.createFromSecureContext>,
  options: ChannelOptions,
) => Client & { close(): void };

/** Opens nothing yet: the first call connects. */
export function openChannel<Client>(Constructor: ClientConstructor<Client>, endpoint: CaEndpoint): Channel<Client> {
  const { addresses, deadline = DEADLINE, told } = endpoint;
  const dial = createDial(Constructor, endpoint);
  let closed = false;
  let turn = 0;
  let line = dial(addresses[0] ?? '');

  /** The next address gets the next call. A channel that went silent is given up: its handshake may hang for as long as
   *  TCP waits. With one address a refused connection is left to grpc-js, which knows when to try again. */
  function moveOn(from: Dialled<Client>, code: status): void {
    if (closed || from !== line || (addresses.length === 1 && code !== status.DEADLINE_EXCEEDED)) return;
    turn += 1;
    line = dial(addresses[turn % addresses.length] ?? '');
    from.client.close();
  }

  function judge(from: Dialled<Client>, error: ServiceError): Refusal {
    const refusal = (error.code === status.UNAVAILABLE ? from.stranger() : undefined) ?? refusalOf(error);
    told?.(from.address, !isAway(refusal));
    if (isAway(refusal)) moveOn(from, error.code);
    return refusal;
  }

  function once<Answer>(invoke: Invoke<Client, Answer>): Promise<Outcome<Answer>> {
    const used = line;
    return new Promise((resolve) => {
      if (closed) return resolve(refuse('RENEW_UNREACHABLE', 'the channel is closed'));
      // grpc-js takes an instant, and compares it with this very clock.
      invoke(used.client, { deadline: Date.now() + deadline }, (error, answer) => {
        if (error === null) told?.(used.address, true);
        if (error === null && answer !== undefined) return resolve(admit(answer));
        resolve(error === null ? refuse('RENEW_ANSWER', 'no answer') : { ok: false, refusal: judge(used, error) });
      });
    });
  }

  return {
    async call(invoke) {
      let outcome = await once(invoke);
      for (let more = addresses.length - 1; more > 0 && !outcome.ok && isAway(outcome.refusal); more -= 1)
        outcome = await once(invoke);
      return outcome;
    },
    open() {
      const used = line;
      return {
        client: used.client,
        judge: (error) => judge(used, error),
        silent() {
          told?.(used.address, false);
          moveOn(used, status.DEADLINE_EXCEEDED);
          return { code: 'RENEW_UNREACHABLE', detail: `${used.address}: nothing came within ${deadline} ms` };
        },
        heard: () => told?.(used.address, true),
        patience: deadline,
      };
    },
    close() {
      if (!closed) line.client.close();
      closed = true;
    },
  };
}

/** One client for one address, with the last verdict on who answered there. */
interface Dialled<Client> {
  readonly address: string;
  readonly client: Client & { close(): void };
  readonly stranger: () => Refusal | undefined;
}

function createDial<Client>(
  Constructor: ClientConstructor<Client>,
  { caId, identity, answerMost = ANSWER_MOST }: CaEndpoint,
): (address: string) => Dialled<Client> {
  const options = { ...OPTIONS, 'grpc.max_receive_message_length': answerMost };
  const context = createSecureContext(clientContextOptions(identity));
  return (address) => {
    let stranger: Refusal | undefined;
    const checkServerIdentity = (_host: string, { raw }: PeerCertificate): Error | undefined => {
      const found = checkCa(raw, caId);
      stranger = found.ok ? undefined : found.refusal;
      return found.ok ? undefined : new Error(found.refusal.detail);
    };
    const trust = credentials.createFromSecureContext(context, { checkServerIdentity });
    return { address, client: new Constructor(address, trust, options), stranger: () => stranger };
  };
}

const isAway = ({ code }: Refusal): boolean => code === 'RENEW_UNREACHABLE' || code === 'RENEW_UNTRUSTED';

/** TLS has verified the chain; this says whose it is. Refuses: RENEW_UNTRUSTED. */
function checkCa(leaf: Buffer, caId: SpiffeId): Outcome<void> {
  const certificate = parseCertificate(leaf);
  const id = certificate.ok ? checkSvid(certificate.value, caId.trustDomain) : certificate;
  if (!id.ok) return refuse('RENEW_UNTRUSTED', `the server's certificate: ${id.refusal.detail}`);
  if (id.value.uri !== caId.uri) return refuse('RENEW_UNTRUSTED', `the server is ${id.value.uri}, not ${caId.uri}`);
  return admit(undefined);
}
