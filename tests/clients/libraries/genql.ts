import { createClient } from './genql/index';
import { credentials, endpoint, ok } from './shop';

let token = '';
const client = createClient({
  url: endpoint,
  headers: () => ({ ...(token && { authorization: `Bearer ${token}` }) }),
});

const signIn = (input: typeof credentials) =>
  client.mutation({
    login: {
      __args: { input },
      __typename: true,
      on_LoginSuccess: { tokens: { accessToken: true } },
      on_UserError: { code: true, message: true },
    },
  });
const { login: wrong } = await signIn({ ...credentials, password: 'wrong' });
ok('code' in wrong && wrong.code === 'INVALID_CREDENTIALS', 'genql: a wrong password is told');
const { login } = await signIn(credentials);
if (login.__typename !== 'LoginSuccess') throw new Error(login.__typename);
token = login.tokens.accessToken;
const { products } = await client.query({
  products: { __args: { first: 1, filter: { inStock: true } }, nodes: { id: true, name: true } },
});
const [product] = products.nodes;
ok(product, 'genql: a product');
const { createOrder } = await client.mutation({
  createOrder: {
    __args: {
      input: {
        lines: [{ productId: product.id, quantity: 1 }],
        paymentMethod: 'pm_card_visa',
        idempotencyKey: crypto.randomUUID(),
      },
    },
    __typename: true,
    on_CreateOrderSuccess: { order: { number: true, status: true } },
    on_UserError: { message: true },
  },
});
ok(createOrder.__typename === 'CreateOrderSuccess', 'genql: an order is placed');
ok(createOrder.order.status === 'CONFIRMED', `genql: ${createOrder.order.number} is ${createOrder.order.status}`);
