import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '../gql';
import type { StaffProductFragment } from '../gql/graphql';
import { failure, Field, MutationForm, Problem, SearchForm } from '../parts';
import { OrderList } from './Orders';

const Fulfill = graphql(`
  mutation Fulfill($input: FulfillOrderInput!) {
    result: fulfillOrder(input: $input) { __typename ... on FulfillOrderSuccess { order { ...OrderDetails } } ...Refusal }
  }
`);

const StaffProducts = graphql(`
  query StaffProducts($search: String) { products(first: 5, filter: { search: $search }) { nodes { ...StaffProduct } } }
  fragment StaffProduct on Product { id sku name version stock reserved price { amount currencyCode } }
`);

const UpdateProduct = graphql(`
  mutation UpdateProduct($input: UpdateProductInput!) {
    result: updateProduct(input: $input) { __typename ... on UpdateProductSuccess { product { ...StaffProduct } } ...Refusal }
  }
`);

const CountStock = graphql(`
  mutation CountStock($input: CountStockInput!) {
    result: countStock(input: $input) { __typename ... on CountStockSuccess { product { ...StaffProduct } } ...Refusal }
  }
`);

export function Staff() {
  const [wanted, setWanted] = useState('');
  const [search, setSearch] = useState('');
  const [{ data, error }] = useQuery({ query: StaffProducts, variables: { search } });
  return (
    <>
      <title>Staff</title>
      <h1>Staff</h1>
      <h2>Orders</h2>
      <SearchForm label="Find orders" search={wanted} onSearch={setWanted} />
      <OrderList
        search={wanted}
        action={({ id: orderId, number, status }) =>
          status === 'CONFIRMED' && <MutationForm mutation={Fulfill} input={() => ({ orderId })} button={`Send ${number}`} />
        }
      />
      <h2>Products</h2>
      <SearchForm label="Find products" search={search} onSearch={setSearch} />
      <Problem text={error && failure(error)} />
      {data?.products.nodes.map((product) => <EditProduct key={product.id} product={product} />)}
    </>
  );
}

function EditProduct({ product }: { product: StaffProductFragment }) {
  const { id: productId, version: expectedVersion } = product;
  return (
    <details>
      <summary>{product.name} ({product.sku}), {product.stock} for sale, {product.reserved} reserved</summary>
      <MutationForm
        mutation={UpdateProduct}
        input={({ name = '', price = '' }) => ({ productId, expectedVersion, name, price })}
        button="Save"
      >
        <Field label="Name" name="name" defaultValue={product.name} />
        <Field label="Price" name="price" defaultValue={product.price.amount} />
      </MutationForm>
      <MutationForm
        mutation={CountStock}
        input={({ counted, note = '' }) => ({ productId, counted: Number(counted), note, idempotencyKey: crypto.randomUUID() })}
        button="Count"
      >
        <Field label="Counted on the shelf" name="counted" type="number" min={0} required />
        <Field label="Note" name="note" defaultValue="Stocktake" required />
      </MutationForm>
    </details>
  );
}
