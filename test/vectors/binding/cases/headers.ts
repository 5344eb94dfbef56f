/** Fields that say who the caller is: nothing that a client sends under such a name counts, and no other token is looked at. */
import { issueLeaf } from '../authority.ts';
import { bad, type Definition, good, type Input, type Reason, TOLD, type Topic } from '../definition.ts';
import { AGENT, type World } from '../world.ts';

const OTHER = 'spiffe://example.org/ns/shop/sa/other';
const field: Reason = { flag: 'Twin', clause: 'RFC 9440 2.4', code: 'REQUEST_FIELD', told: TOLD.invalidRequest };
const none: Reason = { flag: 'NoCredential', clause: 'RFC 6750 3.1', code: 'TOKEN_ABSENT', told: TOLD.challenge };
const actor: Reason = { flag: 'SpoofedIdentity', clause: 'RFC 9440 2.4', code: 'BINDING_ACTOR' };

export function headersTopic(world: World): Topic {
  const token = world.token();
  const other = issueLeaf(world.root, { path: '/ns/shop/sa/other' });
  const certificate = `:${world.agent.der.toString('base64')}:`;
  const beside = (...fields: NonNullable<Input['fields']>): Input => ({
    fields: [['Authorization', `Bearer ${token}`], ...fields],
  });
  const unbound = world.token({ claims: { cnf: undefined } });
  const spoofed = (name: string, value: string): Input => ({
    settings: 'identity',
    chain: [other.der],
    fields: [
      ['Authorization', `Bearer ${unbound}`],
      [name, value],
    ],
  });
  return {
    topic: 'identity-headers',
    settings: {
      strict: world.settings(),
      identity: world.settings({ mustBind: false }, { binding: 'identity' }),
      optional: world.settings({ mustBind: false }, { binding: 'optional' }),
    },
    cases: [
      good(
        'a certificate of somebody else in Client-Cert is nothing',
        'RFC 9440 2.4',
        'x5t#S256',
        beside(['Client-Cert', `:${other.der.toString('base64')}:`]),
      ),
      good(
        'X-Forwarded-Client-Cert of somebody else is nothing',
        'RFC 9440 2.4',
        'x5t#S256',
        beside(['X-Forwarded-Client-Cert', `URI=${OTHER}`]),
      ),
      bad(actor, 'identity: the peer in Client-Cert, another on the connection', spoofed('Client-Cert', certificate)),
      bad(
        actor,
        'identity: the peer in X-Forwarded-Client-Cert, another on the connection',
        spoofed('X-Forwarded-Client-Cert', `URI=${AGENT}`),
      ),
      bad(actor, 'identity: the peer in Cleat-Caller, another on the connection', spoofed('Cleat-Caller', AGENT)),
      bad(
        actor,
        'identity: the peer in X-SSL-Client-S-DN, another on the connection',
        spoofed('X-SSL-Client-S-DN', AGENT),
      ),
      bad(field, 'Client_Cert, which some apps read as Client-Cert', beside(['Client_Cert', certificate])),
      bad(field, 'X_Forwarded_Client_Cert', beside(['X_Forwarded_Client_Cert', `URI=${OTHER}`])),
      bad(field, 'cleat_caller', beside(['cleat_caller', OTHER])),
      bad(
        { ...field, flag: 'Connection', clause: 'CVE-2024-45410' },
        'Connection names Client-Cert',
        beside(['Connection', 'close, client-cert']),
      ),
      bad(
        { ...field, flag: 'Connection', clause: 'CVE-2024-45410' },
        'Connection names Authorization',
        beside(['Connection', 'authorization']),
      ),
      ...otherTokens(world),
    ],
  };
}

function otherTokens(world: World): readonly Definition[] {
  const token = world.token();
  const beside = (name: string): Input => ({
    fields: [
      ['Authorization', `Bearer ${token}`],
      [name, token],
    ],
  });
  return [
    good(
      'a workload identity token beside a good token goes through',
      'draft-ietf-wimse',
      'x5t#S256',
      beside('Workload-Identity-Token'),
    ),
    good(
      'a transaction token beside a good token goes through',
      'draft-ietf-oauth-transaction-tokens',
      'x5t#S256',
      beside('Txn-Token'),
    ),
    bad(none, 'a workload identity token alone', { fields: [['Workload-Identity-Token', token]] }),
    bad(none, 'a transaction token alone', { fields: [['Txn-Token', token]] }),
    bad(none, 'a token in Proxy-Authorization alone', { fields: [['Proxy-Authorization', `Bearer ${token}`]] }),
    good('optional: the same counts as no token', 'RFC 6750 2.1', 'none', {
      settings: 'optional',
      fields: [['Workload-Identity-Token', token]],
    }),
  ];
}
