import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import type { ClientRecord, SecretHashes } from '../../../../ca/journal/record.ts';
import { authenticateClient } from '../../../../ca/tokens/client-authentication.ts';
import { createClientSecretDesk, type Lane, type ShownSecret } from '../../../../ca/tokens/client-secret.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { Secret } from '../../../../core/identity/secret.ts';
import { epochMilliseconds, epochSeconds } from '../../../../core/time/units.ts';
import { codeOf } from '../small-ca.ts';
import { workload } from './askers.ts';
import { clientRecord, NOW } from './registered.ts';

const withSecrets = (secrets: SecretHashes | undefined): ClientRecord => clientRecord({ secrets });
const after = (seconds: number) => epochSeconds(NOW + seconds);

describe('client secrets', () => {
  const desk = createClientSecretDesk(randomBytes);
  const check = (client: ClientRecord | undefined, secret: Secret, now = NOW, lane: Lane = 'certificate') =>
    desk.check(client, { secret, lane }, now);
  const make = async (live?: SecretHashes, overlapEnd?: number, now = NOW) =>
    demand(await desk.make(live, { now, overlapEnd: overlapEnd === undefined ? undefined : epochSeconds(overlapEnd) }));

  it('refuse an unknown client, one without a secret and a wrong secret alike: GRANT_CLIENT', async () => {
    const { secret, hashes } = await make();
    const wrong = new Secret(`${secret.reveal().slice(0, -1)}!`);
    const refused = await Promise.all([
      check(undefined, secret),
      check(withSecrets(undefined), secret),
      check(withSecrets(hashes), wrong),
      check(withSecrets(hashes), new Secret('')),
      check(withSecrets(hashes), new Secret('x'.repeat(100_000))),
      check(withSecrets(hashes), new Secret(hashes.digests[0]?.digest ?? '')),
    ]);
    expect(refused.map(codeOf)).to.deep.equal(Array.from(refused, () => 'GRANT_CLIENT'));
    for (const outcome of refused) expect(JSON.stringify(outcome)).not.to.include(secret.reveal());
  });

  it('are 256 random bits under a prefix that scanners know, and kept as argon2id with its cost', async () => {
    const { secret, hashes } = await make();
    expect(secret.reveal()).to.match(/^cls_[A-Za-z0-9_-]{43}$/);
    expect(hashes).to.include({ memory: 19_456, passes: 2, parallelism: 1 });
    expect(hashes.digests).to.have.length(1);
    expect(JSON.stringify(hashes)).not.to.include(secret.reveal().slice(4));
    expect(codeOf(await check(withSecrets(hashes), secret))).to.equal('ok');
  });

  it('stay good through the overlap of a rotation, to its last second', async () => {
    const first = await make();
    const second = await make(first.hashes, NOW + 60);
    const client = withSecrets(second.hashes);
    expect(codeOf(await check(client, second.secret, after(61)))).to.equal('ok');
    expect(codeOf(await check(client, first.secret, after(60)))).to.equal('ok');
    expect(codeOf(await check(client, first.secret, after(61)))).to.equal('GRANT_CLIENT');
  });

  it('end at once where a rotation has no overlap', async () => {
    const first = await make();
    const second = await make(first.hashes);
    expect(second.hashes.salt).not.to.equal(first.hashes.salt);
    expect(codeOf(await check(withSecrets(second.hashes), first.secret))).to.equal('GRANT_CLIENT');
    expect(codeOf(await check(withSecrets(second.hashes), second.secret))).to.equal('ok');
  });

  it('are never more than two: of two live ones the older goes', async () => {
    const first = await make();
    const second = await make(first.hashes, NOW + 3600);
    const third = await make(second.hashes, NOW + 3600);
    const client = withSecrets(third.hashes);
    expect(third.hashes.digests).to.have.length(2);
    expect(codeOf(await check(client, first.secret))).to.equal('GRANT_CLIENT');
    expect(codeOf(await check(client, second.secret))).to.equal('ok');
    expect(codeOf(await check(client, third.secret))).to.equal('ok');
  });

  it('are checked a few at a time; whoever comes when too many wait gets ISSUE_BUSY', async () => {
    const { secret, hashes } = await make();
    const crowd = Array.from({ length: 140 }, () => check(withSecrets(hashes), secret));
    const codes = (await Promise.all(crowd)).map(codeOf);
    expect(codes.filter((code) => code === 'ok')).to.have.length(130);
    expect(codes.filter((code) => code === 'ISSUE_BUSY')).to.have.length(10);
    expect(codeOf(await check(withSecrets(hashes), secret))).to.equal('ok');
  }).timeout(30_000);

  it('of callers without a certificate wait in a small lane of their own: ISSUE_BUSY there takes nothing from workloads', async () => {
    const { secret, hashes } = await make();
    const strangers = Array.from({ length: 100 }, (_, at) =>
      check(at % 2 === 0 ? undefined : withSecrets(hashes), secret, NOW, 'none'),
    );
    const workloads = Array.from({ length: 130 }, () => check(withSecrets(hashes), secret));
    expect((await Promise.all(workloads)).map(codeOf)).to.deep.equal(Array.from(workloads, () => 'ok'));
    const codes = (await Promise.all(strangers)).map(codeOf);
    expect(codes.filter((code) => code === 'ISSUE_BUSY')).to.have.length(83);
    expect(codes.slice(0, 17)).to.deep.equal(
      Array.from({ length: 17 }, (_, at) => (at % 2 === 0 ? 'GRANT_CLIENT' : 'ok')),
    );
  }).timeout(30_000);
});

describe('the lane of a secret', () => {
  it('is that of the certificate of the connection, whatever client is named', async () => {
    const lanes: Lane[] = [];
    const secrets = {
      check: async (_client: unknown, { lane }: ShownSecret) => {
        lanes.push(lane);
        return refuse('GRANT_CLIENT');
      },
    };
    const { workload: shown } = workload();
    const never = () => {
      throw new Error('not asked');
    };
    const rest = { apiKeys: { admit: never }, assertions: { verify: never }, secrets };
    for (const place of [shown, undefined])
      for (const found of [clientRecord(), clientRecord({ dpopBound: true }), undefined]) {
        const form = new Map([
          ['client_id', 'billing'],
          ['client_secret', 'x'],
        ]);
        const presented = { form, authorization: [], apiKey: [], workload: place, address: '192.0.2.1' };
        const refused = await authenticateClient(
          { ...presented, now: epochMilliseconds(NOW * 1000) },
          { ...rest, registry: { findClient: () => found } },
        );
        expect(codeOf(refused)).to.equal('GRANT_CLIENT');
      }
    expect(lanes).to.deep.equal(['certificate', 'certificate', 'certificate', 'none', 'none', 'none']);
  });
});
