import { useState } from 'react';
import { useQuery } from 'urql';
import * as shop from '../gql/graphql';
import { failure, Field, MutationForm, Problem, SearchForm } from '../parts';
import { OrderList } from './Orders';

export function Staff() {
  const [wanted, setWanted] = useState('');
  const [search, setSearch] = useState('');
  const [{ data, error }] = useQuery({ query: shop.StaffProductsDocument, variables: { search } });
  return (
    <>
      <title>Staff</title><h1>Staff</h1>
      <h2>Orders</h2>
      <SearchForm label="Find orders" search={wanted} onSearch={setWanted} />
      <OrderList
        search={wanted}
        action={({ id: orderId, number, status }) => status === 'CONFIRMED' && (
          <MutationForm mutation={shop.FulfillOrderDocument} input={() => ({ orderId })} button={`Send ${number}`} />
        )}
      />
      <h2>Products</h2>
      <SearchForm label="Find products" search={search} onSearch={setSearch} />
      <Problem text={failure(error)} />
      {data?.products.nodes.map((product) => <EditProduct key={product.id} product={product} />)}
    </>
  );
}

function EditProduct({ product }: { product: shop.StaffProductFragment }) {
  const { id: productId, version: expectedVersion } = product;
  return (
    <details>
      <summary>{product.name} ({product.sku}), {product.stock} for sale, {product.reserved} reserved</summary>
      <MutationForm
        mutation={shop.UpdateProductDocument}
        input={({ name = '', price = '' }) => ({ productId, expectedVersion, name, price })}
        button="Save"
      >
        <Field label="Name" name="name" defaultValue={product.name} />
        <Field label="Price" name="price" defaultValue={product.price.amount} />
      </MutationForm>
      <MutationForm
        mutation={shop.CountStockDocument}
        input={({ counted, note = '' }) => (
          { productId, counted: Number(counted), note, idempotencyKey: crypto.randomUUID() }
        )}
        button="Count"
      >
        <Field label="Counted on the shelf" name="counted" type="number" min={0} required />
        <Field label="Note" name="note" defaultValue="Stocktake" required />
      </MutationForm>
    </details>
  );
}
