import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { graphql } from '../gql';
import type { ProductCardFragment } from '../gql/graphql';
import { failure, price, Problem, SearchForm } from '../parts';
import { read, write } from '../stored';

const Products = graphql(`
  query Products($search: String, $after: String) {
    products(first: 20, after: $after, filter: { search: $search }) {
      nodes { ...ProductCard }
      pageInfo { hasNextPage endCursor }
    }
  }
  fragment ProductCard on Product { id name description stock price { amount currencyCode } }
`);

export function Catalogue() {
  const [parameters, setParameters] = useSearchParams();
  const search = parameters.get('search') ?? '';
  return (
    <>
      <title>Ordergraph storefront</title>
      <h1>Everything we have</h1>
      <SearchForm label="Search" search={search} onSearch={(words) => setParameters(words ? { search: words } : {})} />
      <ProductList key={search} search={search} />
    </>
  );
}

/** An endless list: each page is asked for with the cursor of the last, and the cache joins them (relayPagination). */
function ProductList({ search }: { search: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error, fetching }] = useQuery({ query: Products, variables: { search, after } });
  const { nodes = [], pageInfo } = data?.products ?? {};
  return (
    <>
      <ul className="products">
        {nodes.map((product) => <li key={product.id}><ProductCard product={product} /></li>)}
      </ul>
      <Problem text={error && failure(error)} />
      <p role="status" aria-busy={fetching}>{nodes.length} products{pageInfo?.hasNextPage && ' so far'}</p>
      {pageInfo?.hasNextPage && !fetching && <More onReached={() => setAfter(pageInfo.endCursor)} />}
    </>
  );
}

/** A button for the keyboard; who scrolls to it need not press it. */
function More({ onReached }: { onReached: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && button.current?.click());
    observer.observe(button.current!);
    return () => observer.disconnect();
  }, []);
  return <button ref={button} onClick={onReached}>More products</button>;
}

function ProductCard({ product: { id, name, description, stock, ...product } }: { product: ProductCardFragment }) {
  function addToCart() {
    const cart = read('cart');
    write('cart', { ...cart, [id]: (cart?.[id] ?? 0) + 1 });
  }
  return (
    <article>
      <div className="picture" aria-hidden>{name[0]}</div>
      <h2>{name}</h2>
      <p>{description}</p>
      <p><strong>{price(product.price)}</strong> {stock ? `${stock} in stock` : 'Sold out'}</p>
      <button disabled={!stock} onClick={addToCart}>Add to cart</button>
    </article>
  );
}
