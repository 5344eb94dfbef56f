/** From `sidecar.yaml` to what one HTTP/1.1 connection is bound by. */
import { byteCount } from '../core/time/units.ts';
import type { SidecarConfig } from './config.ts';
import type { ExchangeOptions } from './forward/exchange.ts';
import { HTTP_LIMITS, TIME_LIMITS } from './http/limits.ts';
import { createNameTable } from './http/protected-names.ts';

/** Of inbound ports (`https`) or of egress (`http`); with a table of field names of its own. */
export function exchangeOptions(
  { limits, timeouts, connections }: SidecarConfig,
  scheme: 'http' | 'https',
): ExchangeOptions {
  return {
    rules: { scheme, ambiguousPaths: false, bodyOnSafeMethods: false, names: createNameTable() },
    limits: {
      ...HTTP_LIMITS,
      headBytes: limits.head,
      requestLineBytes: byteCount(Math.min(HTTP_LIMITS.requestLineBytes, limits.head)),
      fields: limits.fields,
      requests: connections.requests,
      bodyBytes: limits.body,
      pipelinedBytes: limits.pipelined,
    },
    times: { ...TIME_LIMITS, ...timeouts, total: timeouts.total },
  };
}
