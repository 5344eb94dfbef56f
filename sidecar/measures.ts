/**
 * The metrics of the data plane (DESIGN section 8), declared once. Labels are words of ours: codes, binding methods,
 * results; never a peer, a path or a token.
 */
import { boundBy } from '../core/token/confirmation.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { RefusedConnection } from './accept/connection.ts';
import type { SourceName } from './egress/token-source.ts';
import type { ExchangeRecord } from './forward/forwarding.ts';
import type { RequestNote } from './record.ts';

export interface Measures {
  readonly request: (exchange: ExchangeRecord<RequestNote>) => void;
  readonly handshake: (result: 'admitted' | RefusedConnection['code']) => void;
  /** A connection to a port that is switched off. */
  readonly passedThrough: () => void;
  /** Once a port, at its start. */
  readonly port: (mode: string) => void;
  /** Open inbound connections. */
  readonly connections: (count: number) => void;
  /** A token that egress asked for: by which source, and `minted` or the code of the refusal. */
  readonly token: (source: SourceName, result: string) => void;
  readonly switched: (generation: number) => void;
  readonly desync: () => void;
  /** An app or an upstream takes no connections, or takes them again. */
  readonly circuit: (isOpen: boolean) => void;
  /** Once a connection: the peer's certificate has a lineage extension that cannot be read, so only exact binding holds. */
  readonly lineageMalformed: () => void;
}

/** Declares them. */
export function createMeasures(metrics: Metrics): Measures {
  const requests = metrics.counter('cleat_requests_total', 'Inbound requests.', ['decision', 'code']);
  const bindings = metrics.counter('cleat_binding_total', 'Judged bindings of inbound requests.', ['method', 'result']);
  const handshakes = metrics.counter('cleat_handshakes_total', 'Inbound TLS handshakes.', ['result']);
  const connections = metrics.gauge('cleat_connections', 'Open inbound connections.');
  const plaintext = metrics.counter('cleat_plaintext_requests_total', 'Requests without TLS on permissive ports.');
  const passed = metrics.counter('cleat_pass_through_connections_total', 'Connections to ports that are switched off.');
  const ports = metrics.counter('cleat_inbound_ports', 'Inbound ports by their mode.', ['mode']);
  const duration = metrics.histogram('cleat_request_seconds', 'From head to end of an inbound request.', SECONDS);
  const calls = metrics.counter('cleat_egress_requests_total', 'Calls of the app.', ['decision', 'code']);
  const tokens = metrics.counter('cleat_egress_tokens_total', 'Tokens asked for.', ['source', 'result']);
  const generation = metrics.gauge('cleat_egress_generation', 'Generation that calls of the app go out with.');
  const desyncs = metrics.counter('cleat_upstream_desync_total', 'Upstream connections that spoke unasked.');
  const circuits = metrics.counter('cleat_circuit_changes_total', 'Circuit breakers that opened or closed.', ['to']);
  const malformed = metrics.counter('cleat_lineage_malformed_total', 'Connections whose lineage cannot be read.');
  // Nearly all requests are counted here.
  const admitted = requests.of(['admitted', '']);
  const admittedCalls = calls.of(['admitted', '']);
  const boundExactly = bindings.of(['x5t#S256', 'admitted']);
  return {
    request(exchange) {
      const { refusal, note } = exchange;
      const isEgress = note?.direction === 'egress';
      if (note?.plaintext === true) plaintext.add();
      if (!isEgress) duration.observe(exchange.duration / 1000);
      if (refusal !== undefined) (isEgress ? calls : requests).add(['refused', refusal.code]);
      else (isEgress ? admittedCalls : admitted).add();
      if (isEgress) return;
      if (refusal === undefined && note?.caller?.binding === 'x5t#S256' && note.reported === undefined) {
        boundExactly.add();
        return;
      }
      const binding = bindingLabels(exchange);
      if (binding !== undefined) bindings.add(binding);
    },
    handshake: (result) => handshakes.add([result]),
    passedThrough: () => passed.add(),
    port: (mode) => ports.add([mode]),
    connections: (count) => connections.set(count),
    token: (source, result) => tokens.add([source, result]),
    switched: (number) => generation.set(number),
    desync: () => desyncs.add(),
    circuit: (isOpen) => circuits.add([isOpen ? 'open' : 'closed']),
    lineageMalformed: () => malformed.add(),
  };
}

const SECONDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Method and result; undefined where the request never came to the binding. */
function bindingLabels({ refusal, note }: ExchangeRecord<RequestNote>): readonly string[] | undefined {
  const judged = note?.reported ?? (refusal?.code.startsWith('BINDING_') === true ? refusal : undefined);
  if (judged !== undefined) {
    return [boundBy(note?.token), note?.reported === undefined ? judged.code : `reported ${judged.code}`];
  }
  return note?.caller === undefined ? undefined : [note.caller.binding, 'admitted'];
}
