/** Every topic, in the order of the files. */
import type { Topic } from '../definition.ts';
import type { World } from '../world.ts';
import { audienceTopic, claimsTopic, timesTopic } from './claims.ts';
import { certificatesTopic } from './certificates.ts';
import { delegationTopic } from './delegation.ts';
import { dpopTopic } from './dpop.ts';
import { grammarTopic } from './grammar.ts';
import { headersTopic } from './headers.ts';
import { introspectionTopic } from './introspection.ts';
import { jktTlsTopic, jwkTopic } from './jkt-tls.ts';
import { joseHeaderTopic } from './jose-header.ts';
import { jsonTopic, signatureTopic } from './json.ts';
import { keysTopic } from './keys.ts';
import { lineageTopic } from './lineage.ts';
import { modesTopic, revocationTopic } from './modes.ts';
import { policyTopic } from './policy.ts';
import { wildTopic } from './wild.ts';
import { membersTopic, x5tTopic } from './x5t.ts';

export const TOPICS: readonly ((world: World) => Topic)[] = [
  grammarTopic,
  joseHeaderTopic,
  jsonTopic,
  signatureTopic,
  claimsTopic,
  audienceTopic,
  timesTopic,
  keysTopic,
  x5tTopic,
  membersTopic,
  certificatesTopic,
  lineageTopic,
  modesTopic,
  delegationTopic,
  revocationTopic,
  policyTopic,
  wildTopic,
  dpopTopic,
  jktTlsTopic,
  jwkTopic,
  introspectionTopic,
  headersTopic,
];
