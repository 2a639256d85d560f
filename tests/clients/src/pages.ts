import type { Session } from './client';
import type { CatalogueQuery, CatalogueQueryVariables } from './gql/graphql';
import { Catalogue } from './operations';

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
