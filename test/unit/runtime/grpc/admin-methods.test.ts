import { expect } from 'chai';

import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { openAdmin } from '../../../../runtime/grpc/admin-client.ts';
import type { AdminHandler } from '../../../../runtime/grpc/admin-methods.ts';
import { startTestCa, testIdentity } from '../../../kit/grpc-ca.ts';

const SECRET = 'spiffe://mesh.example/ns/shop/sa/agent has not acknowledged bundle 2';

async function asked(admin: AdminHandler) {
  await using ca = await startTestCa({ admin });
  const identity = testIdentity(ca.authority, { path: '/cleat/admin/operator' });
  const client = openAdmin({ addresses: [ca.mesh], caId: ca.caId, identity });
  try {
    return await client.ask('rotate', { step: 'activate' });
  } finally {
    client.close();
  }
}

describe('serveAdmin()', () => {
  it('A-140 tells nobody but a known administrator why: not who is none, not what broke', async () => {
    expect(await asked(async () => refuse('GRANT_ADMIN', SECRET))).to.deep.equal({
      ok: false,
      refusal: { code: 'GRANT_ADMIN', detail: 'PERMISSION_DENIED: not allowed' },
    });
    const broken = await asked(async () => {
      throw new Error(SECRET);
    });
    expect(broken).to.deep.equal({
      ok: false,
      refusal: { code: 'BUG_UNEXPECTED', detail: 'INTERNAL: internal error' },
    });
  });

  it('tells an administrator the detail of a refusal, at most 8 KiB of it', async () => {
    const known = async (detail: string) => asked(async () => ({ ...refuse('SIGNER_HELD', detail), isKnown: true }));
    const held = { ok: false, refusal: { code: 'SIGNER_HELD' } };
    for (const [said, heard] of [
      [SECRET, SECRET],
      ['zwölf \u001b[2J', 'zwölf \u001b[2J'],
      ['x'.repeat(10_000), 'x'.repeat(8192)],
    ] as const)
      expect(await known(said)).to.deep.equal({ ...held, refusal: { code: 'SIGNER_HELD', detail: heard } });
    const silent = await known('');
    expect(silent.ok ? '' : silent.refusal.detail).to.equal('FAILED_PRECONDITION: configuration refused');
  });

  it('answers', async () => {
    const answer = await asked(async () => ({ ...admit({ phase: 'idle' }), isKnown: true }));
    expect(answer.ok && answer.value).to.include({ phase: 'idle' });
  });
});
