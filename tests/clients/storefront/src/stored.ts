import { useMemo, useSyncExternalStore } from 'react';

/** What is in localStorage: one for all tabs of the browser. */
type Stored = {
  session: { userId: string; accessToken: string; refreshToken: string | null };
  cart: Record<string, number>; // how many pieces of each product, by its id
};

export function read<Key extends keyof Stored>(key: Key): Stored[Key] | null {
  return JSON.parse(localStorage.getItem(key) ?? 'null') as Stored[Key] | null;
}

export function write<Key extends keyof Stored>(key: Key, value: Stored[Key] | null): void {
  localStorage.setItem(key, JSON.stringify(value));
  window.dispatchEvent(new StorageEvent('storage')); // browsers tell the other tabs only
}

/** Follows what is written, in other tabs too. */
export function useStored<Key extends keyof Stored>(key: Key): Stored[Key] | null {
  const text = useSyncExternalStore(follow, () => localStorage.getItem(key));
  return useMemo(() => read(key), [key, text]);
}

function follow(changed: () => void): () => void {
  window.addEventListener('storage', changed);
  return () => window.removeEventListener('storage', changed);
}

/** How many pieces are wanted; none takes the product out. */
export function putInCart(productId: string, pieces: number): void {
  const { [productId]: _, ...others } = read('cart') ?? {};
  write('cart', pieces > 0 ? { ...others, [productId]: pieces } : others);
}
