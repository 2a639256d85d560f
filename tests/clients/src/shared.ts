import { type Held, Session } from './client';

const KEY = 'ordergraph-session';

/** Signed in over a reload and in every tab: each read and write of the tokens is one of the storage. */
export class SharedSession extends Session {
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly locked: (work: () => Promise<void>) => Promise<void>;

  constructor(
    endpoint: string,
    storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage,
    locked: (work: () => Promise<void>) => Promise<void> = (work) => navigator.locks.request(KEY, work),
    send?: typeof fetch,
  ) {
    super(endpoint, send);
    this.storage = storage;
    this.locked = locked;
  }

  override get tokens(): Held {
    return JSON.parse(this.storage.getItem(KEY) ?? 'null') as Held;
  }

  override set tokens(tokens: Held) {
    this.storage.setItem(KEY, JSON.stringify(tokens));
  }

  /** One tab at a time. Inside the lock the storage is read again: who waited finds fresh tokens, and sends nothing. */
  protected override alone(work: () => Promise<void>): Promise<void> {
    return this.locked(work);
  }
}
