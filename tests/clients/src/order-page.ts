/** Where mails about an order lead. */
import type { Session } from './client';
import type { OrderByNumberQuery } from './gql/graphql';
import { OrderByNumber } from './operations';

/** The page /orders/NUMBER; null when there is no such order, or it is somebody else's. */
export async function orderPage(session: Session, number: string): Promise<OrderByNumberQuery['orderByNumber']> {
  return (await session.run(OrderByNumber, { number })).orderByNumber;
}
