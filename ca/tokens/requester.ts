/** Who asks for a token, once it is known: made by the client authentication of the token endpoint, and from the leaf of the
 *  caller over gRPC. Types only. */
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { ApiKeyRecord, ClientRecord } from '../journal/record.ts';

/** A workload by the certificate of this very connection. */
export interface RequestingWorkload {
  readonly id: SpiffeId;
  readonly leaf: Certificate;
}

export interface TokenRequester {
  /** Undefined only for a client that is registered for DPoP and came without a certificate. */
  readonly workload: RequestingWorkload | undefined;
  /** Undefined where the workload asks in its own name. */
  readonly client: ClientRecord | undefined;
  /** What the client showed, where that was an API key. */
  readonly apiKey: ApiKeyRecord | undefined;
  /** RFC 7638 thumbprint of the key of a DPoP proof that was verified at this request. */
  readonly jkt: string | undefined;
}
