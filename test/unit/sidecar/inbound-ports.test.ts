import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { Fault } from '../../../core/fault/fault.ts';
import { admit } from '../../../core/fault/refusal.ts';
import { loadConfig } from '../../../runtime/config/load.ts';
import { type SidecarConfig, sidecarConfigTable } from '../../../sidecar/config.ts';
import { createInboundPorts } from '../../../sidecar/inbound-ports.ts';
import type { InboundPort } from '../../../sidecar/inbound.ts';
import { NOON } from './callers.ts';

const LEAST = `trustDomain: a
credentials: {ca: {bootstrap: [ca:1], mesh: [ca:2], evidence: {kind: joinToken, file: /run/token}}}
policy: /p
issuers:
  - {name: a, issuer: "https://ca.mesh.test", jwks: "file:/a"}
  - {name: b, issuer: "urn:b", jwks: "file:/b"}
`;
const IPS = '10.0.0.7,fd00::7';

function configOf(more: string): SidecarConfig {
  const loaded = loadConfig({ file: 'sidecar.yaml', text: LEAST + more, environment: {}, table: sidecarConfigTable });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return loaded.value;
}
const portsOf = (more: string): readonly InboundPort[] =>
  createInboundPorts(configOf(more), { podIps: IPS, random: randomBytes });
const port = (number: number, more = ''): string =>
  `{listen: "podIP:${number}", app: "127.0.0.1:${number}", audience: a, ${more}}`;

describe('createInboundPorts()', () => {
  it('throws CONFIG_ENVIRONMENT where podIP is asked for and nobody says it', () => {
    expect(() => createInboundPorts(configOf(`inbound: [${port(80)}]`), { podIps: undefined, random: randomBytes }))
      .to.throw(Fault)
      .with.property('code', 'CONFIG_ENVIRONMENT');
  });

  it('serves neither DPoP nor metadata by default', () => {
    const [plain] = portsOf(`inbound: [${port(80)}]`);
    expect(plain).to.include({ metadata: undefined, audience: 'a' });
    expect(plain?.dpop.isServed).to.equal(false);
    expect(plain?.listen).to.have.length(2);
  });

  it('names the issuers that are https URLs as authorization servers', () => {
    const [one] = portsOf(`inbound: [${port(80, 'resource: {identifier: "https://pay.test"}')}]`);
    expect(JSON.parse(one?.metadata?.document.toString() ?? '')).to.deep.include({
      resource: 'https://pay.test',
      authorization_servers: ['https://ca.mesh.test'],
    });
  });

  it('A-450 shares used proofs and nonces among ports: one client key is one client', () => {
    const offers = 'origins: ["https://pay.test"]';
    const [one, two] = portsOf(`dpop: {nonce: required}\ninbound: [${port(80, offers)}, ${port(81, offers)}]`);
    if (one === undefined || two === undefined) throw new Error('two ports');
    expect(one.dpop.nonce(NOON))
      .to.equal(two.dpop.nonce(NOON))
      .and.match(/^[\w-]{22}$/);
    const proof = { jkt: 'a'.repeat(43), jti: 'one', issuedAt: NOON };
    one.dpop.spend(proof, NOON);
    expect(two.dpop.check(admit(proof), NOON)).to.have.nested.property('refusal.code', 'BINDING_REPLAY');
  });

  it('hands out no nonce where no proof could hold', () => {
    const [one] = portsOf(`dpop: {nonce: required}\ninbound: [${port(80)}]`);
    expect(one?.dpop.nonce(NOON)).to.equal(undefined);
  });
});
