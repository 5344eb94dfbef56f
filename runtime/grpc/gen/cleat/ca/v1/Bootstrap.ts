// Original file: proto/cleat/ca/v1/ca.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { IssueRequest as _cleat_ca_v1_IssueRequest, IssueRequest__Output as _cleat_ca_v1_IssueRequest__Output } from '../../../cleat/ca/v1/IssueRequest.ts';
import type { IssueResponse as _cleat_ca_v1_IssueResponse, IssueResponse__Output as _cleat_ca_v1_IssueResponse__Output } from '../../../cleat/ca/v1/IssueResponse.ts';

export interface BootstrapClient extends grpc.Client {
  Issue(argument: _cleat_ca_v1_IssueRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_IssueResponse__Output>): grpc.ClientUnaryCall;
  Issue(argument: _cleat_ca_v1_IssueRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_IssueResponse__Output>): grpc.ClientUnaryCall;
  Issue(argument: _cleat_ca_v1_IssueRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_IssueResponse__Output>): grpc.ClientUnaryCall;
  Issue(argument: _cleat_ca_v1_IssueRequest, callback: grpc.requestCallback<_cleat_ca_v1_IssueResponse__Output>): grpc.ClientUnaryCall;
  issue(argument: _cleat_ca_v1_IssueRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_IssueResponse__Output>): grpc.ClientUnaryCall;
  issue(argument: _cleat_ca_v1_IssueRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_cleat_ca_v1_IssueResponse__Output>): grpc.ClientUnaryCall;
  issue(argument: _cleat_ca_v1_IssueRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_cleat_ca_v1_IssueResponse__Output>): grpc.ClientUnaryCall;
  issue(argument: _cleat_ca_v1_IssueRequest, callback: grpc.requestCallback<_cleat_ca_v1_IssueResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface BootstrapHandlers extends grpc.UntypedServiceImplementation {
  Issue: grpc.handleUnaryCall<_cleat_ca_v1_IssueRequest__Output, _cleat_ca_v1_IssueResponse>;
  
}

export interface BootstrapDefinition extends grpc.ServiceDefinition {
  Issue: MethodDefinition<_cleat_ca_v1_IssueRequest, _cleat_ca_v1_IssueResponse, _cleat_ca_v1_IssueRequest__Output, _cleat_ca_v1_IssueResponse__Output>
}
