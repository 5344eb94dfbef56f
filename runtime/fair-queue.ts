/**
 * A bounded queue that is fair between keys: each key in turn gives one item, and when the queue is full the key that
 * holds most of it loses its youngest. Whoever floods it under one key waits for himself alone. Pure bookkeeping.
 */
export interface FairQueue<Item> {
  /** Queues the item. Gives the one that had to go for it: another of the longest key, or this one. */
  push(key: string, item: Item): Item | undefined;
  /** The oldest item of the key whose turn it is. */
  shift(): Item | undefined;
  readonly size: number;
}

/** An empty queue of at most `most` items. */
export function createFairQueue<Item>(most: number): FairQueue<Item> {
  /** In the order of their turns; no list is empty. */
  const lists = new Map<string, Item[]>();
  let size = 0;

  function longest(): readonly [string, Item[]] | undefined {
    let found: readonly [string, Item[]] | undefined;
    for (const entry of lists) if (found === undefined || entry[1].length > found[1].length) found = entry;
    return found;
  }

  /** Makes room by the youngest item of the longest list, unless the newcomer's own list is as long. */
  function displace(key: string, item: Item): Item | undefined {
    const victim = longest();
    if (victim === undefined || victim[1].length <= (lists.get(key)?.length ?? 0) + 1) return item;
    const displaced = victim[1].pop();
    append(key, item);
    return displaced;
  }

  function append(key: string, item: Item): void {
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [item]);
    else list.push(item);
  }

  return {
    push(key, item) {
      if (size >= most) return displace(key, item);
      append(key, item);
      size += 1;
      return undefined;
    },
    shift() {
      const [turn] = lists;
      if (turn === undefined) return undefined;
      const [key, list] = turn;
      const item = list.shift();
      lists.delete(key);
      if (list.length > 0) lists.set(key, list);
      size -= 1;
      return item;
    },
    get size() {
      return size;
    },
  };
}
