// Original file: proto/cleat/ca/v1/ca.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AcknowledgeRequest as _cleat_ca_v1_AcknowledgeRequest, AcknowledgeRequest__Output as _cleat_ca_v1_AcknowledgeRequest__Output } from '../../../cleat/ca/v1/AcknowledgeRequest.ts';
import type { AcknowledgeResponse as _cleat_ca_v1_AcknowledgeResponse, AcknowledgeResponse__Output as _cleat_ca_v1_AcknowledgeResponse__Output } from '../../../cleat/ca/v1/AcknowledgeResponse.ts';
import type { MintTokenRequest as _cleat_ca_v1_MintTokenRequest, MintTokenRequest__Output as _cleat_ca_v1_MintTokenRequest__Output } from '../../../cleat/ca/v1/MintTokenRequest.ts';
import type { MintTokenResponse as _cleat_ca_v1_MintTokenResponse, MintTokenResponse__Output as _cleat_ca_v1_MintTokenResponse__Output } from '../../../cleat/ca/v1/MintTokenResponse.ts';
import type { RenewRequest as _cleat_ca_v1_RenewRequest, RenewRequest__Output as _cleat_ca_v1_RenewRequest__Output } from '../../../cleat/ca/v1/RenewRequest.ts';
import type { RenewResponse as _cleat_ca_v1_RenewResponse, RenewResponse__Output as _cleat_ca_v1_RenewResponse__Output } from '../../../cleat/ca/v1/RenewResponse.ts';
import type { WatchRequest as _cleat_ca_v1_WatchRequest, WatchRequest__Output as _cleat_ca_v1_WatchRequest__Output } from '../../../cleat/ca/v1/WatchRequest.ts';
import type { WatchResponse as _cleat_ca_v1_WatchResponse, WatchResponse__Output as _cleat_ca_v1_WatchResponse__Output } from '../../../cleat/ca/v1/WatchResponse.ts';

export interface MeshClient extends grpc.Client {
  Acknowledge(argument: _cleat_ca_v1_AcknowledgeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_AcknowledgeResponse__Output>): grpc.ClientUnaryCall;
  Acknowledge(argument: _cleat_ca_v1_AcknowledgeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_AcknowledgeResponse__Output>): grpc.ClientUnaryCall;
  Acknowledge(argument: _cleat_ca_v1_AcknowledgeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_AcknowledgeResponse__Output>): grpc.ClientUnaryCall;
  Acknowledge(argument: _cleat_ca_v1_AcknowledgeRequest, callback: grpc.requestCallback<_cleat_ca_v1_AcknowledgeResponse__Output>): grpc.ClientUnaryCall;
  acknowledge(argument: _cleat_ca_v1_AcknowledgeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_AcknowledgeResponse__Output>): grpc.ClientUnaryCall;
  acknowledge(argument: _cleat_ca_v1_AcknowledgeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_AcknowledgeResponse__Output>): grpc.ClientUnaryCall;
  acknowledge(argument: _cleat_ca_v1_AcknowledgeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_AcknowledgeResponse__Output>): grpc.ClientUnaryCall;
  acknowledge(argument: _cleat_ca_v1_AcknowledgeRequest, callback: grpc.requestCallback<_cleat_ca_v1_AcknowledgeResponse__Output>): grpc.ClientUnaryCall;
  
  MintToken(argument: _cleat_ca_v1_MintTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MintTokenResponse__Output>): grpc.ClientUnaryCall;
  MintToken(argument: _cleat_ca_v1_MintTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_MintTokenResponse__Output>): grpc.ClientUnaryCall;
  MintToken(argument: _cleat_ca_v1_MintTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MintTokenResponse__Output>): grpc.ClientUnaryCall;
  MintToken(argument: _cleat_ca_v1_MintTokenRequest, callback: grpc.requestCallback<_cleat_ca_v1_MintTokenResponse__Output>): grpc.ClientUnaryCall;
  mintToken(argument: _cleat_ca_v1_MintTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MintTokenResponse__Output>): grpc.ClientUnaryCall;
  mintToken(argument: _cleat_ca_v1_MintTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_MintTokenResponse__Output>): grpc.ClientUnaryCall;
  mintToken(argument: _cleat_ca_v1_MintTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_MintTokenResponse__Output>): grpc.ClientUnaryCall;
  mintToken(argument: _cleat_ca_v1_MintTokenRequest, callback: grpc.requestCallback<_cleat_ca_v1_MintTokenResponse__Output>): grpc.ClientUnaryCall;
  
  Renew(argument: _cleat_ca_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _cleat_ca_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _cleat_ca_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _cleat_ca_v1_RenewRequest, callback: grpc.requestCallback<_cleat_ca_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _cleat_ca_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _cleat_ca_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _cleat_ca_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _cleat_ca_v1_RenewRequest, callback: grpc.requestCallback<_cleat_ca_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _cleat_ca_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_cleat_ca_v1_WatchResponse__Output>;
  Watch(argument: _cleat_ca_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_cleat_ca_v1_WatchResponse__Output>;
  watch(argument: _cleat_ca_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_cleat_ca_v1_WatchResponse__Output>;
  watch(argument: _cleat_ca_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_cleat_ca_v1_WatchResponse__Output>;
  
}

export interface MeshHandlers extends grpc.UntypedServiceImplementation {
  Acknowledge: grpc.handleUnaryCall<_cleat_ca_v1_AcknowledgeRequest__Output, _cleat_ca_v1_AcknowledgeResponse>;
  
  MintToken: grpc.handleUnaryCall<_cleat_ca_v1_MintTokenRequest__Output, _cleat_ca_v1_MintTokenResponse>;
  
  Renew: grpc.handleUnaryCall<_cleat_ca_v1_RenewRequest__Output, _cleat_ca_v1_RenewResponse>;
  
  Watch: grpc.handleServerStreamingCall<_cleat_ca_v1_WatchRequest__Output, _cleat_ca_v1_WatchResponse>;
  
}

export interface MeshDefinition extends grpc.ServiceDefinition {
  Acknowledge: MethodDefinition<_cleat_ca_v1_AcknowledgeRequest, _cleat_ca_v1_AcknowledgeResponse, _cleat_ca_v1_AcknowledgeRequest__Output, _cleat_ca_v1_AcknowledgeResponse__Output>
  MintToken: MethodDefinition<_cleat_ca_v1_MintTokenRequest, _cleat_ca_v1_MintTokenResponse, _cleat_ca_v1_MintTokenRequest__Output, _cleat_ca_v1_MintTokenResponse__Output>
  Renew: MethodDefinition<_cleat_ca_v1_RenewRequest, _cleat_ca_v1_RenewResponse, _cleat_ca_v1_RenewRequest__Output, _cleat_ca_v1_RenewResponse__Output>
  Watch: MethodDefinition<_cleat_ca_v1_WatchRequest, _cleat_ca_v1_WatchResponse, _cleat_ca_v1_WatchRequest__Output, _cleat_ca_v1_WatchResponse__Output>
}
