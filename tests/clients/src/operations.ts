/** What this client asks besides shop.graphql. `npm run generate` turns each into a typed document. */
import { graphql } from './gql';

export {
  CatalogueDocument as Catalogue,
  CreateOrderDocument as CreateOrder,
  MyOrdersDocument as MyOrders,
  OrderByNumberDocument as OrderByNumber,
  OrderUpdatedDocument as OrderUpdated,
  ProductPageDocument as ProductPage,
  QuoteDocument as Quote,
  RefreshDocument as Refresh,
  RegisterDocument as Register,
  SignInDocument as SignIn,
} from './gql/graphql';

export const SignOut = graphql(`
  mutation SignOut {
    logout { __typename ... on UserError { code message } }
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

export const MyData = graphql(`
  query MyData($after: String) { myData(after: $after) { json endCursor } }
`);

export const CountProducts = graphql(`
  query CountProducts($filter: ProductFilter) {
    products(first: 0, filter: $filter) { totalCount }
  }
`);

export const DeliveryMethods = graphql(`
  query DeliveryMethods($countryCode: String!) {
    deliveryMethods(countryCode: $countryCode) { id name description price { amount currencyCode } }
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

export const OrdersUpdated = graphql(`
  subscription OrdersUpdated($filter: OrderFilter) {
    ordersUpdated(filter: $filter) { ...OrderState }
  }
`);
