import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AdminClient as _cleat_ca_v1_AdminClient, AdminDefinition as _cleat_ca_v1_AdminDefinition } from './cleat/ca/v1/Admin.ts';
import type { ApiKeyAnswer as _cleat_ca_v1_ApiKeyAnswer, ApiKeyAnswer__Output as _cleat_ca_v1_ApiKeyAnswer__Output } from './cleat/ca/v1/ApiKeyAnswer.ts';
import type { ApiKeyState as _cleat_ca_v1_ApiKeyState, ApiKeyState__Output as _cleat_ca_v1_ApiKeyState__Output } from './cleat/ca/v1/ApiKeyState.ts';
import type { AuthorityState as _cleat_ca_v1_AuthorityState, AuthorityState__Output as _cleat_ca_v1_AuthorityState__Output } from './cleat/ca/v1/AuthorityState.ts';
import type { ClientAnswer as _cleat_ca_v1_ClientAnswer, ClientAnswer__Output as _cleat_ca_v1_ClientAnswer__Output } from './cleat/ca/v1/ClientAnswer.ts';
import type { ClientSecretState as _cleat_ca_v1_ClientSecretState, ClientSecretState__Output as _cleat_ca_v1_ClientSecretState__Output } from './cleat/ca/v1/ClientSecretState.ts';
import type { ClientState as _cleat_ca_v1_ClientState, ClientState__Output as _cleat_ca_v1_ClientState__Output } from './cleat/ca/v1/ClientState.ts';
import type { CreateApiKeyRequest as _cleat_ca_v1_CreateApiKeyRequest, CreateApiKeyRequest__Output as _cleat_ca_v1_CreateApiKeyRequest__Output } from './cleat/ca/v1/CreateApiKeyRequest.ts';
import type { CreateClientRequest as _cleat_ca_v1_CreateClientRequest, CreateClientRequest__Output as _cleat_ca_v1_CreateClientRequest__Output } from './cleat/ca/v1/CreateClientRequest.ts';
import type { CreateMandateRequest as _cleat_ca_v1_CreateMandateRequest, CreateMandateRequest__Output as _cleat_ca_v1_CreateMandateRequest__Output } from './cleat/ca/v1/CreateMandateRequest.ts';
import type { DisableClientRequest as _cleat_ca_v1_DisableClientRequest, DisableClientRequest__Output as _cleat_ca_v1_DisableClientRequest__Output } from './cleat/ca/v1/DisableClientRequest.ts';
import type { EndMandateRequest as _cleat_ca_v1_EndMandateRequest, EndMandateRequest__Output as _cleat_ca_v1_EndMandateRequest__Output } from './cleat/ca/v1/EndMandateRequest.ts';
import type { IssuedCertificate as _cleat_ca_v1_IssuedCertificate, IssuedCertificate__Output as _cleat_ca_v1_IssuedCertificate__Output } from './cleat/ca/v1/IssuedCertificate.ts';
import type { JoinTokenState as _cleat_ca_v1_JoinTokenState, JoinTokenState__Output as _cleat_ca_v1_JoinTokenState__Output } from './cleat/ca/v1/JoinTokenState.ts';
import type { LineageState as _cleat_ca_v1_LineageState, LineageState__Output as _cleat_ca_v1_LineageState__Output } from './cleat/ca/v1/LineageState.ts';
import type { ListApiKeysRequest as _cleat_ca_v1_ListApiKeysRequest, ListApiKeysRequest__Output as _cleat_ca_v1_ListApiKeysRequest__Output } from './cleat/ca/v1/ListApiKeysRequest.ts';
import type { ListApiKeysResponse as _cleat_ca_v1_ListApiKeysResponse, ListApiKeysResponse__Output as _cleat_ca_v1_ListApiKeysResponse__Output } from './cleat/ca/v1/ListApiKeysResponse.ts';
import type { ListCertificatesRequest as _cleat_ca_v1_ListCertificatesRequest, ListCertificatesRequest__Output as _cleat_ca_v1_ListCertificatesRequest__Output } from './cleat/ca/v1/ListCertificatesRequest.ts';
import type { ListCertificatesResponse as _cleat_ca_v1_ListCertificatesResponse, ListCertificatesResponse__Output as _cleat_ca_v1_ListCertificatesResponse__Output } from './cleat/ca/v1/ListCertificatesResponse.ts';
import type { ListClientsRequest as _cleat_ca_v1_ListClientsRequest, ListClientsRequest__Output as _cleat_ca_v1_ListClientsRequest__Output } from './cleat/ca/v1/ListClientsRequest.ts';
import type { ListClientsResponse as _cleat_ca_v1_ListClientsResponse, ListClientsResponse__Output as _cleat_ca_v1_ListClientsResponse__Output } from './cleat/ca/v1/ListClientsResponse.ts';
import type { ListJoinTokensRequest as _cleat_ca_v1_ListJoinTokensRequest, ListJoinTokensRequest__Output as _cleat_ca_v1_ListJoinTokensRequest__Output } from './cleat/ca/v1/ListJoinTokensRequest.ts';
import type { ListJoinTokensResponse as _cleat_ca_v1_ListJoinTokensResponse, ListJoinTokensResponse__Output as _cleat_ca_v1_ListJoinTokensResponse__Output } from './cleat/ca/v1/ListJoinTokensResponse.ts';
import type { ListLineagesRequest as _cleat_ca_v1_ListLineagesRequest, ListLineagesRequest__Output as _cleat_ca_v1_ListLineagesRequest__Output } from './cleat/ca/v1/ListLineagesRequest.ts';
import type { ListLineagesResponse as _cleat_ca_v1_ListLineagesResponse, ListLineagesResponse__Output as _cleat_ca_v1_ListLineagesResponse__Output } from './cleat/ca/v1/ListLineagesResponse.ts';
import type { ListMandatesRequest as _cleat_ca_v1_ListMandatesRequest, ListMandatesRequest__Output as _cleat_ca_v1_ListMandatesRequest__Output } from './cleat/ca/v1/ListMandatesRequest.ts';
import type { ListMandatesResponse as _cleat_ca_v1_ListMandatesResponse, ListMandatesResponse__Output as _cleat_ca_v1_ListMandatesResponse__Output } from './cleat/ca/v1/ListMandatesResponse.ts';
import type { ListRevocationsRequest as _cleat_ca_v1_ListRevocationsRequest, ListRevocationsRequest__Output as _cleat_ca_v1_ListRevocationsRequest__Output } from './cleat/ca/v1/ListRevocationsRequest.ts';
import type { ListRevocationsResponse as _cleat_ca_v1_ListRevocationsResponse, ListRevocationsResponse__Output as _cleat_ca_v1_ListRevocationsResponse__Output } from './cleat/ca/v1/ListRevocationsResponse.ts';
import type { ListSidecarsRequest as _cleat_ca_v1_ListSidecarsRequest, ListSidecarsRequest__Output as _cleat_ca_v1_ListSidecarsRequest__Output } from './cleat/ca/v1/ListSidecarsRequest.ts';
import type { ListSidecarsResponse as _cleat_ca_v1_ListSidecarsResponse, ListSidecarsResponse__Output as _cleat_ca_v1_ListSidecarsResponse__Output } from './cleat/ca/v1/ListSidecarsResponse.ts';
import type { MakeJoinTokenRequest as _cleat_ca_v1_MakeJoinTokenRequest, MakeJoinTokenRequest__Output as _cleat_ca_v1_MakeJoinTokenRequest__Output } from './cleat/ca/v1/MakeJoinTokenRequest.ts';
import type { MakeJoinTokenResponse as _cleat_ca_v1_MakeJoinTokenResponse, MakeJoinTokenResponse__Output as _cleat_ca_v1_MakeJoinTokenResponse__Output } from './cleat/ca/v1/MakeJoinTokenResponse.ts';
import type { MandateAnswer as _cleat_ca_v1_MandateAnswer, MandateAnswer__Output as _cleat_ca_v1_MandateAnswer__Output } from './cleat/ca/v1/MandateAnswer.ts';
import type { MandateHolder as _cleat_ca_v1_MandateHolder, MandateHolder__Output as _cleat_ca_v1_MandateHolder__Output } from './cleat/ca/v1/MandateHolder.ts';
import type { MandateState as _cleat_ca_v1_MandateState, MandateState__Output as _cleat_ca_v1_MandateState__Output } from './cleat/ca/v1/MandateState.ts';
import type { RevocationEntry as _cleat_ca_v1_RevocationEntry, RevocationEntry__Output as _cleat_ca_v1_RevocationEntry__Output } from './cleat/ca/v1/RevocationEntry.ts';
import type { RevokeApiKeyRequest as _cleat_ca_v1_RevokeApiKeyRequest, RevokeApiKeyRequest__Output as _cleat_ca_v1_RevokeApiKeyRequest__Output } from './cleat/ca/v1/RevokeApiKeyRequest.ts';
import type { RevokeRequest as _cleat_ca_v1_RevokeRequest, RevokeRequest__Output as _cleat_ca_v1_RevokeRequest__Output } from './cleat/ca/v1/RevokeRequest.ts';
import type { RotateApiKeyRequest as _cleat_ca_v1_RotateApiKeyRequest, RotateApiKeyRequest__Output as _cleat_ca_v1_RotateApiKeyRequest__Output } from './cleat/ca/v1/RotateApiKeyRequest.ts';
import type { RotateClientRequest as _cleat_ca_v1_RotateClientRequest, RotateClientRequest__Output as _cleat_ca_v1_RotateClientRequest__Output } from './cleat/ca/v1/RotateClientRequest.ts';
import type { RotateRequest as _cleat_ca_v1_RotateRequest, RotateRequest__Output as _cleat_ca_v1_RotateRequest__Output } from './cleat/ca/v1/RotateRequest.ts';
import type { RotationStatus as _cleat_ca_v1_RotationStatus, RotationStatus__Output as _cleat_ca_v1_RotationStatus__Output } from './cleat/ca/v1/RotationStatus.ts';
import type { SidecarState as _cleat_ca_v1_SidecarState, SidecarState__Output as _cleat_ca_v1_SidecarState__Output } from './cleat/ca/v1/SidecarState.ts';
import type { WithdrawJoinTokenRequest as _cleat_ca_v1_WithdrawJoinTokenRequest, WithdrawJoinTokenRequest__Output as _cleat_ca_v1_WithdrawJoinTokenRequest__Output } from './cleat/ca/v1/WithdrawJoinTokenRequest.ts';
import type { WithdrawJoinTokenResponse as _cleat_ca_v1_WithdrawJoinTokenResponse, WithdrawJoinTokenResponse__Output as _cleat_ca_v1_WithdrawJoinTokenResponse__Output } from './cleat/ca/v1/WithdrawJoinTokenResponse.ts';
import type { WorkloadPattern as _cleat_ca_v1_WorkloadPattern, WorkloadPattern__Output as _cleat_ca_v1_WorkloadPattern__Output } from './cleat/ca/v1/WorkloadPattern.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  cleat: {
    ca: {
      v1: {
        Admin: SubtypeConstructor<typeof grpc.Client, _cleat_ca_v1_AdminClient> & { service: _cleat_ca_v1_AdminDefinition }
        ApiKeyAnswer: MessageTypeDefinition<_cleat_ca_v1_ApiKeyAnswer, _cleat_ca_v1_ApiKeyAnswer__Output>
        ApiKeyState: MessageTypeDefinition<_cleat_ca_v1_ApiKeyState, _cleat_ca_v1_ApiKeyState__Output>
        AuthorityState: MessageTypeDefinition<_cleat_ca_v1_AuthorityState, _cleat_ca_v1_AuthorityState__Output>
        ClientAnswer: MessageTypeDefinition<_cleat_ca_v1_ClientAnswer, _cleat_ca_v1_ClientAnswer__Output>
        ClientSecretState: MessageTypeDefinition<_cleat_ca_v1_ClientSecretState, _cleat_ca_v1_ClientSecretState__Output>
        ClientState: MessageTypeDefinition<_cleat_ca_v1_ClientState, _cleat_ca_v1_ClientState__Output>
        CreateApiKeyRequest: MessageTypeDefinition<_cleat_ca_v1_CreateApiKeyRequest, _cleat_ca_v1_CreateApiKeyRequest__Output>
        CreateClientRequest: MessageTypeDefinition<_cleat_ca_v1_CreateClientRequest, _cleat_ca_v1_CreateClientRequest__Output>
        CreateMandateRequest: MessageTypeDefinition<_cleat_ca_v1_CreateMandateRequest, _cleat_ca_v1_CreateMandateRequest__Output>
        DisableClientRequest: MessageTypeDefinition<_cleat_ca_v1_DisableClientRequest, _cleat_ca_v1_DisableClientRequest__Output>
        EndMandateRequest: MessageTypeDefinition<_cleat_ca_v1_EndMandateRequest, _cleat_ca_v1_EndMandateRequest__Output>
        IssuedCertificate: MessageTypeDefinition<_cleat_ca_v1_IssuedCertificate, _cleat_ca_v1_IssuedCertificate__Output>
        JoinTokenState: MessageTypeDefinition<_cleat_ca_v1_JoinTokenState, _cleat_ca_v1_JoinTokenState__Output>
        LineageState: MessageTypeDefinition<_cleat_ca_v1_LineageState, _cleat_ca_v1_LineageState__Output>
        ListApiKeysRequest: MessageTypeDefinition<_cleat_ca_v1_ListApiKeysRequest, _cleat_ca_v1_ListApiKeysRequest__Output>
        ListApiKeysResponse: MessageTypeDefinition<_cleat_ca_v1_ListApiKeysResponse, _cleat_ca_v1_ListApiKeysResponse__Output>
        ListCertificatesRequest: MessageTypeDefinition<_cleat_ca_v1_ListCertificatesRequest, _cleat_ca_v1_ListCertificatesRequest__Output>
        ListCertificatesResponse: MessageTypeDefinition<_cleat_ca_v1_ListCertificatesResponse, _cleat_ca_v1_ListCertificatesResponse__Output>
        ListClientsRequest: MessageTypeDefinition<_cleat_ca_v1_ListClientsRequest, _cleat_ca_v1_ListClientsRequest__Output>
        ListClientsResponse: MessageTypeDefinition<_cleat_ca_v1_ListClientsResponse, _cleat_ca_v1_ListClientsResponse__Output>
        ListJoinTokensRequest: MessageTypeDefinition<_cleat_ca_v1_ListJoinTokensRequest, _cleat_ca_v1_ListJoinTokensRequest__Output>
        ListJoinTokensResponse: MessageTypeDefinition<_cleat_ca_v1_ListJoinTokensResponse, _cleat_ca_v1_ListJoinTokensResponse__Output>
        ListLineagesRequest: MessageTypeDefinition<_cleat_ca_v1_ListLineagesRequest, _cleat_ca_v1_ListLineagesRequest__Output>
        ListLineagesResponse: MessageTypeDefinition<_cleat_ca_v1_ListLineagesResponse, _cleat_ca_v1_ListLineagesResponse__Output>
        ListMandatesRequest: MessageTypeDefinition<_cleat_ca_v1_ListMandatesRequest, _cleat_ca_v1_ListMandatesRequest__Output>
        ListMandatesResponse: MessageTypeDefinition<_cleat_ca_v1_ListMandatesResponse, _cleat_ca_v1_ListMandatesResponse__Output>
        ListRevocationsRequest: MessageTypeDefinition<_cleat_ca_v1_ListRevocationsRequest, _cleat_ca_v1_ListRevocationsRequest__Output>
        ListRevocationsResponse: MessageTypeDefinition<_cleat_ca_v1_ListRevocationsResponse, _cleat_ca_v1_ListRevocationsResponse__Output>
        ListSidecarsRequest: MessageTypeDefinition<_cleat_ca_v1_ListSidecarsRequest, _cleat_ca_v1_ListSidecarsRequest__Output>
        ListSidecarsResponse: MessageTypeDefinition<_cleat_ca_v1_ListSidecarsResponse, _cleat_ca_v1_ListSidecarsResponse__Output>
        MakeJoinTokenRequest: MessageTypeDefinition<_cleat_ca_v1_MakeJoinTokenRequest, _cleat_ca_v1_MakeJoinTokenRequest__Output>
        MakeJoinTokenResponse: MessageTypeDefinition<_cleat_ca_v1_MakeJoinTokenResponse, _cleat_ca_v1_MakeJoinTokenResponse__Output>
        MandateAnswer: MessageTypeDefinition<_cleat_ca_v1_MandateAnswer, _cleat_ca_v1_MandateAnswer__Output>
        MandateHolder: MessageTypeDefinition<_cleat_ca_v1_MandateHolder, _cleat_ca_v1_MandateHolder__Output>
        MandateState: MessageTypeDefinition<_cleat_ca_v1_MandateState, _cleat_ca_v1_MandateState__Output>
        RevocationEntry: MessageTypeDefinition<_cleat_ca_v1_RevocationEntry, _cleat_ca_v1_RevocationEntry__Output>
        RevokeApiKeyRequest: MessageTypeDefinition<_cleat_ca_v1_RevokeApiKeyRequest, _cleat_ca_v1_RevokeApiKeyRequest__Output>
        RevokeRequest: MessageTypeDefinition<_cleat_ca_v1_RevokeRequest, _cleat_ca_v1_RevokeRequest__Output>
        RotateApiKeyRequest: MessageTypeDefinition<_cleat_ca_v1_RotateApiKeyRequest, _cleat_ca_v1_RotateApiKeyRequest__Output>
        RotateClientRequest: MessageTypeDefinition<_cleat_ca_v1_RotateClientRequest, _cleat_ca_v1_RotateClientRequest__Output>
        RotateRequest: MessageTypeDefinition<_cleat_ca_v1_RotateRequest, _cleat_ca_v1_RotateRequest__Output>
        RotationStatus: MessageTypeDefinition<_cleat_ca_v1_RotationStatus, _cleat_ca_v1_RotationStatus__Output>
        SidecarState: MessageTypeDefinition<_cleat_ca_v1_SidecarState, _cleat_ca_v1_SidecarState__Output>
        WithdrawJoinTokenRequest: MessageTypeDefinition<_cleat_ca_v1_WithdrawJoinTokenRequest, _cleat_ca_v1_WithdrawJoinTokenRequest__Output>
        WithdrawJoinTokenResponse: MessageTypeDefinition<_cleat_ca_v1_WithdrawJoinTokenResponse, _cleat_ca_v1_WithdrawJoinTokenResponse__Output>
        WorkloadPattern: MessageTypeDefinition<_cleat_ca_v1_WorkloadPattern, _cleat_ca_v1_WorkloadPattern__Output>
      }
    }
  }
}

