/**
 * Makes something once for all who ask for it while that goes on: the engine checks the resources
 * of a program side by side. What is done is not kept, since a folder or a tag may change.
 */
export function sharing<T>(): (key: unknown, make: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>();
  return (key, make) => {
    const text = JSON.stringify(key);
    const made = underWay.get(text) ?? make().finally(() => underWay.delete(text));
    underWay.set(text, made);
    return made;
  };
}
