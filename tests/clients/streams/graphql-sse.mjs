// graphql-sse, as its documentation has it: node graphql-sse.mjs URL ACCESS_TOKEN ORDER_ID
// Prints a line for each result; connects again whenever the connection is lost.
import { createClient } from 'graphql-sse';

const [url, token, id] = process.argv.slice(2);

const client = createClient({
  url,
  headers: () => ({ Authorization: `Bearer ${token}` }),
  retryAttempts: 100,
  retry: () => new Promise((resolve) => setTimeout(resolve, 200)),
});

client.subscribe(
  { query: 'subscription ($id: ID!) { orderUpdated(id: $id) { number status } }', variables: { id } },
  {
    next: (result) => console.log(JSON.stringify(result)),
    error: (error) => {
      console.error(error);
      process.exit(1);
    },
    complete: () => console.log('complete'),
  },
);
