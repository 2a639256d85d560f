/** Compiled, not executed: what React components of a shop would declare. */
import { graphql } from 'relay-runtime';

export const catalogue = graphql`
  fragment paging_products on Query
  @refetchable(queryName: "pagingProductsQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    products(first: $count, after: $cursor) @connection(key: "paging_products") {
      edges { node { id ...paging_product } }
    }
  }
`;
export const orders = graphql`
  fragment paging_orders on Query
  @refetchable(queryName: "pagingOrdersQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    orders(first: $count, after: $cursor) @connection(key: "paging_orders") {
      edges { node { id number status } }
    }
  }
`;
export const product = graphql`
  fragment paging_product on Product @refetchable(queryName: "pagingProductQuery") { name stock }
`;
