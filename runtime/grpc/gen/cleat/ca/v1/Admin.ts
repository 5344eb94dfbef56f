// Original file: proto/cleat/ca/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ApiKeyAnswer as _cleat_ca_v1_ApiKeyAnswer, ApiKeyAnswer__Output as _cleat_ca_v1_ApiKeyAnswer__Output } from '../../../cleat/ca/v1/ApiKeyAnswer.ts';
import type { ClientAnswer as _cleat_ca_v1_ClientAnswer, ClientAnswer__Output as _cleat_ca_v1_ClientAnswer__Output } from '../../../cleat/ca/v1/ClientAnswer.ts';
import type { CreateApiKeyRequest as _cleat_ca_v1_CreateApiKeyRequest, CreateApiKeyRequest__Output as _cleat_ca_v1_CreateApiKeyRequest__Output } from '../../../cleat/ca/v1/CreateApiKeyRequest.ts';
import type { CreateClientRequest as _cleat_ca_v1_CreateClientRequest, CreateClientRequest__Output as _cleat_ca_v1_CreateClientRequest__Output } from '../../../cleat/ca/v1/CreateClientRequest.ts';
import type { CreateMandateRequest as _cleat_ca_v1_CreateMandateRequest, CreateMandateRequest__Output as _cleat_ca_v1_CreateMandateRequest__Output } from '../../../cleat/ca/v1/CreateMandateRequest.ts';
import type { DisableClientRequest as _cleat_ca_v1_DisableClientRequest, DisableClientRequest__Output as _cleat_ca_v1_DisableClientRequest__Output } from '../../../cleat/ca/v1/DisableClientRequest.ts';
import type { EndMandateRequest as _cleat_ca_v1_EndMandateRequest, EndMandateRequest__Output as _cleat_ca_v1_EndMandateRequest__Output } from '../../../cleat/ca/v1/EndMandateRequest.ts';
import type { ListApiKeysRequest as _cleat_ca_v1_ListApiKeysRequest, ListApiKeysRequest__Output as _cleat_ca_v1_ListApiKeysRequest__Output } from '../../../cleat/ca/v1/ListApiKeysRequest.ts';
import type { ListApiKeysResponse as _cleat_ca_v1_ListApiKeysResponse, ListApiKeysResponse__Output as _cleat_ca_v1_ListApiKeysResponse__Output } from '../../../cleat/ca/v1/ListApiKeysResponse.ts';
import type { ListCertificatesRequest as _cleat_ca_v1_ListCertificatesRequest, ListCertificatesRequest__Output as _cleat_ca_v1_ListCertificatesRequest__Output } from '../../../cleat/ca/v1/ListCertificatesRequest.ts';
import type { ListCertificatesResponse as _cleat_ca_v1_ListCertificatesResponse, ListCertificatesResponse__Output as _cleat_ca_v1_ListCertificatesResponse__Output } from '../../../cleat/ca/v1/ListCertificatesResponse.ts';
import type { ListClientsRequest as _cleat_ca_v1_ListClientsRequest, ListClientsRequest__Output as _cleat_ca_v1_ListClientsRequest__Output } from '../../../cleat/ca/v1/ListClientsRequest.ts';
import type { ListClientsResponse as _cleat_ca_v1_ListClientsResponse, ListClientsResponse__Output as _cleat_ca_v1_ListClientsResponse__Output } from '../../../cleat/ca/v1/ListClientsResponse.ts';
import type { ListJoinTokensRequest as _cleat_ca_v1_ListJoinTokensRequest, ListJoinTokensRequest__Output as _cleat_ca_v1_ListJoinTokensRequest__Output } from '../../../cleat/ca/v1/ListJoinTokensRequest.ts';
import type { ListJoinTokensResponse as _cleat_ca_v1_ListJoinTokensResponse, ListJoinTokensResponse__Output as _cleat_ca_v1_ListJoinTokensResponse__Output } from '../../../cleat/ca/v1/ListJoinTokensResponse.ts';
import type { ListLineagesRequest as _cleat_ca_v1_ListLineagesRequest, ListLineagesRequest__Output as _cleat_ca_v1_ListLineagesRequest__Output } from '../../../cleat/ca/v1/ListLineagesRequest.ts';
import type { ListLineagesResponse as _cleat_ca_v1_ListLineagesResponse, ListLineagesResponse__Output as _cleat_ca_v1_ListLineagesResponse__Output } from '../../../cleat/ca/v1/ListLineagesResponse.ts';
import type { ListMandatesRequest as _cleat_ca_v1_ListMandatesRequest, ListMandatesRequest__Output as _cleat_ca_v1_ListMandatesRequest__Output } from '../../../cleat/ca/v1/ListMandatesRequest.ts';
import type { ListMandatesResponse as _cleat_ca_v1_ListMandatesResponse, ListMandatesResponse__Output as _cleat_ca_v1_ListMandatesResponse__Output } from '../../../cleat/ca/v1/ListMandatesResponse.ts';
import type { ListRevocationsRequest as _cleat_ca_v1_ListRevocationsRequest, ListRevocationsRequest__Output as _cleat_ca_v1_ListRevocationsRequest__Output } from '../../../cleat/ca/v1/ListRevocationsRequest.ts';
import type { ListRevocationsResponse as _cleat_ca_v1_ListRevocationsResponse, ListRevocationsResponse__Output as _cleat_ca_v1_ListRevocationsResponse__Output } from '../../../cleat/ca/v1/ListRevocationsResponse.ts';
import type { ListSidecarsRequest as _cleat_ca_v1_ListSidecarsRequest, ListSidecarsRequest__Output as _cleat_ca_v1_ListSidecarsRequest__Output } from '../../../cleat/ca/v1/ListSidecarsRequest.ts';
import type { ListSidecarsResponse as _cleat_ca_v1_ListSidecarsResponse, ListSidecarsResponse__Output as _cleat_ca_v1_ListSidecarsResponse__Output } from '../../../cleat/ca/v1/ListSidecarsResponse.ts';
import type { MakeJoinTokenRequest as _cleat_ca_v1_MakeJoinTokenRequest, MakeJoinTokenRequest__Output as _cleat_ca_v1_MakeJoinTokenRequest__Output } from '../../../cleat/ca/v1/MakeJoinTokenRequest.ts';
import type { MakeJoinTokenResponse as _cleat_ca_v1_MakeJoinTokenResponse, MakeJoinTokenResponse__Output as _cleat_ca_v1_MakeJoinTokenResponse__Output } from '../../../cleat/ca/v1/MakeJoinTokenResponse.ts';
import type { MandateAnswer as _cleat_ca_v1_MandateAnswer, MandateAnswer__Output as _cleat_ca_v1_MandateAnswer__Output } from '../../../cleat/ca/v1/MandateAnswer.ts';
import type { RevocationEntry as _cleat_ca_v1_RevocationEntry, RevocationEntry__Output as _cleat_ca_v1_RevocationEntry__Output } from '../../../cleat/ca/v1/RevocationEntry.ts';
import type { RevokeApiKeyRequest as _cleat_ca_v1_RevokeApiKeyRequest, RevokeApiKeyRequest__Output as _cleat_ca_v1_RevokeApiKeyRequest__Output } from '../../../cleat/ca/v1/RevokeApiKeyRequest.ts';
import type { RevokeRequest as _cleat_ca_v1_RevokeRequest, RevokeRequest__Output as _cleat_ca_v1_RevokeRequest__Output } from '../../../cleat/ca/v1/RevokeRequest.ts';
import type { RotateApiKeyRequest as _cleat_ca_v1_RotateApiKeyRequest, RotateApiKeyRequest__Output as _cleat_ca_v1_RotateApiKeyRequest__Output } from '../../../cleat/ca/v1/RotateApiKeyRequest.ts';
import type { RotateClientRequest as _cleat_ca_v1_RotateClientRequest, RotateClientRequest__Output as _cleat_ca_v1_RotateClientRequest__Output } from '../../../cleat/ca/v1/RotateClientRequest.ts';
import type { RotateRequest as _cleat_ca_v1_RotateRequest, RotateRequest__Output as _cleat_ca_v1_RotateRequest__Output } from '../../../cleat/ca/v1/RotateRequest.ts';
import type { RotationStatus as _cleat_ca_v1_RotationStatus, RotationStatus__Output as _cleat_ca_v1_RotationStatus__Output } from '../../../cleat/ca/v1/RotationStatus.ts';
import type { WithdrawJoinTokenRequest as _cleat_ca_v1_WithdrawJoinTokenRequest, WithdrawJoinTokenRequest__Output as _cleat_ca_v1_WithdrawJoinTokenRequest__Output } from '../../../cleat/ca/v1/WithdrawJoinTokenRequest.ts';
import type { WithdrawJoinTokenResponse as _cleat_ca_v1_WithdrawJoinTokenResponse, WithdrawJoinTokenResponse__Output as _cleat_ca_v1_WithdrawJoinTokenResponse__Output } from '../../../cleat/ca/v1/WithdrawJoinTokenResponse.ts';

