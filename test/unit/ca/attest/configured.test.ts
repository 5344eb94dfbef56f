import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { attestOidc } from '../../../../ca/attest/oidc.ts';
import { createAttestors } from '../../../../ca/attest/configured.ts';
import { caConfigTable } from '../../../../ca/config.ts';
import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { milliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createKeyMeasures } from '../../../../runtime/jwks.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { keySetOf } from '../../core/token/tokens.ts';
import { closedPort } from '../../sidecar/credentials/rig.ts';
import { codeOf, MESH, tempFolder, thrownBy } from '../small-ca.ts';
import { AUDIENCE, CI_ISS, corpAuthority, testCi } from './external.ts';

const clock = systemClock();

function attestorsOf(attestors: object) {
  const config = caConfigTable.parse({ trustDomain: 'mesh.example', attestors });
  return createAttestors({
    config,
    clock,
    jitter: () => 0,
    log: collectLog().log,
    measures: createKeyMeasures(createMetrics()),
  });
}

const ci = (jwks: string, more: object = {}) => ({
  name: 'ci',
  issuer: CI_ISS,
  jwks,
  audience: AUDIENCE,
  rules: [{ claims: { repository: 'acme/{repo}' }, path: '/ci/{repo}' }],
  ...more,
});
const devices = (roots: string) => ({
  name: 'devices',
  roots,
  rules: [{ dns: '{device}.example', path: '/devices/{device}' }],
});
const start = (made: ReturnType<typeof attestorsOf>) => made.service.start(new AbortController().signal);

describe('createAttestors()', () => {
  it('refuses to start with CONFIG_FILE where roots or keys lie in a file that is missing or wrong', async () => {
    using folder = tempFolder();
    const file = join(folder.path, 'file');
    for (const content of [undefined, 'junk']) {
      if (content !== undefined) writeFileSync(file, content);
      for (const attestors of [{ x509: [devices(file)] }, { oidc: [ci(`file:${file}`)] }]) {
        const made = attestorsOf(attestors);
        expect(await thrownBy(() => start(made)), JSON.stringify(attestors)).to.equal('CONFIG_FILE');
        await made.service[Symbol.asyncDispose]();
      }
    }
  });

  it('A-117 starts while an issuer cannot be reached: its tokens wait, the others are attested', async () => {
    using folder = tempFolder();
    const [roots, keys] = [join(folder.path, 'roots.pem'), join(folder.path, 'keys.json')];
    const platform = testCi();
    writeFileSync(roots, encodePem('CERTIFICATE', corpAuthority().der));
    writeFileSync(keys, keySetOf(platform.key));
    const away = { name: 'away', issuer: 'https://away.example', trust: `file:${join(folder.path, 'none.pem')}` };
    const jwks = `https://${await closedPort()}/keys`;
    const made = attestorsOf({
      x509: [devices(roots)],
      oidc: [ci(jwks, away), ci(jwks, { name: 'closed', issuer: 'https://closed.example' }), ci(`file:${keys}`)],
    });
    await start(made);
    const now = wholeSeconds(clock.now());
    const deps = { trustDomain: MESH, attestors: made.attestors.oidc, revocations: NO_REVOCATIONS, now };
    for (const iss of ['https://away.example', 'https://closed.example'])
      expect(codeOf(await attestOidc(platform.token(now, { iss }), deps)), iss).to.equal('ATTEST_UNAVAILABLE');
    expect(codeOf(await attestOidc(platform.token(now), deps))).to.equal('ok');
    expect(made.attestors.x509[0]?.roots()).to.have.length(1);
    await made.service.drain(milliseconds(1000));
    await made.service[Symbol.asyncDispose]();
  });

  it('starts without anybody to vouch', async () => {
    const made = attestorsOf({});
    await start(made);
    expect([made.attestors.x509.length, made.attestors.oidc.size]).to.deep.equal([0, 0]);
    await made.service[Symbol.asyncDispose]();
  });
});
