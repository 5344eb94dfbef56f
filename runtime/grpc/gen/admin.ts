import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AdminClient as _cleat_ca_v1_AdminClient, AdminDefinition as _cleat_ca_v1_AdminDefinition } from './cleat/ca/v1/Admin.ts';
import type { AuthorityState as _cleat_ca_v1_AuthorityState, AuthorityState__Output as _cleat_ca_v1_AuthorityState__Output } from './cleat/ca/v1/AuthorityState.ts';
import type { IssuedCertificate as _cleat_ca_v1_IssuedCertificate, IssuedCertificate__Output as _cleat_ca_v1_IssuedCertificate__Output } from './cleat/ca/v1/IssuedCertificate.ts';
import type { JoinTokenState as _cleat_ca_v1_JoinTokenState, JoinTokenState__Output as _cleat_ca_v1_JoinTokenState__Output } from './cleat/ca/v1/JoinTokenState.ts';
import type { LineageState as _cleat_ca_v1_LineageState, LineageState__Output as _cleat_ca_v1_LineageState__Output } from './cleat/ca/v1/LineageState.ts';
import type { ListCertificatesRequest as _cleat_ca_v1_ListCertificatesRequest, ListCertificatesRequest__Output as _cleat_ca_v1_ListCertificatesRequest__Output } from './cleat/ca/v1/ListCertificatesRequest.ts';
import type { ListCertificatesResponse as _cleat_ca_v1_ListCertificatesResponse, ListCertificatesResponse__Output as _cleat_ca_v1_ListCertificatesResponse__Output } from './cleat/ca/v1/ListCertificatesResponse.ts';
import type { ListJoinTokensRequest as _cleat_ca_v1_ListJoinTokensRequest, ListJoinTokensRequest__Output as _cleat_ca_v1_ListJoinTokensRequest__Output } from './cleat/ca/v1/ListJoinTokensRequest.ts';
import type { ListJoinTokensResponse as _cleat_ca_v1_ListJoinTokensResponse, ListJoinTokensResponse__Output as _cleat_ca_v1_ListJoinTokensResponse__Output } from './cleat/ca/v1/ListJoinTokensResponse.ts';
import type { ListLineagesRequest as _cleat_ca_v1_ListLineagesRequest, ListLineagesRequest__Output as _cleat_ca_v1_ListLineagesRequest__Output } from './cleat/ca/v1/ListLineagesRequest.ts';
import type { ListLineagesResponse as _cleat_ca_v1_ListLineagesResponse, ListLineagesResponse__Output as _cleat_ca_v1_ListLineagesResponse__Output } from './cleat/ca/v1/ListLineagesResponse.ts';
import type { ListRevocationsRequest as _cleat_ca_v1_ListRevocationsRequest, ListRevocationsRequest__Output as _cleat_ca_v1_ListRevocationsRequest__Output } from './cleat/ca/v1/ListRevocationsRequest.ts';
import type { ListRevocationsResponse as _cleat_ca_v1_ListRevocationsResponse, ListRevocationsResponse__Output as _cleat_ca_v1_ListRevocationsResponse__Output } from './cleat/ca/v1/ListRevocationsResponse.ts';
import type { ListSidecarsRequest as _cleat_ca_v1_ListSidecarsRequest, ListSidecarsRequest__Output as _cleat_ca_v1_ListSidecarsRequest__Output } from './cleat/ca/v1/ListSidecarsRequest.ts';
import type { ListSidecarsResponse as _cleat_ca_v1_ListSidecarsResponse, ListSidecarsResponse__Output as _cleat_ca_v1_ListSidecarsResponse__Output } from './cleat/ca/v1/ListSidecarsResponse.ts';
import type { MakeJoinTokenRequest as _cleat_ca_v1_MakeJoinTokenRequest, MakeJoinTokenRequest__Output as _cleat_ca_v1_MakeJoinTokenRequest__Output } from './cleat/ca/v1/MakeJoinTokenRequest.ts';
import type { MakeJoinTokenResponse as _cleat_ca_v1_MakeJoinTokenResponse, MakeJoinTokenResponse__Output as _cleat_ca_v1_MakeJoinTokenResponse__Output } from './cleat/ca/v1/MakeJoinTokenResponse.ts';
import type { RevocationEntry as _cleat_ca_v1_RevocationEntry, RevocationEntry__Output as _cleat_ca_v1_RevocationEntry__Output } from './cleat/ca/v1/RevocationEntry.ts';
import type { RevokeRequest as _cleat_ca_v1_RevokeRequest, RevokeRequest__Output as _cleat_ca_v1_RevokeRequest__Output } from './cleat/ca/v1/RevokeRequest.ts';
import type { RotateRequest as _cleat_ca_v1_RotateRequest, RotateRequest__Output as _cleat_ca_v1_RotateRequest__Output } from './cleat/ca/v1/RotateRequest.ts';
import type { RotationStatus as _cleat_ca_v1_RotationStatus, RotationStatus__Output as _cleat_ca_v1_RotationStatus__Output } from './cleat/ca/v1/RotationStatus.ts';
import type { SidecarState as _cleat_ca_v1_SidecarState, SidecarState__Output as _cleat_ca_v1_SidecarState__Output } from './cleat/ca/v1/SidecarState.ts';
import type { WithdrawJoinTokenRequest as _cleat_ca_v1_WithdrawJoinTokenRequest, WithdrawJoinTokenRequest__Output as _cleat_ca_v1_WithdrawJoinTokenRequest__Output } from './cleat/ca/v1/WithdrawJoinTokenRequest.ts';
import type { WithdrawJoinTokenResponse as _cleat_ca_v1_WithdrawJoinTokenResponse, WithdrawJoinTokenResponse__Output as _cleat_ca_v1_WithdrawJoinTokenResponse__Output } from './cleat/ca/v1/WithdrawJoinTokenResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  cleat: {
    ca: {
      v1: {
        Admin: SubtypeConstructor<typeof grpc.Client, _cleat_ca_v1_AdminClient> & { service: _cleat_ca_v1_AdminDefinition }
        AuthorityState: MessageTypeDefinition<_cleat_ca_v1_AuthorityState, _cleat_ca_v1_AuthorityState__Output>
        IssuedCertificate: MessageTypeDefinition<_cleat_ca_v1_IssuedCertificate, _cleat_ca_v1_IssuedCertificate__Output>
        JoinTokenState: MessageTypeDefinition<_cleat_ca_v1_JoinTokenState, _cleat_ca_v1_JoinTokenState__Output>
        LineageState: MessageTypeDefinition<_cleat_ca_v1_LineageState, _cleat_ca_v1_LineageState__Output>
        ListCertificatesRequest: MessageTypeDefinition<_cleat_ca_v1_ListCertificatesRequest, _cleat_ca_v1_ListCertificatesRequest__Output>
        ListCertificatesResponse: MessageTypeDefinition<_cleat_ca_v1_ListCertificatesResponse, _cleat_ca_v1_ListCertificatesResponse__Output>
        ListJoinTokensRequest: MessageTypeDefinition<_cleat_ca_v1_ListJoinTokensRequest, _cleat_ca_v1_ListJoinTokensRequest__Output>
        ListJoinTokensResponse: MessageTypeDefinition<_cleat_ca_v1_ListJoinTokensResponse, _cleat_ca_v1_ListJoinTokensResponse__Output>
        ListLineagesRequest: MessageTypeDefinition<_cleat_ca_v1_ListLineagesRequest, _cleat_ca_v1_ListLineagesRequest__Output>
        ListLineagesResponse: MessageTypeDefinition<_cleat_ca_v1_ListLineagesResponse, _cleat_ca_v1_ListLineagesResponse__Output>
        ListRevocationsRequest: MessageTypeDefinition<_cleat_ca_v1_ListRevocationsRequest, _cleat_ca_v1_ListRevocationsRequest__Output>
        ListRevocationsResponse: MessageTypeDefinition<_cleat_ca_v1_ListRevocationsResponse, _cleat_ca_v1_ListRevocationsResponse__Output>
        ListSidecarsRequest: MessageTypeDefinition<_cleat_ca_v1_ListSidecarsRequest, _cleat_ca_v1_ListSidecarsRequest__Output>
        ListSidecarsResponse: MessageTypeDefinition<_cleat_ca_v1_ListSidecarsResponse, _cleat_ca_v1_ListSidecarsResponse__Output>
        MakeJoinTokenRequest: MessageTypeDefinition<_cleat_ca_v1_MakeJoinTokenRequest, _cleat_ca_v1_MakeJoinTokenRequest__Output>
        MakeJoinTokenResponse: MessageTypeDefinition<_cleat_ca_v1_MakeJoinTokenResponse, _cleat_ca_v1_MakeJoinTokenResponse__Output>
        RevocationEntry: MessageTypeDefinition<_cleat_ca_v1_RevocationEntry, _cleat_ca_v1_RevocationEntry__Output>
        RevokeRequest: MessageTypeDefinition<_cleat_ca_v1_RevokeRequest, _cleat_ca_v1_RevokeRequest__Output>
        RotateRequest: MessageTypeDefinition<_cleat_ca_v1_RotateRequest, _cleat_ca_v1_RotateRequest__Output>
        RotationStatus: MessageTypeDefinition<_cleat_ca_v1_RotationStatus, _cleat_ca_v1_RotationStatus__Output>
        SidecarState: MessageTypeDefinition<_cleat_ca_v1_SidecarState, _cleat_ca_v1_SidecarState__Output>
        WithdrawJoinTokenRequest: MessageTypeDefinition<_cleat_ca_v1_WithdrawJoinTokenRequest, _cleat_ca_v1_WithdrawJoinTokenRequest__Output>
        WithdrawJoinTokenResponse: MessageTypeDefinition<_cleat_ca_v1_WithdrawJoinTokenResponse, _cleat_ca_v1_WithdrawJoinTokenResponse__Output>
      }
    }
  }
}

