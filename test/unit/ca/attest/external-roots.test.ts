import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventEmitter } from 'node:events';

import { expect } from 'chai';

import { createExternalRoots } from '../../../../ca/attest/external-roots.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { createLog } from '../../../../runtime/log.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { issueTestChain } from '../../../kit/x509.ts';
import { tempFolder, thrownBy } from '../small-ca.ts';
import { corpAuthority } from './external.ts';

const pemOf = (...ders: readonly Buffer[]): string => ders.map((der) => encodePem('CERTIFICATE', der)).join('\n');

describe('createExternalRoots()', () => {
  function rig(folder: string) {
    const heard = new EventEmitter();
    const log = createLog({ write: (line) => heard.emit('line', line), level: 'info', clock: systemClock() });
    const file = join(folder, 'roots.pem');
    const roots = createExternalRoots({ name: 'corp', file, log });
    /** As an operator's tool does it: whole, by one rename. */
    const replace = async (content: string): Promise<string> => {
      const line = once(heard, 'line');
      writeFileSync(`${file}.new`, content);
      renameSync(`${file}.new`, file);
      return String((await line)[0]);
    };
    return { file, roots, replace };
  }

  it('refuses to start with CONFIG_FILE on a file that is missing, no PEM, holds a key or a leaf', async () => {
    const { leaf, authority } = issueTestChain();
    for (const content of [
      undefined,
      '',
      'junk',
      pemOf(authority.der).slice(0, -30),
      pemOf(authority.der) + encodePem('PRIVATE KEY', Buffer.from('x')),
      pemOf(authority.der, leaf.der),
      pemOf(Buffer.from('x')),
    ]) {
      using folder = tempFolder();
      const { file, roots } = rig(folder.path);
      if (content !== undefined) writeFileSync(file, content);
      expect(await thrownBy(() => roots.start(new AbortController().signal)), content).to.equal('CONFIG_FILE');
      await roots[Symbol.asyncDispose]();
    }
  });

  it('adopts new roots while it runs, and keeps the last good ones when the file is bad', async () => {
    using folder = tempFolder();
    const { file, roots, replace } = rig(folder.path);
    const [one, two] = [corpAuthority(), corpAuthority()];
    writeFileSync(file, pemOf(one.der));
    await roots.start(new AbortController().signal);
    expect(roots.current().map(({ der }) => der)).to.deep.equal([one.der]);
    expect(await replace('torn')).to.include('CONFIG_FILE');
    expect(roots.current().map(({ der }) => der)).to.deep.equal([one.der]);
    expect(await replace(pemOf(one.der, two.der))).to.include('adopted');
    expect(roots.current().map(({ der }) => der)).to.deep.equal([one.der, two.der]);
    await roots[Symbol.asyncDispose]();
  });
});
