import type { Session } from './client';
import type { CatalogueQuery, CatalogueQueryVariables, CountProductsQueryVariables } from './gql/graphql';
import { Catalogue, CountProducts } from './operations';

/** Page after page; `filter` and `sort` stay the same, because cursors belong to them. */
export async function* pages(
  session: Session,
  variables: Omit<CatalogueQueryVariables, 'after' | 'last' | 'before'>,
): AsyncGenerator<CatalogueQuery['products']> {
  let after: string | null = null;
  do {
    const { products }: CatalogueQuery = await session.run(Catalogue, { ...variables, after });
    yield products;
    after = products.pageInfo.hasNextPage ? products.pageInfo.endCursor : null;
  } while (after);
}

/** What to show as the number of products: it is null above 50,000. */
export async function counted(session: Session, variables: CountProductsQueryVariables): Promise<string> {
  const total: number | null = (await session.run(CountProducts, variables)).products.totalCount;
  return total === null ? 'many' : String(total);
}
