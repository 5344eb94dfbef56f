import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AcknowledgeRequest as _cleat_ca_v1_AcknowledgeRequest, AcknowledgeRequest__Output as _cleat_ca_v1_AcknowledgeRequest__Output } from './cleat/ca/v1/AcknowledgeRequest.ts';
import type { AcknowledgeResponse as _cleat_ca_v1_AcknowledgeResponse, AcknowledgeResponse__Output as _cleat_ca_v1_AcknowledgeResponse__Output } from './cleat/ca/v1/AcknowledgeResponse.ts';
import type { BootstrapClient as _cleat_ca_v1_BootstrapClient, BootstrapDefinition as _cleat_ca_v1_BootstrapDefinition } from './cleat/ca/v1/Bootstrap.ts';
import type { Bundle as _cleat_ca_v1_Bundle, Bundle__Output as _cleat_ca_v1_Bundle__Output } from './cleat/ca/v1/Bundle.ts';
import type { Certificate as _cleat_ca_v1_Certificate, Certificate__Output as _cleat_ca_v1_Certificate__Output } from './cleat/ca/v1/Certificate.ts';
import type { IssueRequest as _cleat_ca_v1_IssueRequest, IssueRequest__Output as _cleat_ca_v1_IssueRequest__Output } from './cleat/ca/v1/IssueRequest.ts';
import type { IssueResponse as _cleat_ca_v1_IssueResponse, IssueResponse__Output as _cleat_ca_v1_IssueResponse__Output } from './cleat/ca/v1/IssueResponse.ts';
import type { MeshClient as _cleat_ca_v1_MeshClient, MeshDefinition as _cleat_ca_v1_MeshDefinition } from './cleat/ca/v1/Mesh.ts';
import type { MintTokenRequest as _cleat_ca_v1_MintTokenRequest, MintTokenRequest__Output as _cleat_ca_v1_MintTokenRequest__Output } from './cleat/ca/v1/MintTokenRequest.ts';
import type { MintTokenResponse as _cleat_ca_v1_MintTokenResponse, MintTokenResponse__Output as _cleat_ca_v1_MintTokenResponse__Output } from './cleat/ca/v1/MintTokenResponse.ts';
import type { RenewRequest as _cleat_ca_v1_RenewRequest, RenewRequest__Output as _cleat_ca_v1_RenewRequest__Output } from './cleat/ca/v1/RenewRequest.ts';
import type { RenewResponse as _cleat_ca_v1_RenewResponse, RenewResponse__Output as _cleat_ca_v1_RenewResponse__Output } from './cleat/ca/v1/RenewResponse.ts';
import type { Revocation as _cleat_ca_v1_Revocation, Revocation__Output as _cleat_ca_v1_Revocation__Output } from './cleat/ca/v1/Revocation.ts';
import type { Revocations as _cleat_ca_v1_Revocations, Revocations__Output as _cleat_ca_v1_Revocations__Output } from './cleat/ca/v1/Revocations.ts';
import type { RevokedCertificate as _cleat_ca_v1_RevokedCertificate, RevokedCertificate__Output as _cleat_ca_v1_RevokedCertificate__Output } from './cleat/ca/v1/RevokedCertificate.ts';
import type { RevokedToken as _cleat_ca_v1_RevokedToken, RevokedToken__Output as _cleat_ca_v1_RevokedToken__Output } from './cleat/ca/v1/RevokedToken.ts';
import type { WatchRequest as _cleat_ca_v1_WatchRequest, WatchRequest__Output as _cleat_ca_v1_WatchRequest__Output } from './cleat/ca/v1/WatchRequest.ts';
import type { WatchResponse as _cleat_ca_v1_WatchResponse, WatchResponse__Output as _cleat_ca_v1_WatchResponse__Output } from './cleat/ca/v1/WatchResponse.ts';
import type { X509Possession as _cleat_ca_v1_X509Possession, X509Possession__Output as _cleat_ca_v1_X509Possession__Output } from './cleat/ca/v1/X509Possession.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  cleat: {
    ca: {
      v1: {
        AcknowledgeRequest: MessageTypeDefinition<_cleat_ca_v1_AcknowledgeRequest, _cleat_ca_v1_AcknowledgeRequest__Output>
        AcknowledgeResponse: MessageTypeDefinition<_cleat_ca_v1_AcknowledgeResponse, _cleat_ca_v1_AcknowledgeResponse__Output>
        Bootstrap: SubtypeConstructor<typeof grpc.Client, _cleat_ca_v1_BootstrapClient> & { service: _cleat_ca_v1_BootstrapDefinition }
        Bundle: MessageTypeDefinition<_cleat_ca_v1_Bundle, _cleat_ca_v1_Bundle__Output>
        Certificate: MessageTypeDefinition<_cleat_ca_v1_Certificate, _cleat_ca_v1_Certificate__Output>
        IssueRequest: MessageTypeDefinition<_cleat_ca_v1_IssueRequest, _cleat_ca_v1_IssueRequest__Output>
        IssueResponse: MessageTypeDefinition<_cleat_ca_v1_IssueResponse, _cleat_ca_v1_IssueResponse__Output>
        Mesh: SubtypeConstructor<typeof grpc.Client, _cleat_ca_v1_MeshClient> & { service: _cleat_ca_v1_MeshDefinition }
        MintTokenRequest: MessageTypeDefinition<_cleat_ca_v1_MintTokenRequest, _cleat_ca_v1_MintTokenRequest__Output>
        MintTokenResponse: MessageTypeDefinition<_cleat_ca_v1_MintTokenResponse, _cleat_ca_v1_MintTokenResponse__Output>
        RenewRequest: MessageTypeDefinition<_cleat_ca_v1_RenewRequest, _cleat_ca_v1_RenewRequest__Output>
        RenewResponse: MessageTypeDefinition<_cleat_ca_v1_RenewResponse, _cleat_ca_v1_RenewResponse__Output>
        Revocation: MessageTypeDefinition<_cleat_ca_v1_Revocation, _cleat_ca_v1_Revocation__Output>
        Revocations: MessageTypeDefinition<_cleat_ca_v1_Revocations, _cleat_ca_v1_Revocations__Output>
        RevokedCertificate: MessageTypeDefinition<_cleat_ca_v1_RevokedCertificate, _cleat_ca_v1_RevokedCertificate__Output>
        RevokedToken: MessageTypeDefinition<_cleat_ca_v1_RevokedToken, _cleat_ca_v1_RevokedToken__Output>
        WatchRequest: MessageTypeDefinition<_cleat_ca_v1_WatchRequest, _cleat_ca_v1_WatchRequest__Output>
        WatchResponse: MessageTypeDefinition<_cleat_ca_v1_WatchResponse, _cleat_ca_v1_WatchResponse__Output>
        X509Possession: MessageTypeDefinition<_cleat_ca_v1_X509Possession, _cleat_ca_v1_X509Possession__Output>
      }
    }
  }
}

