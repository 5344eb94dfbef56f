/** The configuration files of the demo, as values. They go through the same parsers as anybody's. Pure. */
import type { Layout, Pod } from './layout.ts';

export const TRUST_DOMAIN = 'demo.cleat';
/** Certificates live as short as a CA allows, so that a renewal can be watched. */
const CERTIFICATE_TTL = '1m';
/** How far an issuer's clock may be off: short, so that an expired token need not be waited for. */
export const SKEW_SECONDS = 1;

export const IDENTITY = {
  payments: '/ns/shop/sa/payments',
  agent: '/ns/shop/sa/agent',
  'agent-client': '/ns/shop/sa/agent',
  reports: '/ns/shop/sa/reports',
} as const;

/** `iss` of the demo's second issuer. */
export const PARTNER = 'https://partner.example';

/** What is written before the first process starts. */
export interface MeshConfigs {
  readonly ca: object;
  readonly payments: object;
  readonly agent: object;
  readonly policy: object;
}

/** The configuration of the demo. */
export function configsOf(layout: Layout): MeshConfigs {
  return {
    ca: caConfig(layout),
    payments: paymentsConfig(layout),
    agent: agentConfig(layout),
    policy: paymentsPolicy(),
  };
}

/** `ca.yaml`. */
function caConfig({ ports, caData, caControl }: Layout): object {
  return {
    trustDomain: TRUST_DOMAIN,
    dataDir: caData,
    listen: {
      bootstrap: loopback(ports.bootstrap),
      mesh: loopback(ports.mesh),
      https: loopback(ports.https),
      admin: loopback(ports.caAdmin),
      control: caControl,
    },
    serverNames: ['localhost'],
    certificates: { ttl: CERTIFICATE_TTL },
    tokens: {
      issuer: `https://localhost:${ports.https}`,
      rules: [
        {
          for: { spiffe: { exact: IDENTITY.agent } },
          audience: 'payments',
          scopes: ['payments.read', 'payments.write'],
        },
        {
          for: { spiffe: { exact: IDENTITY.agent } },
          audience: 'catalog',
          scopes: ['payments.read', 'payments.write'],
        },
        { for: { spiffe: { exact: IDENTITY.reports } }, audience: 'payments', scopes: ['payments.read'] },
      ],
    },
  };
}

/** `sidecar.yaml` of pod `payments`: one inbound port, two issuers. */
function paymentsConfig(layout: Layout): object {
  const { ports } = layout;
  return {
    ...sidecar(layout, 'payments'),
    inbound: [{ listen: loopback(ports.payments), app: loopback(ports.paymentsApp), audience: 'payments' }],
    issuers: [
      {
        name: 'cleat',
        issuer: `https://localhost:${ports.https}`,
        jwks: `https://localhost:${ports.https}/jwks.json`,
        skew: `${SKEW_SECONDS}s`,
      },
      {
        name: 'partner',
        issuer: PARTNER,
        jwks: `https://localhost:${ports.issuer}/jwks.json`,
        trust: `file:${layout.issuer}/root.pem`,
        skew: `${SKEW_SECONDS}s`,
      },
    ],
    policy: layout.policy,
    admin: loopback(ports.paymentsAdmin),
  };
}

/** `sidecar.yaml` of pod `agent`: egress only. */
function agentConfig(layout: Layout): object {
  const { ports } = layout;
  return {
    ...sidecar(layout, 'agent'),
    egress: {
      listen: loopback(ports.egress),
      upstreams: [
        {
          name: 'payments',
          address: `localhost:${ports.payments}`,
          spiffe: { exact: IDENTITY.payments },
          audience: 'payments',
          scopes: ['payments.write'],
        },
      ],
    },
    admin: loopback(ports.agentAdmin),
  };
}

/** `policy.yaml` of pod `payments`. */
export function paymentsPolicy(): object {
  return {
    routes: [{ path: { under: '/' }, binding: 'required' }],
    rules: [
      {
        id: 'agent-pays',
        peers: [{ exact: IDENTITY.agent }],
        methods: ['POST'],
        paths: [{ under: '/payments' }],
        scopes: ['payments.write'],
      },
      {
        id: 'shop-reads',
        peers: [{ under: '/ns/shop' }],
        methods: ['GET', 'HEAD'],
        paths: [{ under: '/payments' }],
        scopes: ['payments.read'],
      },
    ],
  };
}

function sidecar(layout: Layout, pod: Pod): Readonly<Record<string, unknown>> {
  const { ports } = layout;
  return {
    trustDomain: TRUST_DOMAIN,
    credentials: {
      ca: {
        bootstrap: [`localhost:${ports.bootstrap}`],
        mesh: [`localhost:${ports.mesh}`],
        evidence: { kind: 'joinToken', file: layout.joinToken(pod) },
      },
    },
    control: layout.sidecarControl(pod),
    drain: { grace: '0s', deadline: '2s' },
    // Everything is recorded: the story reads the records, and so can you.
    log: { level: 'info', admittedSample: 1 },
  };
}

const loopback = (port: number): string => `127.0.0.1:${port}`;
