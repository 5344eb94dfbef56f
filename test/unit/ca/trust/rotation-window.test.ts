import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { createServingIdentity, type ServingIdentity } from '../../../../ca/trust/serving.ts';
import { chainOf } from '../../../../ca/issue/record.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { parseJoinToken } from '../../../../core/identity/join-token.ts';
import { milliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { createCaServers } from '../../../../runtime/grpc/ca-server.ts';
import { clientContextOptions, mutualServerOptions, type TlsIdentity } from '../../../../runtime/tls-options.ts';
import { readRoot } from '../../../../sidecar/credentials/first-contact.ts';
import { findVouchedRoot } from '../../../../sidecar/credentials/vouched-root.ts';
import { testKey } from '../../../kit/x509.ts';
import { codeOf, MESH, startSmallCa, testClock, type SmallCa } from '../small-ca.ts';

const GO = new AbortController().signal;
/** OpenSSL judges by the clock of the host. */
const present = () => testClock(Math.floor(Date.now() / 1000));

const vouchingAt = (ca: SmallCa) => ({ trustDomain: MESH, now: wholeSeconds(ca.clock.now()) });

async function identityOf(ca: SmallCa): Promise<TlsIdentity> {
  const key = testKey();
  const { record } = demand(await ca.first(await ca.joinToken(), key));
  return { key, chain: chainOf(record), roots: ca.bundle.current().roots };
}

/** One handshake with certificates at both ends; what the server says of it, or the error. */
async function handshake(server: TlsIdentity, client: TlsIdentity): Promise<string> {
  const listener = createServer(mutualServerOptions(server), (socket: TLSSocket) => socket.end('ok'));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = connect({
    port,
    host: '127.0.0.1',
    ...clientContextOptions(client),
    checkServerIdentity: () => undefined,
  });
  try {
    const heard = await new Promise<string>((resolve) => {
      socket.once('error', ({ message }) => resolve(message));
      socket.once('data', (data) => resolve(String(data)));
      socket.once('close', () => resolve('closed'));
    });
    return heard;
  } finally {
    socket.destroy();
    listener.close();
  }
}

async function serve(ca: SmallCa): Promise<{ serving: ServingIdentity; address: string } & AsyncDisposable> {
  const health: boolean[] = [];
  const serving = createServingIdentity({
    issuer: ca.issuer,
    bundle: ca.bundle,
    authorities: ca.authorities,
    dnsNames: ['localhost'],
    clock: ca.clock,
    jitter: () => 0,
    log: ca.log.log,
    onHealth: (valid) => health.push(valid),
  });
  await serving.start(GO);
  const gone = () => refuse('LIFE_DRAINING', 'not here');
  const away = async () => gone();
  const servers = createCaServers({
    bootstrap: { address: '127.0.0.1:0', handlers: { issue: away, malformed: gone } },
    mesh: {
      address: '127.0.0.1:0',
      handlers: { malformed: gone, renew: away, mint: away, acknowledge: away, watch: away },
      admin: away,
    },
    tls: serving.current,
    log: ca.log.log,
  });
  await servers.start(GO);
  const rotation = serving.subscribe((identity) => servers.rotate(identity));
  return {
    serving,
    address: servers.addresses().bootstrap,
    async [Symbol.asyncDispose]() {
      rotation[Symbol.dispose]();
      await servers[Symbol.asyncDispose]();
      await serving[Symbol.asyncDispose]();
    },
  };
}

/** The next serving certificate that the authority of now has signed. */
async function reissued(ca: SmallCa, serving: ServingIdentity): Promise<void> {
  await ca.log.line(({ message }) => message === 'own certificate renewed');
  expect(serving.current().chain).to.have.length(1);
}

describe('the window of a rotation', () => {
  it('A-130 refuses the new leaf where nobody has heard of its root', async () => {
    await using ca = await startSmallCa({ clock: present() });
    const before = await identityOf(ca);
    demand(await ca.desk.prepare('operator'));
    demand(await ca.desk.activate('operator', { force: true }));
    const after = await identityOf(ca);
    expect(await handshake(before, after)).not.to.equal('ok');
    expect(await handshake(after, before)).not.to.equal('ok');
  });

  it('A-130 lets old leaf with new bundle, and new leaf with old bundle, meet at both ends', async () => {
    await using ca = await startSmallCa({ clock: present() });
    const old = await identityOf(ca);
    demand(await ca.desk.prepare('operator'));
    const { roots } = ca.bundle.current();
    demand(await ca.desk.activate('operator', { force: true }));
    const fresh = await identityOf(ca);
    const [oldLeaf, newLeaf] = [
      { ...old, roots },
      { ...fresh, roots },
    ];
    expect(await handshake(oldLeaf, newLeaf)).to.equal('ok');
    expect(await handshake(newLeaf, oldLeaf)).to.equal('ok');
    expect(await handshake(newLeaf, newLeaf)).to.equal('ok');
  });

  it('serves under the new root as soon as that signs, and shows the way there from the old one', async () => {
    await using ca = await startSmallCa({ clock: present() });
    const rootDigest = demand(parseJoinToken(await ca.joinToken())).rootDigest;
    await using ca1 = await serve(ca);
    const contact = { ...vouchingAt(ca), address: ca1.address, timeout: milliseconds(5000), signal: GO };
    expect(demand(await readRoot({ ...contact, rootDigest })).equals(ca.authority.root.der)).to.equal(true);
    demand(await ca.desk.prepare('operator'));
    demand(await ca.desk.activate('operator'));
    await reissued(ca, ca1.serving);
    const next = ca.authorities.current().root;
    // A token of the old root leads to the new one; a token of the new root names it.
    expect(demand(await readRoot({ ...contact, rootDigest })).equals(next.der)).to.equal(true);
    const digest = demand(parseJoinToken(await ca.joinToken())).rootDigest;
    expect(digest.equals(next.thumbprint)).to.equal(true);
    expect(demand(await readRoot({ ...contact, rootDigest: digest })).equals(next.der)).to.equal(true);
    demand(await ca.desk.retire('operator'));
    expect(codeOf(await readRoot({ ...contact, rootDigest }))).to.equal('RENEW_UNTRUSTED');
    expect(demand(await readRoot({ ...contact, rootDigest: digest })).equals(next.der)).to.equal(true);
  });

  it('leads from the root that was taken back to the one that signs again', async () => {
    await using ca = await startSmallCa({ clock: present() });
    await using ca1 = await serve(ca);
    demand(await ca.desk.prepare('operator'));
    demand(await ca.desk.activate('operator'));
    await reissued(ca, ca1.serving);
    const { rootDigest } = demand(parseJoinToken(await ca.joinToken()));
    demand(await ca.desk.rollback('operator'));
    await new Promise<void>((resolve) => {
      const isOld = (): boolean =>
        ca1.serving.current().chain[0] !== undefined &&
        ca.log.lines.filter(({ message }) => message === 'own certificate renewed').length === 2;
      const watch = ca1.serving.subscribe(() => {
        setImmediate(() => {
          if (!isOld()) return;
          watch[Symbol.dispose]();
          resolve();
        });
      });
      if (isOld()) resolve();
    });
    const contact = { ...vouchingAt(ca), address: ca1.address, timeout: milliseconds(5000), signal: GO, rootDigest };
    expect(demand(await readRoot(contact)).equals(ca.authority.root.der)).to.equal(true);
  });
});

describe('findVouchedRoot()', () => {
  it('follows no certificate that the named root has not signed', async () => {
    await using ca = await startSmallCa();
    await using other = await startSmallCa();
    for (const each of [ca, other]) {
      demand(await each.desk.prepare('operator'));
      demand(await each.desk.activate('operator'));
    }
    const [voucher = Buffer.alloc(0), old = Buffer.alloc(0)] = ca.authorities.vouchers();
    const [foreign = Buffer.alloc(0)] = other.authorities.vouchers();
    const { root } = ca.authorities.current();
    const stranger = other.authorities.current().root.der;
    const digest = { ...vouchingAt(ca), rootDigest: ca.authority.root.thumbprint };
    expect(findVouchedRoot([root.der, voucher, old], digest)?.equals(root.der)).to.equal(true);
    // A voucher of somebody else, one for a key that is not shown, and none.
    expect(findVouchedRoot([stranger, foreign, old], digest)?.equals(old)).to.equal(true);
    expect(findVouchedRoot([stranger, voucher, old], digest)?.equals(old)).to.equal(true);
    expect(findVouchedRoot([root.der, old], digest)?.equals(old)).to.equal(true);
    expect(findVouchedRoot([root.der, voucher], digest)).to.equal(undefined);
    expect(findVouchedRoot([Buffer.from('3000', 'hex'), root.der, voucher, old], digest)?.equals(root.der)).to.equal(
      true,
    );
  });
});
