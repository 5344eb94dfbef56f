// Original file: proto/cleat/ca/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListCertificatesRequest as _cleat_ca_v1_ListCertificatesRequest, ListCertificatesRequest__Output as _cleat_ca_v1_ListCertificatesRequest__Output } from '../../../cleat/ca/v1/ListCertificatesRequest.ts';
import type { ListCertificatesResponse as _cleat_ca_v1_ListCertificatesResponse, ListCertificatesResponse__Output as _cleat_ca_v1_ListCertificatesResponse__Output } from '../../../cleat/ca/v1/ListCertificatesResponse.ts';
import type { ListJoinTokensRequest as _cleat_ca_v1_ListJoinTokensRequest, ListJoinTokensRequest__Output as _cleat_ca_v1_ListJoinTokensRequest__Output } from '../../../cleat/ca/v1/ListJoinTokensRequest.ts';
import type { ListJoinTokensResponse as _cleat_ca_v1_ListJoinTokensResponse, ListJoinTokensResponse__Output as _cleat_ca_v1_ListJoinTokensResponse__Output } from '../../../cleat/ca/v1/ListJoinTokensResponse.ts';
import type { ListLineagesRequest as _cleat_ca_v1_ListLineagesRequest, ListLineagesRequest__Output as _cleat_ca_v1_ListLineagesRequest__Output } from '../../../cleat/ca/v1/ListLineagesRequest.ts';
import type { ListLineagesResponse as _cleat_ca_v1_ListLineagesResponse, ListLineagesResponse__Output as _cleat_ca_v1_ListLineagesResponse__Output } from '../../../cleat/ca/v1/ListLineagesResponse.ts';
import type { ListRevocationsRequest as _cleat_ca_v1_ListRevocationsRequest, ListRevocationsRequest__Output as _cleat_ca_v1_ListRevocationsRequest__Output } from '../../../cleat/ca/v1/ListRevocationsRequest.ts';
import type { ListRevocationsResponse as _cleat_ca_v1_ListRevocationsResponse, ListRevocationsResponse__Output as _cleat_ca_v1_ListRevocationsResponse__Output } from '../../../cleat/ca/v1/ListRevocationsResponse.ts';
import type { ListSidecarsRequest as _cleat_ca_v1_ListSidecarsRequest, ListSidecarsRequest__Output as _cleat_ca_v1_ListSidecarsRequest__Output } from '../../../cleat/ca/v1/ListSidecarsRequest.ts';
import type { ListSidecarsResponse as _cleat_ca_v1_ListSidecarsResponse, ListSidecarsResponse__Output as _cleat_ca_v1_ListSidecarsResponse__Output } from '../../../cleat/ca/v1/ListSidecarsResponse.ts';
import type { MakeJoinTokenRequest as _cleat_ca_v1_MakeJoinTokenRequest, MakeJoinTokenRequest__Output as _cleat_ca_v1_MakeJoinTokenRequest__Output } from '../../../cleat/ca/v1/MakeJoinTokenRequest.ts';
import type { MakeJoinTokenResponse as _cleat_ca_v1_MakeJoinTokenResponse, MakeJoinTokenResponse__Output as _cleat_ca_v1_MakeJoinTokenResponse__Output } from '../../../cleat/ca/v1/MakeJoinTokenResponse.ts';
import type { RevocationEntry as _cleat_ca_v1_RevocationEntry, RevocationEntry__Output as _cleat_ca_v1_RevocationEntry__Output } from '../../../cleat/ca/v1/RevocationEntry.ts';
import type { RevokeRequest as _cleat_ca_v1_RevokeRequest, RevokeRequest__Output as _cleat_ca_v1_RevokeRequest__Output } from '../../../cleat/ca/v1/RevokeRequest.ts';
import type { RotateRequest as _cleat_ca_v1_RotateRequest, RotateRequest__Output as _cleat_ca_v1_RotateRequest__Output } from '../../../cleat/ca/v1/RotateRequest.ts';
import type { RotationStatus as _cleat_ca_v1_RotationStatus, RotationStatus__Output as _cleat_ca_v1_RotationStatus__Output } from '../../../cleat/ca/v1/RotationStatus.ts';
import type { WithdrawJoinTokenRequest as _cleat_ca_v1_WithdrawJoinTokenRequest, WithdrawJoinTokenRequest__Output as _cleat_ca_v1_WithdrawJoinTokenRequest__Output } from '../../../cleat/ca/v1/WithdrawJoinTokenRequest.ts';
import type { WithdrawJoinTokenResponse as _cleat_ca_v1_WithdrawJoinTokenResponse, WithdrawJoinTokenResponse__Output as _cleat_ca_v1_WithdrawJoinTokenResponse__Output } from '../../../cleat/ca/v1/WithdrawJoinTokenResponse.ts';

export interface AdminClient extends grpc.Client {
  ListCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  ListCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  ListCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  ListCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  listCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  listCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  listCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  listCertificates(argument: _cleat_ca_v1_ListCertificatesRequest, callback: grpc.requestCallback<_cleat_ca_v1_ListCertificatesResponse__Output>): grpc.ClientUnaryCall;
  
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
  
