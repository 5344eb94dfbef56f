/**
 * One channel to the CA per snapshot: who asks as a generation is heard as that generation, and never rides on the
 * certificate of another. A superseded channel is closed when its calls have ended.
 */
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { Addresses } from '../../runtime/grpc/addresses.ts';
import { openMesh, type MeshClient } from '../../runtime/grpc/ca-client.ts';
import type { Snapshot } from './snapshot.ts';

export interface Channels {
  /** Runs over the channel of this snapshot, opened if need be. */
  use<T>(snapshot: Snapshot, run: (client: MeshClient) => Promise<T>): Promise<T>;
  /** From now on only this snapshot's channel is kept open between calls. */
  keep(snapshot: Snapshot): void;
  /** Keeps none: each is closed when its calls have ended. */
  close(): void;
}

interface Entry {
  readonly client: MeshClient;
  users: number;
}

/** No channel is open yet. Each begins at another address. */
export function createChannels(addresses: Addresses, caId: SpiffeId): Channels {
  const open = new Map<Snapshot, Entry>();
  let kept: Snapshot | undefined;

  function entryOf(snapshot: Snapshot): Entry {
    const found = open.get(snapshot);
    if (found !== undefined) return found;
    const told = (address: string, isThere: boolean): void => addresses.told(address, isThere);
    const made = { client: openMesh({ addresses: addresses.order(), told, caId, identity: snapshot }), users: 0 };
    open.set(snapshot, made);
    return made;
  }

  function sweep(): void {
    for (const [snapshot, { client, users }] of open) {
      if (snapshot === kept || users > 0) continue;
      open.delete(snapshot);
      client.close();
    }
  }

  return {
    async use(snapshot, run) {
      const entry = entryOf(snapshot);
      entry.users += 1;
      try {
        return await run(entry.client);
      } finally {
        entry.users -= 1;
        sweep();
      }
    },
    keep(snapshot) {
      kept = snapshot;
      sweep();
    },
    close() {
      kept = undefined;
      sweep();
    },
  };
}
