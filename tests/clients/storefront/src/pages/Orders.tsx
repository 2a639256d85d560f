import { useState } from 'react';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { failure, Problem } from '../forms';
import { day, Price, Status } from '../format';
import { graphql } from '../gql';

const MyOrders = graphql(`
  query MyOrders($after: String) {
    orders(first: 20, after: $after) {
      edges { node { ...OrderDetails } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export function Orders() {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error, fetching }] = useQuery({ query: MyOrders, variables: { after } });
  const { edges = [], pageInfo } = data?.orders ?? {};
  return (
    <>
      <title>Orders</title>
      <h1>Orders</h1>
      <Problem text={error && failure(error)} />
      <ul className="rows">
        {edges.map(({ node }) => (
          <li key={node.id}>
            <Link to={`/orders/${node.number}`}>{node.number}</Link>
            <span className="grow note">{day(node.createdAt)}</span>
            <Price {...node.total} />
            <Status status={node.status} />
          </li>
        ))}
      </ul>
      {!fetching && !edges.length && <p>You have not ordered yet.</p>}
      {pageInfo?.hasNextPage && <button onClick={() => setAfter(pageInfo.endCursor)}>Older orders</button>}
    </>
  );
}
