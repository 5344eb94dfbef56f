/**
 * Sets inbound requests' tokens aside while their requests are under way, for an app that calls others on behalf of who
 * called it. Judges nothing: a token is kept after the request was admitted with it, and let go with the request.
 */
import type { ConnectionRooms, Decision } from '../forward/forwarding.ts';
import type { RequestHead } from '../http/request.ts';
import type { RequestNote } from '../record.ts';
import type { InboundTokens } from './inbound-tokens.ts';

/** The same rooms; what they admit with a token is kept in `tokens` until it is done. */
export function rememberInbound(
  rooms: ConnectionRooms<RequestNote>,
  tokens: Pick<InboundTokens, 'keep' | 'end'>,
): ConnectionRooms<RequestNote> {
  const keep = (head: RequestHead, decision: Decision<RequestNote>): Decision<RequestNote> => {
    const { ok, note } = decision;
    const text = ok && note.token !== undefined ? credentialOf(head) : undefined;
    if (text !== undefined) tokens.keep(note.requestId, text);
    return decision;
  };
  return {
    ...rooms,
    decide(head) {
      const decision = rooms.decide(head);
      return decision instanceof Promise ? decision.then((value) => keep(head, value)) : keep(head, decision);
    },
    onDone(record) {
      if (record.note !== undefined) tokens.end(record.note.requestId);
      rooms.onDone(record);
    },
  };
}

/** Who was admitted with a token showed it in one `Authorization`: a scheme, one space, the token. */
function credentialOf({ fields }: RequestHead): string | undefined {
  const value = fields.find(({ lower }) => lower === 'authorization')?.value;
  return value?.slice(value.indexOf(' ') + 1);
}
