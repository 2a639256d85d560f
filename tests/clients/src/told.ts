import type { CreateOrderMutation } from './gql/graphql';

/** What a shop tells its customer. Leave a case out, and `result` is no `never` any more: it does not compile. */
export function told(result: CreateOrderMutation['createOrder']): string {
  switch (result.__typename) {
    case 'CreateOrderSuccess': return `${result.order.number} is ${result.order.status}`;
    case 'ValidationError': return result.fields.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    case 'ProductUnavailableError': return `not for sale: ${result.productIds.join(', ')}`;
    case 'InsufficientStockError': return result.shortages.map((one) => `only ${one.available} of ${one.requested} left`).join('; ');
    case 'RateLimitedError': return `try again in ${result.retryAfterSeconds} s: ${result.message}`;
    case 'PriceChangedError': return `it was ${result.expected.amount} and is ${result.actual.amount} now: order again if that is all right`;
    case 'PaymentDeclinedError': return `declined: ${result.declineCode ?? 'no reason given'}`;
    case 'PaymentPendingError': return `${result.orderId} is being decided`;
    case 'IdempotencyConflictError': return result.message;
    default: throw new Error(`no such outcome: ${JSON.stringify(result satisfies never)}`);
  }
}
