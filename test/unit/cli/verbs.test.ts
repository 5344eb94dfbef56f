import { expect } from 'chai';

import { dispatch } from '../../../cli/dispatch.ts';
import { VERBS } from '../../../cli/verbs.ts';
import { captureIo } from '../../kit/captured-io.ts';

describe('cleat --help', () => {
  it('lists every verb once, in one line each of at most 120 columns', async () => {
    const io = captureIo();
    await dispatch(['--help'], VERBS, io);
    for (const { name } of VERBS) expect(io.written.out.split(`  ${name} `)).to.have.length(2);
    for (const line of io.written.out.split('\n')) expect(line.length, line).to.be.at.most(120);
  });

  for (const verb of VERBS) {
    it(`${verb.name} has a page with an example that its own options allow`, async () => {
      const io = captureIo();
      expect(await dispatch([...verb.name.split(' '), '--help'], VERBS, io)).to.equal(0);
      expect(io.written.out).to.include(verb.example);
      const words = verb.example.split(' ').slice(1 + verb.name.split(' ').length);
      const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
      expect(Object.keys(verb.options)).to.include.members(options);
      for (const [name, option] of Object.entries(verb.options))
        if (option.required === true) expect(options, `the example lacks --${name}`).to.include(name);
    });
  }
});