  Rotate(argument: _cleat_ca_v1_RotateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  Rotate(argument: _cleat_ca_v1_RotateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  Rotate(argument: _cleat_ca_v1_RotateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  Rotate(argument: _cleat_ca_v1_RotateRequest, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  rotate(argument: _cleat_ca_v1_RotateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  rotate(argument: _cleat_ca_v1_RotateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  rotate(argument: _cleat_ca_v1_RotateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  rotate(argument: _cleat_ca_v1_RotateRequest, callback: grpc.requestCallback<_cleat_ca_v1_RotationStatus__Output>): grpc.ClientUnaryCall;
  
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
  ListCertificates: grpc.handleUnaryCall<_cleat_ca_v1_ListCertificatesRequest__Output, _cleat_ca_v1_ListCertificatesResponse>;
  
  ListJoinTokens: grpc.handleUnaryCall<_cleat_ca_v1_ListJoinTokensRequest__Output, _cleat_ca_v1_ListJoinTokensResponse>;
  
  ListLineages: grpc.handleUnaryCall<_cleat_ca_v1_ListLineagesRequest__Output, _cleat_ca_v1_ListLineagesResponse>;
  
  ListRevocations: grpc.handleUnaryCall<_cleat_ca_v1_ListRevocationsRequest__Output, _cleat_ca_v1_ListRevocationsResponse>;
  
  ListSidecars: grpc.handleUnaryCall<_cleat_ca_v1_ListSidecarsRequest__Output, _cleat_ca_v1_ListSidecarsResponse>;
  
  MakeJoinToken: grpc.handleUnaryCall<_cleat_ca_v1_MakeJoinTokenRequest__Output, _cleat_ca_v1_MakeJoinTokenResponse>;
  
  Revoke: grpc.handleUnaryCall<_cleat_ca_v1_RevokeRequest__Output, _cleat_ca_v1_RevocationEntry>;
  
  Rotate: grpc.handleUnaryCall<_cleat_ca_v1_RotateRequest__Output, _cleat_ca_v1_RotationStatus>;
  
  WithdrawJoinToken: grpc.handleUnaryCall<_cleat_ca_v1_WithdrawJoinTokenRequest__Output, _cleat_ca_v1_WithdrawJoinTokenResponse>;
  
}

export interface AdminDefinition extends grpc.ServiceDefinition {
  ListCertificates: MethodDefinition<_cleat_ca_v1_ListCertificatesRequest, _cleat_ca_v1_ListCertificatesResponse, _cleat_ca_v1_ListCertificatesRequest__Output, _cleat_ca_v1_ListCertificatesResponse__Output>
  ListJoinTokens: MethodDefinition<_cleat_ca_v1_ListJoinTokensRequest, _cleat_ca_v1_ListJoinTokensResponse, _cleat_ca_v1_ListJoinTokensRequest__Output, _cleat_ca_v1_ListJoinTokensResponse__Output>
  ListLineages: MethodDefinition<_cleat_ca_v1_ListLineagesRequest, _cleat_ca_v1_ListLineagesResponse, _cleat_ca_v1_ListLineagesRequest__Output, _cleat_ca_v1_ListLineagesResponse__Output>
  ListRevocations: MethodDefinition<_cleat_ca_v1_ListRevocationsRequest, _cleat_ca_v1_ListRevocationsResponse, _cleat_ca_v1_ListRevocationsRequest__Output, _cleat_ca_v1_ListRevocationsResponse__Output>
  ListSidecars: MethodDefinition<_cleat_ca_v1_ListSidecarsRequest, _cleat_ca_v1_ListSidecarsResponse, _cleat_ca_v1_ListSidecarsRequest__Output, _cleat_ca_v1_ListSidecarsResponse__Output>
  MakeJoinToken: MethodDefinition<_cleat_ca_v1_MakeJoinTokenRequest, _cleat_ca_v1_MakeJoinTokenResponse, _cleat_ca_v1_MakeJoinTokenRequest__Output, _cleat_ca_v1_MakeJoinTokenResponse__Output>
  Revoke: MethodDefinition<_cleat_ca_v1_RevokeRequest, _cleat_ca_v1_RevocationEntry, _cleat_ca_v1_RevokeRequest__Output, _cleat_ca_v1_RevocationEntry__Output>
  Rotate: MethodDefinition<_cleat_ca_v1_RotateRequest, _cleat_ca_v1_RotationStatus, _cleat_ca_v1_RotateRequest__Output, _cleat_ca_v1_RotationStatus__Output>
  WithdrawJoinToken: MethodDefinition<_cleat_ca_v1_WithdrawJoinTokenRequest, _cleat_ca_v1_WithdrawJoinTokenResponse, _cleat_ca_v1_WithdrawJoinTokenRequest__Output, _cleat_ca_v1_WithdrawJoinTokenResponse__Output>
}
