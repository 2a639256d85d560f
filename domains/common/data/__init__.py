"""Rows and what keeps them right: the base model, transactions, raw SQL writes, money and idempotency keys.

A service opens its transaction with `transactions`, writes with the ORM or, where a measurement pays for it, with
`writes`, counts money in minor units with `money`, and makes a call repeatable with `idempotency`.
`folding` has columns that hold the folded text of others, and `searching` finds people by the beginnings of such words.
"""
