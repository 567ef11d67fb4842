/**
 * Maps items with at most `limit` of them under way. The result has the order of the items.
 *
 * After a failure no further item is begun, and what is under way is waited for, so that no work
 * goes on once the promise is settled.
 *
 * @throws what the first failing `map` threw.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const failures: unknown[] = [];
  const queue = items.entries();

  const work = async () => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await map(item, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}

/**
 * Loads items up to `ahead` places before they are consumed, and yields them in their order: for a
 * consumer that takes one at a time but should not wait for each.
 */
export async function* readAhead<T, R>(
  items: readonly T[],
  ahead: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<[T, R], void> {
  const loading: Promise<R>[] = [];
  let next = 0;
  try {
    for (const item of items) {
      for (const coming of items.slice(next, next + ahead - loading.length)) {
        const loaded = load(coming);
        // A failure is thrown at the item's turn; until then it must not count as unhandled.
        loaded.catch(() => undefined);
        loading.push(loaded);
        next++;
      }
      const loaded = loading.shift();
      if (loaded) yield [item, await loaded];
    }
  } finally {
    await Promise.allSettled(loading);
  }
}
