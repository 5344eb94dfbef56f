/** The configurations of the pods of a story (`pods.ts`), as values, and what a story may say of them. */
import type { RequestListener } from 'node:http';
import { join } from 'node:path';

import { stringify } from 'yaml';

/** What a pod may call; the rest of the entry in `sidecar.yaml` follows from the name. */
export interface Call {
  readonly to: string;
  /** Name by which the app calls it; default: that of the pod. */
  readonly as?: string;
  readonly scopes?: readonly string[];
  /** As in `sidecar.yaml`, `file` and `apiKey` by their names in the folder of the pod. */
  readonly token?: object;
}

export interface PodPlan {
  /** What its app does; without one the pod has no inbound port. */
  readonly app?: RequestListener;
  readonly calls?: readonly Call[];
  /** Written into the folder of the pod before it starts, mode 0600: content by name. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface PodsPlan {
  /** Section `tokens` of `ca.yaml`, without `issuer`. */
  readonly tokens: object;
  readonly pods: Readonly<Record<string, PodPlan>>;
}

export const TRUST_DOMAIN = 'mesh.example';
export const pathOf = (pod: string): string => `/ns/shop/sa/${pod}`;
const loopback = (port: number): string => `127.0.0.1:${port}`;

export interface Pod {
  readonly name: string;
  readonly plan: PodPlan;
  readonly folder: string;
  readonly ports: { readonly inbound: number; readonly app: number; readonly egress: number; readonly admin: number };
}

export interface Ca {
  readonly folder: string;
  readonly ports: { readonly bootstrap: number; readonly mesh: number; readonly https: number; readonly admin: number };
}

/** Without anchors, which no configuration of ours may have. */
export const toYaml = (value: object): string => stringify(value, { aliasDuplicateObjects: false });

/** `iss` of the CA's tokens. */
export const issuerOf = ({ ports }: Ca): string => `https://localhost:${ports.https}`;

/** `ca.yaml`. */
export function caConfig(ca: Ca, { tokens }: PodsPlan): object {
  const { folder, ports } = ca;
  return {
    trustDomain: TRUST_DOMAIN,
    dataDir: join(folder, 'data'),
    listen: {
      bootstrap: loopback(ports.bootstrap),
      mesh: loopback(ports.mesh),
      https: loopback(ports.https),
      admin: loopback(ports.admin),
      control: join(folder, 'run', 'ca.sock'),
    },
    serverNames: ['localhost'],
    tokens: { issuer: issuerOf(ca), ...tokens },
  };
}

/** Each app sees the token that was shown for it. */
export const POLICY = {
  routes: [{ path: { under: '/' }, binding: 'required', forwardToken: true }],
  rules: [{ id: 'mesh', peers: [{ under: '/ns/shop' }] }],
};

/** `sidecar.yaml`. */
export function sidecarConfig(ca: Ca, { name, folder, ports, plan }: Pod, pods: readonly Pod[]): object {
  const portOf = (to: string): number => pods.find((pod) => pod.name === to)?.ports.inbound ?? 0;
  const inbound = [{ listen: loopback(ports.inbound), app: loopback(ports.app), audience: name }];
  const upstreams = (plan.calls ?? []).map(({ to, as = to, scopes = [], token = {} }) => ({
    name: as,
    address: `localhost:${portOf(to)}`,
    spiffe: { exact: pathOf(to) },
    audience: to,
    scopes,
    token: {
      ...token,
      ...('file' in token ? { file: join(folder, String(token.file)) } : {}),
      ...('apiKey' in token ? { apiKey: join(folder, String(token.apiKey)) } : {}),
    },
  }));
  return {
    trustDomain: TRUST_DOMAIN,
    credentials: {
      ca: {
        bootstrap: [`localhost:${ca.ports.bootstrap}`],
        mesh: [`localhost:${ca.ports.mesh}`],
        evidence: { kind: 'joinToken', file: join(folder, 'join-token') },
      },
    },
    inbound: plan.app === undefined ? [] : inbound,
    issuers: [{ name: 'cleat', issuer: issuerOf(ca), jwks: `${issuerOf(ca)}/jwks.json` }],
    policy: join(folder, 'policy.yaml'),
    egress: { listen: loopback(ports.egress), tokens: { url: `${issuerOf(ca)}/token` }, upstreams },
    admin: loopback(ports.admin),
    control: join(folder, 'run', 'sidecar.sock'),
    drain: { grace: '0s', deadline: '2s' },
    log: { admittedSample: 1 },
  };
}
