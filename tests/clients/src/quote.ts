import type { Session } from './client';
import { type Problems, problems } from './forms';
import type { OrderQuoteInput, QuoteQuery } from './gql/graphql';
import { Quote } from './operations';

/** The checkout page: what it costs, and by field what has to be mended before the button can be pressed. */
export async function quote(
  session: Session,
  input: OrderQuoteInput,
): Promise<{ costs: QuoteQuery['orderQuote']; wrong: Problems }> {
  const { orderQuote } = await session.run(Quote, { input });
  return { costs: orderQuote, wrong: problems({ fields: orderQuote.problems }) };
}
