import { useSyncExternalStore } from 'react';

/** A value in localStorage: one for all tabs of the browser. Components that use it follow its changes. */
export class Stored<T> {
  #text: string | null = null;
  #value: T;

  constructor(readonly key: string, readonly initial: T) {
    this.#value = initial;
  }

  get = (): T => {
    const text = localStorage.getItem(this.key);
    if (text !== this.#text) this.#value = text === null ? this.initial : (JSON.parse(text) as T);
    this.#text = text;
    return this.#value;
  };

  set = (value: T): void => {
    localStorage.setItem(this.key, JSON.stringify(value));
    window.dispatchEvent(new StorageEvent('storage')); // browsers tell the other tabs only
  };
}

export function useStored<T>(stored: Stored<T>): T {
  return useSyncExternalStore(follow, stored.get);
}

function follow(changed: () => void): () => void {
  window.addEventListener('storage', changed);
  return () => window.removeEventListener('storage', changed);
}

export type Session = { userId: string; accessToken: string; refreshToken: string | null };
export const session = new Stored<Session | null>('session', null);

/** How many pieces of each product, by the product's id. */
export type Cart = Record<string, number>;
export const cart = new Stored<Cart>('cart', {});

/** Zero takes the product out. */
export function putInCart(productId: string, quantity: number): void {
  const { [productId]: _, ...others } = cart.get();
  cart.set(quantity > 0 ? { ...others, [productId]: quantity } : others);
}
