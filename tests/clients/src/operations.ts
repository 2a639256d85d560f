/** Every operation of this client. `npm run generate` turns each into a typed document. */
import { graphql } from './gql';

export const Tokens = graphql(`
  fragment Tokens on AuthTokens { accessToken refreshToken }
`);

export const SignIn = graphql(`
  mutation SignIn($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on LoginSuccess { user { id name } tokens { ...Tokens } }
      ... on RateLimitedError { retryAfterSeconds }
      ... on UserError { code message }
    }
  }
`);

export const Refresh = graphql(`
  mutation Refresh($input: RefreshTokenInput!) {
    refreshToken(input: $input) {
      __typename
      ... on RefreshTokenSuccess { tokens { ...Tokens } }
      ... on UserError { code message }
    }
  }
`);

export const Me = graphql(`
  query Me { me { id email name isStaff } }
`);

export const Catalogue = graphql(`
  query Catalogue($first: Int!, $after: String, $filter: ProductFilter) {
    products(first: $first, after: $after, filter: $filter) {
      nodes { id sku name stock price { amount currencyCode } category { name } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const CreateOrder = graphql(`
  mutation CreateOrder($input: CreateOrderInput!) {
    createOrder(input: $input) {
      __typename
      ... on CreateOrderSuccess { replayed order { id number status total { amount currencyCode } } }
      ... on ValidationError { fields { path message } }
      ... on InsufficientStockError { productId requested available }
      ... on ProductUnavailableError { productId }
      ... on PaymentDeclinedError { declineCode }
      ... on PaymentPendingError { orderId }
      ... on UserError { code message }
    }
  }
`);

export const MyOrders = graphql(`
  query MyOrders($first: Int!) {
    orders(first: $first) {
      nodes { id number status total { amount currencyCode } lines { sku quantity } }
    }
  }
`);