export interface AdminClient extends grpc.Client {
  CreateApiKey(argument: _cleat_ca_v1_CreateApiKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  CreateApiKey(argument: _cleat_ca_v1_CreateApiKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  CreateApiKey(argument: _cleat_ca_v1_CreateApiKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  CreateApiKey(argument: _cleat_ca_v1_CreateApiKeyRequest, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  createApiKey(argument: _cleat_ca_v1_CreateApiKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  createApiKey(argument: _cleat_ca_v1_CreateApiKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  createApiKey(argument: _cleat_ca_v1_CreateApiKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  createApiKey(argument: _cleat_ca_v1_CreateApiKeyRequest, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  
  CreateClient(argument: _cleat_ca_v1_CreateClientRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  CreateClient(argument: _cleat_ca_v1_CreateClientRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  CreateClient(argument: _cleat_ca_v1_CreateClientRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  CreateClient(argument: _cleat_ca_v1_CreateClientRequest, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  createClient(argument: _cleat_ca_v1_CreateClientRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  createClient(argument: _cleat_ca_v1_CreateClientRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  createClient(argument: _cleat_ca_v1_CreateClientRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  createClient(argument: _cleat_ca_v1_CreateClientRequest, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  
  CreateMandate(argument: _cleat_ca_v1_CreateMandateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  CreateMandate(argument: _cleat_ca_v1_CreateMandateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  CreateMandate(argument: _cleat_ca_v1_CreateMandateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  CreateMandate(argument: _cleat_ca_v1_CreateMandateRequest, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  createMandate(argument: _cleat_ca_v1_CreateMandateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  createMandate(argument: _cleat_ca_v1_CreateMandateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  createMandate(argument: _cleat_ca_v1_CreateMandateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  createMandate(argument: _cleat_ca_v1_CreateMandateRequest, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  
  DisableClient(argument: _cleat_ca_v1_DisableClientRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  DisableClient(argument: _cleat_ca_v1_DisableClientRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  DisableClient(argument: _cleat_ca_v1_DisableClientRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  DisableClient(argument: _cleat_ca_v1_DisableClientRequest, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  disableClient(argument: _cleat_ca_v1_DisableClientRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  disableClient(argument: _cleat_ca_v1_DisableClientRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  disableClient(argument: _cleat_ca_v1_DisableClientRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  disableClient(argument: _cleat_ca_v1_DisableClientRequest, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  
  EndMandate(argument: _cleat_ca_v1_EndMandateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  EndMandate(argument: _cleat_ca_v1_EndMandateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  EndMandate(argument: _cleat_ca_v1_EndMandateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  EndMandate(argument: _cleat_ca_v1_EndMandateRequest, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  endMandate(argument: _cleat_ca_v1_EndMandateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  endMandate(argument: _cleat_ca_v1_EndMandateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  endMandate(argument: _cleat_ca_v1_EndMandateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  endMandate(argument: _cleat_ca_v1_EndMandateRequest, callback: grpc.requestCallback<_cleat_ca_v1_MandateAnswer__Output>): grpc.ClientUnaryCall;
  
  ListApiKeys(argument: _cleat_ca_v1_ListApiKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListApiKeysResponse__Output>): grpc.ClientUnaryCall;
  ListApiKeys(argument: _cleat_ca_v1_ListApiKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListApiKeysResponse__Output>): grpc.ClientUnaryCall;
  ListApiKeys(argument: _cleat_ca_v1_ListApiKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListApiKeysResponse__Output>): grpc.ClientUnaryCall;
  ListApiKeys(argument: _cleat_ca_v1_ListApiKeysRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListApiKeysResponse__Output>): grpc.ClientUnaryCall;
  listApiKeys(argument: _cleat_ca_v1_ListApiKeysRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListApiKeysResponse__Output>): grpc.ClientUnaryCall;
  listApiKeys(argument: _cleat_ca_v1_ListApiKeysRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListApiKeysResponse__Output>): grpc.ClientUnaryCall;
  listApiKeys(argument: _cleat_ca_v1_ListApiKeysRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListApiKeysResponse__Output>): grpc.ClientUnaryCall;
  listApiKeys(argument: _cleat_ca_v1_ListApiKeysRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListApiKeysResponse__Output>): grpc.ClientUnaryCall;
  
  ListCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  ListCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  ListCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  ListCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  listCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  listCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  listCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  listCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  
  ListClients(argument: _cleat_ca_v1_ListClientsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListClientsResponse__Output>): grpc.ClientUnaryCall;
  ListClients(argument: _cleat_ca_v1_ListClientsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListClientsResponse__Output>): grpc.ClientUnaryCall;
  ListClients(argument: _cleat_ca_v1_ListClientsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListClientsResponse__Output>): grpc.ClientUnaryCall;
  ListClients(argument: _cleat_ca_v1_ListClientsRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListClientsResponse__Output>): grpc.ClientUnaryCall;
  listClients(argument: _cleat_ca_v1_ListClientsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListClientsResponse__Output>): grpc.ClientUnaryCall;
  listClients(argument: _cleat_ca_v1_ListClientsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListClientsResponse__Output>): grpc.ClientUnaryCall;
  listClients(argument: _cleat_ca_v1_ListClientsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListClientsResponse__Output>): grpc.ClientUnaryCall;
  listClients(argument: _cleat_ca_v1_ListClientsRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListClientsResponse__Output>): grpc.ClientUnaryCall;
  
  ListJoinTokens(argument: _cleat_ca_v1_ListJoinTokensRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  ListJoinTokens(argument: _cleat_ca_v1_ListJoinTokensRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  ListJoinTokens(argument: _cleat_ca_v1_ListJoinTokensRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  ListJoinTokens(argument: _cleat_ca_v1_ListJoinTokensRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  listJoinTokens(argument: _cleat_ca_v1_ListJoinTokensRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  listJoinTokens(argument: _cleat_ca_v1_ListJoinTokensRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  listJoinTokens(argument: _cleat_ca_v1_ListJoinTokensRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  listJoinTokens(argument: _cleat_ca_v1_ListJoinTokensRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListJoinTokensResponse__Output>): grpc.ClientUnaryCall;
  
  ListLineages(argument: _cleat_ca_v1_ListLineagesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListLineagesResponse__Output>): grpc.ClientUnaryCall;
  ListLineages(argument: _cleat_ca_v1_ListLineagesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListLineagesResponse__Output>): grpc.ClientUnaryCall;
  ListLineages(argument: _cleat_ca_v1_ListLineagesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListLineagesResponse__Output>): grpc.ClientUnaryCall;
  ListLineages(argument: _cleat_ca_v1_ListLineagesRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListLineagesResponse__Output>): grpc.ClientUnaryCall;
  listLineages(argument: _cleat_ca_v1_ListLineagesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListLineagesResponse__Output>): grpc.ClientUnaryCall;
  listLineages(argument: _cleat_ca_v1_ListLineagesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListLineagesResponse__Output>): grpc.ClientUnaryCall;
  listLineages(argument: _cleat_ca_v1_ListLineagesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListLineagesResponse__Output>): grpc.ClientUnaryCall;
  listLineages(argument: _cleat_ca_v1_ListLineagesRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListLineagesResponse__Output>): grpc.ClientUnaryCall;
  
  ListMandates(argument: _cleat_ca_v1_ListMandatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListMandatesResponse__Output>): grpc.ClientUnaryCall;
  ListMandates(argument: _cleat_ca_v1_ListMandatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListMandatesResponse__Output>): grpc.ClientUnaryCall;
  ListMandates(argument: _cleat_ca_v1_ListMandatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListMandatesResponse__Output>): grpc.ClientUnaryCall;
  ListMandates(argument: _cleat_ca_v1_ListMandatesRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListMandatesResponse__Output>): grpc.ClientUnaryCall;
  listMandates(argument: _cleat_ca_v1_ListMandatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListMandatesResponse__Output>): grpc.ClientUnaryCall;
  listMandates(argument: _cleat_ca_v1_ListMandatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListMandatesResponse__Output>): grpc.ClientUnaryCall;
  listMandates(argument: _cleat_ca_v1_ListMandatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListMandatesResponse__Output>): grpc.ClientUnaryCall;
  listMandates(argument: _cleat_ca_v1_ListMandatesRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListMandatesResponse__Output>): grpc.ClientUnaryCall;
  
  ListRevocations(argument: _cleat_ca_v1_ListRevocationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListRevocationsResponse__Output>): grpc.ClientUnaryCall;
  ListRevocations(argument: _cleat_ca_v1_ListRevocationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListRevocationsResponse__Output>): grpc.ClientUnaryCall;
  ListRevocations(argument: _cleat_ca_v1_ListRevocationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListRevocationsResponse__Output>): grpc.ClientUnaryCall;
  ListRevocations(argument: _cleat_ca_v1_ListRevocationsRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListRevocationsResponse__Output>): grpc.ClientUnaryCall;
  listRevocations(argument: _cleat_ca_v1_ListRevocationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListRevocationsResponse__Output>): grpc.ClientUnaryCall;
  listRevocations(argument: _cleat_ca_v1_ListRevocationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListRevocationsResponse__Output>): grpc.ClientUnaryCall;
  listRevocations(argument: _cleat_ca_v1_ListRevocationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListRevocationsResponse__Output>): grpc.ClientUnaryCall;
  listRevocations(argument: _cleat_ca_v1_ListRevocationsRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListRevocationsResponse__Output>): grpc.ClientUnaryCall;
  
  ListSidecars(argument: _cleat_ca_v1_ListSidecarsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListSidecarsResponse__Output>): grpc.ClientUnaryCall;
  ListSidecars(argument: _cleat_ca_v1_ListSidecarsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListSidecarsResponse__Output>): grpc.ClientUnaryCall;
  ListSidecars(argument: _cleat_ca_v1_ListSidecarsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListSidecarsResponse__Output>): grpc.ClientUnaryCall;
  ListSidecars(argument: _cleat_ca_v1_ListSidecarsRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListSidecarsResponse__Output>): grpc.ClientUnaryCall;
  listSidecars(argument: _cleat_ca_v1_ListSidecarsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListSidecarsResponse__Output>): grpc.ClientUnaryCall;
  listSidecars(argument: _cleat_ca_v1_ListSidecarsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListSidecarsResponse__Output>): grpc.ClientUnaryCall;
  listSidecars(argument: _cleat_ca_v1_ListSidecarsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListSidecarsResponse__Output>): grpc.ClientUnaryCall;
  listSidecars(argument: _cleat_ca_v1_ListSidecarsRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListSidecarsResponse__Output>): grpc.ClientUnaryCall;
  
  MakeJoinToken(argument: _cleat_ca_v1_MakeJoinTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MakeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  MakeJoinToken(argument: _cleat_ca_v1_MakeJoinTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_MakeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  MakeJoinToken(argument: _cleat_ca_v1_MakeJoinTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MakeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  MakeJoinToken(argument: _cleat_ca_v1_MakeJoinTokenRequest, callback: grpc.requestCallback<_cleat_ca_v1_MakeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  makeJoinToken(argument: _cleat_ca_v1_MakeJoinTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MakeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  makeJoinToken(argument: _cleat_ca_v1_MakeJoinTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_MakeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  makeJoinToken(argument: _cleat_ca_v1_MakeJoinTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MakeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  makeJoinToken(argument: _cleat_ca_v1_MakeJoinTokenRequest, callback: grpc.requestCallback<_cleat_ca_v1_MakeJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  
  Revoke(argument: _cleat_ca_v1_RevokeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RevocationEntry__Output>): grpc.ClientUnaryCall;
  Revoke(argument: _cleat_ca_v1_RevokeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_RevocationEntry__Output>): grpc.ClientUnaryCall;
  Revoke(argument: _cleat_ca_v1_RevokeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RevocationEntry__Output>): grpc.ClientUnaryCall;
  Revoke(argument: _cleat_ca_v1_RevokeRequest, callback: grpc.requestCallback<_cleat_ca_v1_RevocationEntry__Output>): grpc.ClientUnaryCall;
  revoke(argument: _cleat_ca_v1_RevokeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RevocationEntry__Output>): grpc.ClientUnaryCall;
  revoke(argument: _cleat_ca_v1_RevokeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_RevocationEntry__Output>): grpc.ClientUnaryCall;
  revoke(argument: _cleat_ca_v1_RevokeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RevocationEntry__Output>): grpc.ClientUnaryCall;
  revoke(argument: _cleat_ca_v1_RevokeRequest, callback: grpc.requestCallback<_cleat_ca_v1_RevocationEntry__Output>): grpc.ClientUnaryCall;
  
  RevokeApiKey(argument: _cleat_ca_v1_RevokeApiKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  RevokeApiKey(argument: _cleat_ca_v1_RevokeApiKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  RevokeApiKey(argument: _cleat_ca_v1_RevokeApiKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  RevokeApiKey(argument: _cleat_ca_v1_RevokeApiKeyRequest, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  revokeApiKey(argument: _cleat_ca_v1_RevokeApiKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  revokeApiKey(argument: _cleat_ca_v1_RevokeApiKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  revokeApiKey(argument: _cleat_ca_v1_RevokeApiKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  revokeApiKey(argument: _cleat_ca_v1_RevokeApiKeyRequest, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  
  Rotate(argument: _cleat_ca_v1_RotateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  Rotate(argument: _cleat_ca_v1_RotateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  Rotate(argument: _cleat_ca_v1_RotateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  Rotate(argument: _cleat_ca_v1_RotateRequest, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  rotate(argument: _cleat_ca_v1_RotateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  rotate(argument: _cleat_ca_v1_RotateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  rotate(argument: _cleat_ca_v1_RotateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  rotate(argument: _cleat_ca_v1_RotateRequest, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  
  RotateApiKey(argument: _cleat_ca_v1_RotateApiKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  RotateApiKey(argument: _cleat_ca_v1_RotateApiKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  RotateApiKey(argument: _cleat_ca_v1_RotateApiKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  RotateApiKey(argument: _cleat_ca_v1_RotateApiKeyRequest, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  rotateApiKey(argument: _cleat_ca_v1_RotateApiKeyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  rotateApiKey(argument: _cleat_ca_v1_RotateApiKeyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  rotateApiKey(argument: _cleat_ca_v1_RotateApiKeyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  rotateApiKey(argument: _cleat_ca_v1_RotateApiKeyRequest, callback: grpc.requestCallback<_cleat_ca_v1_ApiKeyAnswer__Output>): grpc.ClientUnaryCall;
  
  RotateClient(argument: _cleat_ca_v1_RotateClientRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  RotateClient(argument: _cleat_ca_v1_RotateClientRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  RotateClient(argument: _cleat_ca_v1_RotateClientRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  RotateClient(argument: _cleat_ca_v1_RotateClientRequest, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  rotateClient(argument: _cleat_ca_v1_RotateClientRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  rotateClient(argument: _cleat_ca_v1_RotateClientRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  rotateClient(argument: _cleat_ca_v1_RotateClientRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  rotateClient(argument: _cleat_ca_v1_RotateClientRequest, callback: grpc.requestCallback<_cleat_ca_v1_ClientAnswer__Output>): grpc.ClientUnaryCall;
  
  WithdrawJoinToken(argument: _cleat_ca_v1_WithdrawJoinTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_WithdrawJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  WithdrawJoinToken(argument: _cleat_ca_v1_WithdrawJoinTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_WithdrawJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  WithdrawJoinToken(argument: _cleat_ca_v1_WithdrawJoinTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_WithdrawJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  WithdrawJoinToken(argument: _cleat_ca_v1_WithdrawJoinTokenRequest, callback: grpc.requestCallback<_cleat_ca_v1_WithdrawJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  withdrawJoinToken(argument: _cleat_ca_v1_WithdrawJoinTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_WithdrawJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  withdrawJoinToken(argument: _cleat_ca_v1_WithdrawJoinTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_WithdrawJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  withdrawJoinToken(argument: _cleat_ca_v1_WithdrawJoinTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_WithdrawJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  withdrawJoinToken(argument: _cleat_ca_v1_WithdrawJoinTokenRequest, callback: grpc.requestCallback<_cleat_ca_v1_WithdrawJoinTokenResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface AdminHandlers extends grpc.UntypedServiceImplementation {
  CreateApiKey: grpc.handleUnaryCall<_cleat_ca_v1_CreateApiKeyRequest__Output, _cleat_ca_v1_ApiKeyAnswer>;
  
  CreateClient: grpc.handleUnaryCall<_cleat_ca_v1_CreateClientRequest__Output, _cleat_ca_v1_ClientAnswer>;
  
  CreateMandate: grpc.handleUnaryCall<_cleat_ca_v1_CreateMandateRequest__Output, _cleat_ca_v1_MandateAnswer>;
  
  DisableClient: grpc.handleUnaryCall<_cleat_ca_v1_DisableClientRequest__Output, _cleat_ca_v1_ClientAnswer>;
  
  EndMandate: grpc.handleUnaryCall<_cleat_ca_v1_EndMandateRequest__Output, _cleat_ca_v1_MandateAnswer>;
  
  ListApiKeys: grpc.handleUnaryCall<_cleat_ca_v1_ListApiKeysRequest__Output, _cleat_ca_v1_ListApiKeysResponse>;
  
  ListCertificates: grpc.handleUnaryCall<_cleat_ca_v1_ListCertificatesRequest__Output, _cleat_ca_v1_ListCertificatesResponse>;
  
  ListClients: grpc.handleUnaryCall<_cleat_ca_v1_ListClientsRequest__Output, _cleat_ca_v1_ListClientsResponse>;
  
  ListJoinTokens: grpc.handleUnaryCall<_cleat_ca_v1_ListJoinTokensRequest__Output, _cleat_ca_v1_ListJoinTokensResponse>;
  
  ListLineages: grpc.handleUnaryCall<_cleat_ca_v1_ListLineagesRequest__Output, _cleat_ca_v1_ListLineagesResponse>;
  
  ListMandates: grpc.handleUnaryCall<_cleat_ca_v1_ListMandatesRequest__Output, _cleat_ca_v1_ListMandatesResponse>;
  
  ListRevocations: grpc.handleUnaryCall<_cleat_ca_v1_ListRevocationsRequest__Output, _cleat_ca_v1_ListRevocationsResponse>;
  
  ListSidecars: grpc.handleUnaryCall<_cleat_ca_v1_ListSidecarsRequest__Output, _cleat_ca_v1_ListSidecarsResponse>;
  
  MakeJoinToken: grpc.handleUnaryCall<_cleat_ca_v1_MakeJoinTokenRequest__Output, _cleat_ca_v1_MakeJoinTokenResponse>;
  
  Revoke: grpc.handleUnaryCall<_cleat_ca_v1_RevokeRequest__Output, _cleat_ca_v1_RevocationEntry>;
  
  RevokeApiKey: grpc.handleUnaryCall<_cleat_ca_v1_RevokeApiKeyRequest__Output, _cleat_ca_v1_ApiKeyAnswer>;
  
  Rotate: grpc.handleUnaryCall<_cleat_ca_v1_RotateRequest__Output, _cleat_ca_v1_RotationStatus>;
  
  RotateApiKey: grpc.handleUnaryCall<_cleat_ca_v1_RotateApiKeyRequest__Output, _cleat_ca_v1_ApiKeyAnswer>;
  
  RotateClient: grpc.handleUnaryCall<_cleat_ca_v1_RotateClientRequest__Output, _cleat_ca_v1_ClientAnswer>;
  
  WithdrawJoinToken: grpc.handleUnaryCall<_cleat_ca_v1_WithdrawJoinTokenRequest__Output, _cleat_ca_v1_WithdrawJoinTokenResponse>;
  
}

export interface AdminDefinition extends grpc.ServiceDefinition {
  CreateApiKey: MethodDefinition<_cleat_ca_v1_CreateApiKeyRequest, _cleat_ca_v1_ApiKeyAnswer, _cleat_ca_v1_CreateApiKeyRequest__Output, _cleat_ca_v1_ApiKeyAnswer__Output>
  CreateClient: MethodDefinition<_cleat_ca_v1_CreateClientRequest, _cleat_ca_v1_ClientAnswer, _cleat_ca_v1_CreateClientRequest__Output, _cleat_ca_v1_ClientAnswer__Output>
  CreateMandate: MethodDefinition<_cleat_ca_v1_CreateMandateRequest, _cleat_ca_v1_MandateAnswer, _cleat_ca_v1_CreateMandateRequest__Output, _cleat_ca_v1_MandateAnswer__Output>
  DisableClient: MethodDefinition<_cleat_ca_v1_DisableClientRequest, _cleat_ca_v1_ClientAnswer, _cleat_ca_v1_DisableClientRequest__Output, _cleat_ca_v1_ClientAnswer__Output>
  EndMandate: MethodDefinition<_cleat_ca_v1_EndMandateRequest, _cleat_ca_v1_MandateAnswer, _cleat_ca_v1_EndMandateRequest__Output, _cleat_ca_v1_MandateAnswer__Output>
  ListApiKeys: MethodDefinition<_cleat_ca_v1_ListApiKeysRequest, _cleat_ca_v1_ListApiKeysResponse, _cleat_ca_v1_ListApiKeysRequest__Output, _cleat_ca_v1_ListApiKeysResponse__Output>
  ListCertificates: MethodDefinition<_cleat_ca_v1_ListCertificatesRequest, _cleat_ca_v1_ListCertificatesResponse, _cleat_ca_v1_ListCertificatesRequest__Output, _cleat_ca_v1_ListCertificatesResponse__Output>
  ListClients: MethodDefinition<_cleat_ca_v1_ListClientsRequest, _cleat_ca_v1_ListClientsResponse, _cleat_ca_v1_ListClientsRequest__Output, _cleat_ca_v1_ListClientsResponse__Output>
  ListJoinTokens: MethodDefinition<_cleat_ca_v1_ListJoinTokensRequest, _cleat_ca_v1_ListJoinTokensResponse, _cleat_ca_v1_ListJoinTokensRequest__Output, _cleat_ca_v1_ListJoinTokensResponse__Output>
  ListLineages: MethodDefinition<_cleat_ca_v1_ListLineagesRequest, _cleat_ca_v1_ListLineagesResponse, _cleat_ca_v1_ListLineagesRequest__Output, _cleat_ca_v1_ListLineagesResponse__Output>
  ListMandates: MethodDefinition<_cleat_ca_v1_ListMandatesRequest, _cleat_ca_v1_ListMandatesResponse, _cleat_ca_v1_ListMandatesRequest__Output, _cleat_ca_v1_ListMandatesResponse__Output>
  ListRevocations: MethodDefinition<_cleat_ca_v1_ListRevocationsRequest, _cleat_ca_v1_ListRevocationsResponse, _cleat_ca_v1_ListRevocationsRequest__Output, _cleat_ca_v1_ListRevocationsResponse__Output>
  ListSidecars: MethodDefinition<_cleat_ca_v1_ListSidecarsRequest, _cleat_ca_v1_ListSidecarsResponse, _cleat_ca_v1_ListSidecarsRequest__Output, _cleat_ca_v1_ListSidecarsResponse__Output>
  MakeJoinToken: MethodDefinition<_cleat_ca_v1_MakeJoinTokenRequest, _cleat_ca_v1_MakeJoinTokenResponse, _cleat_ca_v1_MakeJoinTokenRequest__Output, _cleat_ca_v1_MakeJoinTokenResponse__Output>
  Revoke: MethodDefinition<_cleat_ca_v1_RevokeRequest, _cleat_ca_v1_RevocationEntry, _cleat_ca_v1_RevokeRequest__Output, _cleat_ca_v1_RevocationEntry__Output>
  RevokeApiKey: MethodDefinition<_cleat_ca_v1_RevokeApiKeyRequest, _cleat_ca_v1_ApiKeyAnswer, _cleat_ca_v1_RevokeApiKeyRequest__Output, _cleat_ca_v1_ApiKeyAnswer__Output>
  Rotate: MethodDefinition<_cleat_ca_v1_RotateRequest, _cleat_ca_v1_RotationStatus, _cleat_ca_v1_RotateRequest__Output, _cleat_ca_v1_RotationStatus__Output>
  RotateApiKey: MethodDefinition<_cleat_ca_v1_RotateApiKeyRequest, _cleat_ca_v1_ApiKeyAnswer, _cleat_ca_v1_RotateApiKeyRequest__Output, _cleat_ca_v1_ApiKeyAnswer__Output>
  RotateClient: MethodDefinition<_cleat_ca_v1_RotateClientRequest, _cleat_ca_v1_ClientAnswer, _cleat_ca_v1_RotateClientRequest__Output, _cleat_ca_v1_ClientAnswer__Output>
  WithdrawJoinToken: MethodDefinition<_cleat_ca_v1_WithdrawJoinTokenRequest, _cleat_ca_v1_WithdrawJoinTokenResponse, _cleat_ca_v1_WithdrawJoinTokenRequest__Output, _cleat_ca_v1_WithdrawJoinTokenResponse__Output>
}
