/** Who acts: the current actor of a token against the peer, and the chain behind it. */
import { bad, type Definition, good, type Input, type Reason, type Topic } from '../definition.ts';
import type { Members } from '../token.ts';
import { AGENT, type World } from '../world.ts';
import { modeSettings } from './modes.ts';

const OTHER = 'spiffe://example.org/ns/shop/sa/other';
const USER = { sub: 'user-7', client_id: 'shop-frontend' };
const actor: Reason = { flag: 'Actor', clause: 'RFC 8693 4.1', code: 'BINDING_ACTOR' };
const shape: Reason = { flag: 'ActShape', clause: 'RFC 8693 4.1', code: 'TOKEN_CLAIMS' };

export function delegationTopic(world: World): Topic {
  return {
    topic: 'delegation',
    settings: modeSettings(world),
    cases: [...chains(world), ...identities(world), ...shapes(world)],
  };
}

const make =
  (world: World) =>
  (settings: string, changes: Members): Input => ({
    settings,
    token: world.token({ claims: changes }),
  });

/** The claim `act`, the current actor first. */
const act = (...chain: readonly unknown[]): unknown =>
  chain.reduceRight<unknown>((inner, sub) => ({ sub, ...(inner === undefined ? {} : { act: inner }) }), undefined);

function chains(world: World): readonly Definition[] {
  const of = make(world);
  return [
    good('a user, the agent acts', 'RFC 8693 4.1', 'x5t#S256', of('required', { ...USER, act: act(AGENT) })),
    good(
      'a user, the agent acts for another agent',
      'RFC 8693 4.1',
      'x5t#S256',
      of('required', { ...USER, act: act(AGENT, OTHER) }),
    ),
    bad(actor, 'another workload acts, bound to this certificate', of('required', { ...USER, act: act(OTHER) })),
    bad(
      actor,
      'the agent is only history: another workload acts now',
      of('required', { ...USER, act: act(OTHER, AGENT) }),
    ),
    bad(actor, 'no act, and client_id is another workload', of('required', { client_id: OTHER })),
    good('no act, and client_id is no workload', 'RFC 8693 4.1', 'x5t#S256', of('required', USER)),
    good(
      'a foreign actor that is no workload',
      'RFC 8693 4.1',
      'x5t#S256',
      of('required', { ...USER, act: act('service-account-9') }),
    ),
    bad(
      actor,
      'SPIFFE scheme of the actor in capitals',
      of('required', { ...USER, act: act('SPIFFE://example.org/ns/shop/sa/other') }),
    ),
  ];
}

function identities(world: World): readonly Definition[] {
  const of = make(world);
  return [
    good(
      'identity: the actor is the peer',
      'RFC 8693 4.1',
      'identity',
      of('identity', { ...USER, cnf: undefined, act: act(AGENT) }),
    ),
    bad(
      actor,
      'identity: the actor is another one, sub is the peer',
      of('identity', { cnf: undefined, act: act(OTHER) }),
    ),
    bad(
      actor,
      'identity: a nested actor is the peer',
      of('identity', { ...USER, cnf: undefined, act: act('gateway', AGENT) }),
    ),
    bad(
      actor,
      'identity: sub is the peer, client_id is not',
      of('identity', { cnf: undefined, client_id: 'shop-frontend' }),
    ),
    bad(
      actor,
      'identity: client_id is a prefix of the peer',
      of('identity', { cnf: undefined, client_id: AGENT.slice(0, -1) }),
    ),
    bad(
      actor,
      'identity: client_id is the peer in another case',
      of('identity', { cnf: undefined, client_id: AGENT.toUpperCase() }),
    ),
    bad(
      actor,
      'identity: client_id is the peer with a slash behind it',
      of('identity', { cnf: undefined, client_id: `${AGENT}/` }),
    ),
  ];
}

function shapes(world: World): readonly Definition[] {
  const of = make(world);
  return [
    good('four levels', 'RFC 8693 4.1', 'x5t#S256', of('required', { ...USER, act: act(AGENT, 'a', 'b', 'c') })),
    bad({ ...shape, flag: 'Depth' }, 'five levels', of('required', { ...USER, act: act(AGENT, 'a', 'b', 'c', 'd') })),
    bad(shape, 'act is a string', of('required', { act: AGENT })),
    bad(shape, 'act is an array', of('required', { act: [{ sub: AGENT }] })),
    bad(shape, 'act without sub', of('required', { act: { client_id: AGENT } })),
    bad(shape, 'act is null', of('required', { act: null })),
    bad(shape, 'a deeper act is no object', of('required', { act: { sub: AGENT, act: 'x' } })),
    bad(
      { flag: 'CnfInAct', clause: 'RFC 8705 3', code: 'BINDING_ABSENT' },
      'cnf inside act counts for nothing',
      of('required', { cnf: undefined, act: { sub: AGENT, cnf: { 'x5t#S256': world.agent.x5t } } }),
    ),
  ];
}
