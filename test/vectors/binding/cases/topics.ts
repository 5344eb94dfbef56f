/** Every topic, in the order of the files. */
import type { Topic } from '../definition.ts';
import type { World } from '../world.ts';
import { grammarTopic } from './grammar.ts';
import { joseHeaderTopic } from './jose-header.ts';
import { jsonTopic, signatureTopic } from './json.ts';

export const TOPICS: readonly ((world: World) => Topic)[] = [grammarTopic, joseHeaderTopic, jsonTopic, signatureTopic];
