import type { Session } from "./session";

const made = new WeakMap<Session, Map<string, Promise<unknown>>>();

/**
 * Makes something once a process for all who ask for it. The engine runs a preview and an update in
 * a process each, and its resources one after the other as often as side by side: the same folder
 * for many Deployments is walked and packed once, and all of them are given the same. What fails is
 * not kept.
 *
 * @param what - Says, with `key`, what is made.
 */
export function memoize<T>(
  session: Session,
  what: string,
  key: unknown,
  make: () => Promise<T>,
): Promise<T> {
  const all = made.get(session) ?? new Map<string, Promise<unknown>>();
  made.set(session, all);
  const name = JSON.stringify([what, key]);
  const known = all.get(name);
  if (known) return known as Promise<T>;
  const making = make();
  all.set(name, making);
  making.catch(() => all.delete(name));
  return making;
}
