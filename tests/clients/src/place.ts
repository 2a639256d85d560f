import type { Session } from './client';
import type { CreateOrderMutation, OrderLineInput } from './gql/graphql';
import { CreateOrder } from './operations';

/** One wish of a person: made when the button is pressed, thrown away when it is answered. */
export class Checkout {
  readonly idempotencyKey = crypto.randomUUID();

  constructor(readonly lines: OrderLineInput[], readonly paymentMethod: string) {}

  /** Call it again after a lost connection, a timeout, a 5xx: the same key never orders or charges twice. */
  async place(session: Session): Promise<CreateOrderMutation['createOrder']> {
    const { lines, paymentMethod, idempotencyKey } = this;
    return (await session.run(CreateOrder, { input: { lines, paymentMethod, idempotencyKey } })).createOrder;
  }
}
