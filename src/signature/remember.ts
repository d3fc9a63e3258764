/**
 * Remembers what a function found for an object, for as long as the object lives: signatures ask the same of a vantage
 * point again and again, and each of these questions looks at every trail.
 */
export function remember<K extends object, V>(find: (of: K) => V): (of: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (of) => {
    const found = known.get(of) ?? { value: find(of) };
    known.set(of, found);
    return found.value;
  };
}
