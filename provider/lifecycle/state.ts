/** The outputs of a state without what it says to be absent: as everything else knows them. */
export function withoutNulls<T extends object>(outputs: T): T {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== null)) as T;
}
