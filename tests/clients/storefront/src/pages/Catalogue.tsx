import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { failure, Problem, texts } from '../forms';
import { Price } from '../format';
import { graphql } from '../gql';
import type { CatalogueQuery } from '../gql/graphql';
import { cart, putInCart, useStored } from '../stored';

const Products = graphql(`
  query Catalogue($search: String, $after: String) {
    products(first: 20, after: $after, filter: { search: $search }) {
      edges { node { id name description stock price { amount currencyCode } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export function Catalogue() {
  const [parameters, setParameters] = useSearchParams();
  const search = parameters.get('search') ?? '';
  return (
    <>
      <title>Ordergraph storefront</title>
      <h1>Everything we have</h1>
      <form role="search" onSubmit={(event) => setParameters(texts(event))}>
        <input key={search} type="search" name="search" aria-label="Search the catalogue" defaultValue={search} />
        <button>Search</button>
      </form>
      <ProductList key={search} search={search} />
    </>
  );
}

/** An endless list: each page is asked for with the cursor of the last, and the cache joins them (relayPagination). */
function ProductList({ search }: { search: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error, fetching }] = useQuery({ query: Products, variables: { search, after } });
  const { edges = [], pageInfo } = data?.products ?? {};
  return (
    <>
      <ul className="products">
        {edges.map(({ node }) => <li key={node.id}><ProductCard product={node} /></li>)}
      </ul>
      <Problem text={error && failure(error)} />
      <p role="status">{fetching ? 'Loading ...' : `${edges.length} products${pageInfo?.hasNextPage ? ' so far' : ''}`}</p>
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

type Product = CatalogueQuery['products']['edges'][number]['node'];

function ProductCard({ product }: { product: Product }) {
  const inCart = useStored(cart)[product.id] ?? 0;
  return (
    <article>
      <div className="picture" aria-hidden>{product.name[0]}</div>
      <h2>{product.name}</h2>
      <p className="description">{product.description}</p>
      <p><Price {...product.price} /> <span className="note">{product.stock ? `${product.stock} in stock` : 'Sold out'}</span></p>
      <button disabled={!product.stock} onClick={() => putInCart(product.id, inCart + 1)}>
        {inCart ? `Add another (${inCart} in cart)` : 'Add to cart'}
      </button>
    </article>
  );
}
