/** Compiled, not executed: where a product is named, exactly one name is given; whatever the types were made from. */
import type { ProductPageQueryVariables } from './gql/graphql';
import type { ProductPageQueryVariables as FromUrl } from './from-url/graphql';

export const one: ProductPageQueryVariables & FromUrl = { by: { slug: 'teapot' } };
// @ts-expect-error: not two
export const two: ProductPageQueryVariables = { by: { slug: 'teapot', sku: 'TEA-1' } };
// @ts-expect-error: nor from the URL
export const other: FromUrl = { by: { slug: 'teapot', sku: 'TEA-1' } };
