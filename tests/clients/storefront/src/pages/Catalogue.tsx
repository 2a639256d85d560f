import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { type ProductCardFragment, ProductsDocument, type ProductSort } from '../gql/graphql';
import { failure, price, Problem, SearchForm } from '../parts';
import { putInCart, useStored } from '../stored';

export function Catalogue() {
  const [parameters, setParameters] = useSearchParams();
  const search = parameters.get('search') ?? '';
  return (
    <>
      <title>Ordergraph storefront</title><h1>Everything we have</h1>
      <SearchForm label="Search" search={search} onSearch={(words) => setParameters(words ? { search: words } : {})} />
      <ProductList key={search} search={search} />
    </>
  );
}

/** An endless list: each page is asked for with the cursor of the last, and the cache joins them (relayPagination). */
function ProductList({ search }: { search: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const sort: ProductSort | null = search ? { field: 'RELEVANCE' } : null; // else the newest come first
  const [{ data, error, fetching }] = useQuery({ query: ProductsDocument, variables: { search, after, sort } });
  const { nodes = [], pageInfo } = data?.products ?? {};
  return (
    <>
      <ul className="products">
        {nodes.map((product) => <li key={product.id}><ProductCard product={product} /></li>)}
      </ul>
      <Problem text={failure(error)} />
      <p role="status" aria-busy={fetching}>{nodes.length} products{pageInfo?.hasNextPage && ' so far'}</p>
      {pageInfo?.hasNextPage && !fetching && (
        <button ref={pressWhenSeen} onClick={() => setAfter(pageInfo.endCursor)}>More products</button>
      )}
    </>
  );
}

/** Presses a button that is scrolled into view; the keyboard has it, too. */
function pressWhenSeen(button: HTMLButtonElement) {
  const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && button.click());
  observer.observe(button);
  return () => observer.disconnect();
}

function ProductCard({ product }: { product: ProductCardFragment }) {
  const [image] = product.images;
  const inCart = useStored('cart')?.[product.id] ?? 0;
  return (
    <article>
      {image && <img src={image.url} alt={image.alt} loading="lazy" />}
      {!image && <div className="picture" aria-hidden>{product.name[0]}</div>}
      <h2>{product.name}</h2>
      <p>{product.description}</p>
      <p><strong>{price(product.price)}</strong> {product.stock ? `${product.stock} in stock` : 'Sold out'}</p>
      <button disabled={!product.stock} onClick={() => putInCart(product.id, inCart + 1)}>Add to cart</button>
    </article>
  );
}
