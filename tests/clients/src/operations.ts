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

export const SignOut = graphql(`
  mutation SignOut {
    logout { __typename ... on UserError { code message } }
  }
`);

export const Register = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      __typename
      ... on RegisterSuccess { user { id emailVerified } tokens { ...Tokens } }
      ... on ValidationError { fields { path code message } }
      ... on UserError { code message path }
    }
  }
`);

export const VerifyEmail = graphql(`
  mutation VerifyEmail($input: VerifyEmailInput!) {
    verifyEmail(input: $input) {
      __typename
      ... on VerifyEmailSuccess { user { email } }
      ... on UserError { code message path }
    }
  }
`);

export const RequestPasswordReset = graphql(`
  mutation RequestPasswordReset($input: RequestPasswordResetInput!) {
    requestPasswordReset(input: $input) {
      __typename
      ... on ValidationError { fields { path code message } }
      ... on UserError { code message path }
    }
  }
`);

export const ResetPassword = graphql(`
  mutation ResetPassword($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      __typename
      ... on ValidationError { fields { path code message } }
      ... on UserError { code message path }
    }
  }
`);

export const Me = graphql(`
  query Me { me { id email name isStaff emailVerified } }
`);

export const Catalogue = graphql(`
  query Catalogue($first: Int, $after: String, $last: Int, $before: String, $filter: ProductFilter, $sort: ProductSort) {
    products(first: $first, after: $after, last: $last, before: $before, filter: $filter, sort: $sort) {
      nodes { id sku name stock price { amount currencyCode } category { id name } }
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    }
  }
`);

export const CountProducts = graphql(`
  query CountProducts($filter: ProductFilter) {
    products(first: 0, filter: $filter) { totalCount }
  }
`);

export const OrderState = graphql(`
  fragment OrderState on Order { id number status version payment { id status clientSecret } }
`);

export const DeliveryMethods = graphql(`
  query DeliveryMethods($countryCode: String!) {
    deliveryMethods(countryCode: $countryCode) { id name description price { amount currencyCode } }
  }
`);

export const Quote = graphql(`
  query Quote($input: OrderQuoteInput!) {
    orderQuote(input: $input) {
      lines { product { id name } quantity total { amount } }
      charges { label amount { amount } }
      tax { amount }
      total { amount currencyCode }
      problems { code message path productId available }
    }
  }
`);

export const CreateOrder = graphql(`
  mutation CreateOrder($input: CreateOrderInput!) {
    createOrder(input: $input) {
      __typename
      ... on CreateOrderSuccess { replayed order { ...OrderState total { amount currencyCode } } }
      ... on ValidationError { fields { path code message } }
      ... on InsufficientStockError { shortages { productId requested available } }
      ... on ProductUnavailableError { productIds }
      ... on RateLimitedError { retryAfterSeconds }
      ... on PriceChangedError { expected { amount } actual { amount currencyCode } }
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

export const OrderByNumber = graphql(`
  query OrderByNumber($number: String!) {
    orderByNumber(number: $number) {
      ...OrderState
      lines { id productName quantity returnedQuantity }
      charges { label amount { amount } }
      tax { amount }
      total { amount currencyCode }
      deliveryAddress { name line1 city postalCode countryCode }
      shipment { carrier trackingNumber trackingUrl }
      invoice { number total { amount } tax { amount } }
      payment { refunds { status amount { amount } creditNoteNumber } }
    }
  }
`);

export const CancelOrder = graphql(`
  mutation CancelOrder($input: CancelOrderInput!) {
    cancelOrder(input: $input) {
      __typename
      ... on CancelOrderSuccess { order { ...OrderState } }
      ... on InvalidStateError { status }
      ... on UserError { code message }
    }
  }
`);

export const FulfillOrder = graphql(`
  mutation FulfillOrder($input: FulfillOrderInput!) {
    fulfillOrder(input: $input) {
      __typename
      ... on FulfillOrderSuccess { order { ...OrderState invoice { number } } }
      ... on ValidationError { fields { path code message } }
      ... on UserError { code message }
    }
  }
`);

export const RefundOrder = graphql(`
  mutation RefundOrder($input: RefundOrderInput!) {
    refundOrder(input: $input) {
      __typename
      ... on RefundOrderSuccess {
        replayed
        refund { id status creditNoteNumber amount { amount currencyCode } }
        order { ...OrderState }
      }
      ... on ValidationError { fields { path code message } }
      ... on RefundTooLargeError { refundable { amount currencyCode } }
      ... on UserError { code message }
    }
  }
`);

export const SetPrice = graphql(`
  mutation SetPrice($input: UpdateProductInput!) {
    updateProduct(input: $input) { __typename ... on UserError { code message } }
  }
`);

export const OrderUpdated = graphql(`
  subscription OrderUpdated($id: ID!) {
    orderUpdated(id: $id) { ...OrderState }
  }
`);

export const OrdersUpdated = graphql(`
  subscription OrdersUpdated($filter: OrderFilter) {
    ordersUpdated(filter: $filter) { ...OrderState }
  }
`);
