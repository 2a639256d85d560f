#!/usr/bin/env bash
# Registers, looks for a product and orders it, at the address of the API. Whatever is not as it should be ends it.
set -euo pipefail
ask() {
  curl --fail --silent --show-error "$url" --header 'content-type: application/json' "${@:3}" \
    --data "$(jq --null-input --arg query "$1" --argjson variables "$2" '{$query, $variables}')"
}
url="$1"
key="$(cat /proc/sys/kernel/random/uuid)"
person="$(jq --null-input --arg key "$key" '{input: {email: "\($key)@example.com", name: "Ada Person", password: "correct horse \(now)"}}')"
token="$(ask 'mutation ($input: RegisterInput!) { register(input: $input) { ... on RegisterSuccess { tokens { accessToken } } } }' "$person" |
  jq --exit-status --raw-output .data.register.tokens.accessToken)"
product="$(ask '{ products(first: 1) { nodes { id } } }' '{}' | jq --exit-status --raw-output '.data.products.nodes[0].id')"
order="$(jq --null-input --arg key "$key" --arg product "$product" \
  '{input: {idempotencyKey: $key, paymentMethod: "pm_card_visa", lines: [{productId: $product, quantity: 1}]}}')"
answer="$(ask 'mutation ($input: CreateOrderInput!) { createOrder(input: $input) { __typename ... on CreateOrderSuccess { order { number status } } } }' \
  "$order" --header "authorization: Bearer $token")"
echo "$answer"
jq --exit-status '.data.createOrder.order.status == "CONFIRMED"' <<<"$answer" >/dev/null
