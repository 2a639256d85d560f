import type { Session } from './client';
import type { CreateOrderInput, CreateOrderMutation } from './gql/graphql';
import { CreateOrder } from './operations';

/** One wish of a person: made when the button is pressed, thrown away when it is answered. */
export class Checkout {
  readonly idempotencyKey = crypto.randomUUID();
  readonly wish: Omit<CreateOrderInput, 'idempotencyKey'>;

  /** Give `expectedTotal`, the total that the person saw: another is never charged. */
  constructor(wish: Omit<CreateOrderInput, 'idempotencyKey'>) {
    this.wish = wish;
  }

  /** Call it again after a lost connection, a timeout, a 5xx: the same key never orders or charges twice. */
  async place(session: Session): Promise<CreateOrderMutation['createOrder']> {
    const input = { ...this.wish, idempotencyKey: this.idempotencyKey };
    return (await session.run(CreateOrder, { input })).createOrder;
  }
}
