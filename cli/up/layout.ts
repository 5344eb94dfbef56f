/** Where everything of a demo lies: one temporary folder, one set of ports. Pure. */
import { join } from 'node:path';

export interface Ports {
  readonly bootstrap: number;
  readonly mesh: number;
  readonly https: number;
  readonly caAdmin: number;
  readonly issuer: number;
  readonly payments: number;
  readonly paymentsApp: number;
  readonly paymentsAdmin: number;
  readonly egress: number;
  readonly agentApp: number;
  readonly agentAdmin: number;
}

const PORT_NAMES = [
  'bootstrap',
  'mesh',
  'https',
  'caAdmin',
  'issuer',
  'payments',
  'paymentsApp',
  'paymentsAdmin',
  'egress',
  'agentApp',
  'agentAdmin',
] as const satisfies readonly (keyof Ports)[];

export const PORTS_NEEDED = PORT_NAMES.length;

/** Names the ports; `numbers` must hold `PORTS_NEEDED` of them. */
export function namePorts(numbers: readonly number[]): Ports {
  if (numbers.length !== PORTS_NEEDED) throw new TypeError(`${PORTS_NEEDED} ports are needed`);
  return Object.fromEntries(PORT_NAMES.map((name, at) => [name, numbers[at]])) as unknown as Ports;
}

/** The parties that get a certificate of the mesh. */
export type Pod = 'payments' | 'agent';
/** A party without a sidecar: `agent-client` holds the credentials of agent, `reports` is the third workload. */
export type Client = 'agent-client' | 'reports';

export interface Layout {
  readonly folder: string;
  readonly ports: Ports;
  readonly logs: string;
  readonly caConfig: string;
  readonly caData: string;
  readonly caControl: string;
  readonly issuer: string;
  readonly joinToken: (party: Pod | Client) => string;
  readonly sidecarConfig: (pod: Pod) => string;
  readonly sidecarControl: (pod: Pod) => string;
  readonly policy: string;
  readonly credentials: (client: Client) => string;
}

/** Every path of the demo in `folder`; `logs` may lie elsewhere, to outlive it. */
export function layOut(folder: string, logs: string, ports: Ports): Layout {
  return {
    folder,
    ports,
    logs,
    caConfig: join(folder, 'ca', 'ca.yaml'),
    caData: join(folder, 'ca', 'data'),
    caControl: join(folder, 'ca', 'run', 'ca.sock'),
    issuer: join(folder, 'issuer'),
    joinToken: (party) => join(folder, party, 'join-token'),
    sidecarConfig: (pod) => join(folder, pod, 'sidecar.yaml'),
    sidecarControl: (pod) => join(folder, pod, 'run', 'sidecar.sock'),
    policy: join(folder, 'payments', 'policy', 'policy.yaml'),
    credentials: (client) => join(folder, client, 'credentials'),
  };
}

/** The folders that must be there before the first process starts; each is made with mode 0700. */
export function foldersOf(layout: Layout): readonly string[] {
  const { folder } = layout;
  return [
    layout.logs,
    layout.caData,
    join(folder, 'ca', 'run'),
    layout.issuer,
    join(folder, 'payments', 'run'),
    join(folder, 'payments', 'policy'),
    join(folder, 'agent', 'run'),
    layout.credentials('agent-client'),
    layout.credentials('reports'),
  ];
}
