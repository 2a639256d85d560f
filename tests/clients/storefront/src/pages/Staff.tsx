import { type FormEvent, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { failure, Field, Problem, problems, type Problems, texts } from '../forms';
import { Price, Status } from '../format';
import { graphql } from '../gql';
import type { OrderDetailsFragment, StaffProductFragment } from '../gql/graphql';

const FoundOrders = graphql(`
  query FoundOrders($search: String) {
    orders(first: 20, filter: { number: $search }) { edges { node { ...OrderDetails } } pageInfo { hasNextPage endCursor } }
  }
`);

const Fulfill = graphql(`
  mutation Fulfill($input: FulfillOrderInput!) {
    fulfillOrder(input: $input) { __typename ... on FulfillOrderSuccess { order { ...OrderDetails } } ...Refusal }
  }
`);

graphql(`
  fragment StaffProduct on Product { id sku name version stock price { amount currencyCode } }
`);

const FoundProducts = graphql(`
  query FoundProducts($search: String) {
    products(first: 5, filter: { search: $search }) { edges { node { ...StaffProduct } } pageInfo { hasNextPage endCursor } }
  }
`);

const UpdateProduct = graphql(`
  mutation UpdateProduct($input: UpdateProductInput!) {
    updateProduct(input: $input) { __typename ... on UpdateProductSuccess { product { ...StaffProduct } } ...Refusal }
  }
`);

const Count = graphql(`
  mutation Count($input: AdjustStockInput!) {
    adjustStock(input: $input) { __typename ... on AdjustStockSuccess { product { ...StaffProduct } } ...Refusal }
  }
`);

export function Staff() {
  const [orderSearch, setOrderSearch] = useState('');
  const [productSearch, setProductSearch] = useState('');
  const [orders] = useQuery({ query: FoundOrders, variables: { search: orderSearch || null } });
  const [products] = useQuery({ query: FoundProducts, variables: { search: productSearch } });
  const error = orders.error ?? products.error;
  return (
    <>
      <title>Staff</title>
      <h1>Staff</h1>
      <Problem text={error && failure(error)} />
      <h2>Orders</h2>
      <SearchForm label="Find orders" onSearch={setOrderSearch} />
      <ul className="rows">
        {orders.data?.orders.edges.map(({ node }) => <OrderRow key={node.id} order={node} />)}
      </ul>
      <h2>Products</h2>
      <SearchForm label="Find products" onSearch={setProductSearch} />
      <ul className="rows">
        {products.data?.products.edges.map(({ node }) => <ProductRow key={node.id} product={node} />)}
      </ul>
    </>
  );
}

function SearchForm({ label, onSearch }: { label: string; onSearch: (search: string) => void }) {
  return (
    <form role="search" aria-label={label} onSubmit={(event) => onSearch(texts(event)['search'] ?? '')}>
      <input type="search" name="search" aria-label={label} />
      <button>{label}</button>
    </form>
  );
}

function OrderRow({ order }: { order: OrderDetailsFragment }) {
  const [{ data, error, fetching }, fulfill] = useMutation(Fulfill);
  const refused = data?.fulfillOrder.__typename !== 'FulfillOrderSuccess' ? data?.fulfillOrder : undefined;
  return (
    <li>
      <span>{order.number}</span>
      <span className="grow note">{order.deliveryAddress?.name}</span>
      <Price {...order.total} />
      <Status status={order.status} />
      {order.status === 'CONFIRMED' && (
        <button disabled={fetching} aria-label={`Send ${order.number}`} onClick={() => fulfill({ input: { orderId: order.id } })}>Send</button>
      )}
      <Problem text={problems(refused, error)['']} />
    </li>
  );
}

function ProductRow({ product }: { product: StaffProductFragment }) {
  return (
    <li>
      <span className="grow">{product.name} <span className="note">{product.sku}</span></span>
      <details>
        <summary aria-label={`Edit ${product.name}`}>Edit</summary>
        <ProductForm product={product} />
        <CountForm product={product} />
      </details>
    </li>
  );
}

function ProductForm({ product }: { product: StaffProductFragment }) {
  const [wrong, setWrong] = useState<Problems>({});
  const [{ fetching }, update] = useMutation(UpdateProduct);

  async function submit(event: FormEvent<HTMLFormElement>) {
    const { name = '', price = '' } = texts(event);
    const { data, error } = await update({ input: { productId: product.id, name, price, expectedVersion: product.version } });
    const result = data?.updateProduct;
    setWrong(result?.__typename === 'UpdateProductSuccess' ? {} : problems(result, error));
  }

  return (
    <form onSubmit={submit}>
      <Field label="Name" name="name" defaultValue={product.name} wrong={wrong} />
      <Field label="Price" name="price" defaultValue={product.price.amount} wrong={wrong} />
      <Problem text={wrong['']} />
      <button disabled={fetching}>Save</button>
    </form>
  );
}

function CountForm({ product }: { product: StaffProductFragment }) {
  const [wrong, setWrong] = useState<Problems>({});
  const [{ fetching }, count] = useMutation(Count);

  async function submit(event: FormEvent<HTMLFormElement>) {
    const { counted = '', note = '' } = texts(event);
    const { data, error } = await count({ input: { productId: product.id, delta: Number(counted) - product.stock, reason: note, idempotencyKey: crypto.randomUUID() } });
    const result = data?.adjustStock;
    setWrong(result?.__typename === 'AdjustStockSuccess' ? {} : problems(result, error));
  }

  return (
    <form onSubmit={submit}>
      <p>{product.stock} for sale</p>
      <Field label="Counted on the shelf" name="counted" type="number" min={0} required wrong={wrong} />
      <Field label="Note" name="note" defaultValue="Stocktake" wrong={wrong} />
      <Problem text={wrong['']} />
      <button disabled={fetching}>Count</button>
    </form>
  );
}
