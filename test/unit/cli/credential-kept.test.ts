import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { writeCredentials, type CredentialFiles } from '../../../cli/credential-folder.ts';
import { takeUp } from '../../../cli/credential-kept.ts';
import { filesOf } from '../../../cli/credential-upkeep.ts';
import { demand, Fault } from '../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../core/identity/trust-domain.ts';
import { epochMilliseconds, epochSeconds } from '../../../core/time/units.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { testSnapshot } from '../../kit/snapshot.ts';
import { createTestAuthority, issueTestLeaf } from '../../kit/x509.ts';

const noon = epochSeconds(Math.floor(Date.now() / 1000));
const authority = createTestAuthority();
const own = testSnapshot(authority, noon);
const good = filesOf(own, undefined);

describe('takeUp()', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-kept-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function takenUp(files: CredentialFiles | undefined, { after = 0, trustDomain = 'mesh.example' } = {}) {
    if (files !== undefined) await writeCredentials(folder, files);
    const { log, lines } = collectLog();
    const clock = { now: () => epochMilliseconds((noon + after) * 1000) };
    const deps = { trustDomain: demand(parseTrustDomain(trustDomain)), clock, jitter: () => 0, log };
    return { kept: await takeUp(folder, deps), lines };
  }

  it('CONFIG_PERMISSION: takes nothing from a folder where others can write', async () => {
    await writeCredentials(folder, good);
    await chmod(folder, 0o770);
    const thrown = await takenUp(undefined).catch((cause: unknown) => Fault.from(cause));
    expect(thrown).to.have.property('code', 'CONFIG_PERMISSION');
  });

  it('gives nothing, and says nothing, where there is no folder and where it is empty', async () => {
    for (const where of [folder, join(folder, 'none')]) {
      folder = where;
      const { kept, lines } = await takenUp(undefined);
      expect([kept, lines.length]).to.deep.equal([undefined, 0]);
    }
  });

  const other = testSnapshot(createTestAuthority(), noon);
  const bare = issueTestLeaf(authority);
  const withoutLineage = filesOf({ ...own, key: bare.key, chain: [bare.der] }, undefined);
  const UNFIT: Readonly<Record<string, readonly [CredentialFiles, Parameters<typeof takenUp>[1]?]>> = {
    'that has expired': [good, { after: 3601 }],
    'that is not valid yet': [good, { after: -3600 }],
    'of another trust domain': [good, { trustDomain: 'other.example' }],
    'of another key': [{ ...good, key: filesOf(other, undefined).key }],
    'of another root': [{ ...good, bundle: filesOf(other, undefined).bundle }],
    'without a lineage': [withoutLineage],
    'that is garbage': [{ ...good, chain: 'garbage' }],
    'with a key that is garbage': [{ ...good, key: 'garbage' }],
  };
  for (const [what, [files, at]] of Object.entries(UNFIT))
    it(`says of a certificate ${what} that it is not used any more, and gives nothing`, async () => {
      const { kept, lines } = await takenUp(files, at);
      expect(kept).to.equal(undefined);
      expect(lines.map(({ message }) => message)).to.deep.equal(['the certificate in the folder is not used any more']);
      expect(JSON.stringify(lines)).not.to.include('PRIVATE KEY');
    });

  it('gives what is good, to be renewed when it would have been', async () => {
    const { kept } = await takenUp(good, { after: 3000 });
    expect(kept).to.deep.include({
      id: own.id,
      chain: own.chain,
      roots: own.roots,
      generation: 1,
      bundleGeneration: 0,
    });
    expect(kept?.renewAt).to.equal(noon + 1800);
    expect(kept?.key.equals(own.key)).to.equal(true);
  });
});
