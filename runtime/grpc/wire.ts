/**
 * The services of `proto`, read from generated descriptors: no process parses a .proto.
 * Only the adapters of this folder may see what comes out of here; everyone else knows `messages.ts`.
 */
import { loadPackageDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

import type { ProtoGrpcType as AdminTypes } from './gen/admin.ts';
import type { ProtoGrpcType as CaTypes } from './gen/ca.ts';
import { DESCRIPTORS } from './gen/descriptors.ts';
import type { ProtoGrpcType as HealthTypes } from './gen/health.ts';

/** As in `scripts/generate-proto.ts`: the types were made for these. 64-bit integers come as numbers; what is past
 *  2^53 is no safe integer any more, and `answers.ts` refuses it. */
const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true } as const;

const loaded = loadPackageDefinition(fromJSON(DESCRIPTORS, OPTIONS));

/** Client constructors and service definitions by package, as the generated types name them. */
export const WIRE = loaded as unknown as AdminTypes & CaTypes & HealthTypes;
