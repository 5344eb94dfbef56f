import { expect } from 'chai';

import { parseClientIdentity } from '../../../cli/client-identity.ts';
import type { CredentialFiles } from '../../../cli/credential-folder.ts';
import { Fault } from '../../../core/fault/fault.ts';
import { encodePem } from '../../../core/x509/pem.ts';
import { issueTestChain, testKey } from '../../kit/x509.ts';

const pemOf = (key: ReturnType<typeof testKey>): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('parseClientIdentity()', () => {
  const { authority, leaf } = issueTestChain();
  const sound: CredentialFiles = {
    key: pemOf(leaf.key),
    chain: encodePem('CERTIFICATE', leaf.der),
    bundle: encodePem('CERTIFICATE', authority.der),
    authorization: undefined,
  };

  const faults: readonly (readonly [string, Partial<CredentialFiles>, string])[] = [
    ['a key that is none', { key: 'x' }, 'CONFIG_INVALID'],
    ['the key of another certificate', { key: pemOf(testKey()) }, 'CONFIG_INVALID'],
    ['a chain without a certificate', { chain: encodePem('PUBLIC KEY', Buffer.from('x')) }, 'CONFIG_INVALID'],
    ['a bundle without a certificate', { bundle: sound.key }, 'CONFIG_INVALID'],
    ['a chain that is no PEM', { chain: '' }, 'CONFIG_FILE'],
    ['a certificate that names no workload', certificateOf('no-uri'), 'PEER_NOT_SVID'],
  ];
  for (const [what, change, code] of faults) {
    it(`refuses ${what}: ${code}`, () => {
      try {
        parseClientIdentity({ ...sound, ...change });
      } catch (thrown) {
        const fault = Fault.from(thrown);
        expect(fault.code).to.equal(code);
        expect(fault.detail).to.not.include('PRIVATE KEY');
        return;
      }
      expect.fail('a fault was expected');
    });
  }

  it('gives key, chain, roots, the name in the leaf and the CA of its trust domain', () => {
    const identity = parseClientIdentity(sound);
    expect(identity.id.uri).to.equal('spiffe://mesh.example/ns/shop/sa/agent');
    expect(identity.caId.uri).to.equal('spiffe://mesh.example/cleat/ca');
    expect(identity.chain).to.deep.equal([leaf.der]);
    expect(identity.roots).to.deep.equal([authority.der]);
  });
});

function certificateOf(flaw: 'no-uri'): Partial<CredentialFiles> {
  const { leaf } = issueTestChain({ flaw });
  return { key: pemOf(leaf.key), chain: encodePem('CERTIFICATE', leaf.der) };
}
