import {
  commitMutation,
  createOperationDescriptor,
  type Environment,
  fetchQuery,
  getRequest,
  graphql,
  type GraphQLTaggedNode,
  type MutationParameters,
  requestSubscription,
} from 'relay-runtime';
import { Session } from '../session';
import { credentials, endpoint, ok } from '../shop';
import type { mainCancelMutation } from './__generated__/mainCancelMutation.graphql';
import type { mainLoginMutation } from './__generated__/mainLoginMutation.graphql';
import type { mainOrderMutation } from './__generated__/mainOrderMutation.graphql';
import type { mainOrdersQuery } from './__generated__/mainOrdersQuery.graphql';
import type { mainRegisterMutation } from './__generated__/mainRegisterMutation.graphql';
import type { mainShelfQuery } from './__generated__/mainShelfQuery.graphql';
import type { mainUpdatedSubscription } from './__generated__/mainUpdatedSubscription.graphql';
import { shopEnvironment } from './environment';

let environment: Environment;
const session: Session = new Session(endpoint, () => { environment = shopEnvironment(session); });
environment = shopEnvironment(session);

const commit = <M extends MutationParameters>(mutation: GraphQLTaggedNode, variables: M['variables']) =>
  new Promise<M['response']>((onCompleted, onError) =>
    commitMutation<M>(environment, { mutation, variables, onCompleted, onError }),
  );
const told = ({ code, message }: { code?: string; message?: string }, expected: string) =>
  ok(code === expected && message, `Relay: ${expected} is shown: ${message}`);

const Login = graphql`
  mutation mainLoginMutation($input: LoginInput!) {
    login(input: $input) {
      ... on LoginSuccess { tokens { accessToken refreshToken } }
      ... on UserError { code message }
    }
  }
`;
told((await commit<mainLoginMutation>(Login, { input: { ...credentials, password: 'wrong' } })).login, 'INVALID_CREDENTIALS');
const { register } = await commit<mainRegisterMutation>(
  graphql`
    mutation mainRegisterMutation($input: RegisterInput!) {
      register(input: $input) { ... on UserError { code message } }
    }
  `,
  { input: { ...credentials, password: 'Saffron-42-Kettle', name: 'Eve' } },
);
told(register, 'EMAIL_TAKEN');
const { login } = await commit<mainLoginMutation>(Login, { input: credentials });
session.sign({ accessToken: 'stale', refreshToken: login.tokens?.refreshToken ?? null });

const shelf = await fetchQuery<mainShelfQuery>(
  environment,
  graphql`query mainShelfQuery { products(first: 40, filter: { inStock: true }) { nodes { id stock } } }`,
  {},
).toPromise();
ok(session.tokens?.accessToken !== 'stale', 'Relay: a stale token is renewed');
const product = shelf?.products.nodes.find(({ stock }) => stock >= 10 && stock < 100);
const place = async (quantity: number, paymentMethod: string) => {
  const lines = [{ productId: product?.id ?? '', quantity }];
  const { createOrder } = await commit<mainOrderMutation>(
    graphql`
      mutation mainOrderMutation($input: CreateOrderInput!) {
        createOrder(input: $input) {
          ... on CreateOrderSuccess { order { id number status } }
          ... on UserError { code message }
        }
      }
    `,
    { input: { lines, paymentMethod, idempotencyKey: crypto.randomUUID() } },
  );
  return createOrder;
};
told(await place(100, 'pm_card_visa'), 'INSUFFICIENT_STOCK');
told(await place(1, 'pm_card_chargeDeclined'), 'PAYMENT_DECLINED');
const id = (await place(1, 'pm_card_visa')).order?.id ?? '';

const Orders = graphql`query mainOrdersQuery { orders(first: 5) { nodes { id number status } } }`;
await fetchQuery<mainOrdersQuery>(environment, Orders, {}).toPromise();
const Updated = graphql`subscription mainUpdatedSubscription($id: ID!) { orderUpdated(id: $id) { id status } }`;
const cancelled = new Promise<void>((resolve, onError) => {
  const following = requestSubscription<mainUpdatedSubscription>(environment, {
    subscription: Updated,
    variables: { id },
    onNext(data) {
      if (data?.orderUpdated.status !== 'CANCELLED') return;
      following.dispose();
      resolve();
    },
    onError,
  });
});
const Cancel = graphql`
  mutation mainCancelMutation($id: ID!) {
    cancelOrder(input: { orderId: $id }) { ... on CancelOrderSuccess { order { id status } } }
  }
`;
await commit<mainCancelMutation>(Cancel, { id });
await cancelled;
const { fragment } = createOperationDescriptor(getRequest(Orders), {});
const stored = environment.lookup(fragment).data as unknown as mainOrdersQuery['response'];
const order = stored.orders.nodes.find((one) => one.id === id);
ok(order?.status === 'CANCELLED', `Relay: the cached list shows ${order?.number} ${order?.status}, without a refetch`);
