"""What is shown."""

from __future__ import annotations

from django.conf import settings
from rest_framework import serializers

from domains.common.data.money import to_major
from domains.orders.models import Order, OrderLine
from domains.products.models import Category, Product


class MoneyField(serializers.Field):
    """Minor units as amount and currency."""

    def to_representation(self, value: int) -> dict[str, str]:
        currency = settings.STORE_CURRENCY
        return {"amount": str(to_major(value, currency)), "currencyCode": currency}


class CategorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ("id", "name")


class CategoryNameSerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ("name",)


class ProductSerializer(serializers.ModelSerializer):
    price = MoneyField()
    category = CategorySerializer()

    class Meta:
        model = Product
        fields = ("id", "name", "sku", "slug", "description", "stock", "price", "category")


class ListedProductSerializer(serializers.ModelSerializer):
    price = MoneyField()
    category = CategoryNameSerializer()

    class Meta:
        model = Product
        fields = ("id", "name", "sku", "price", "category")


class OrderedProductSerializer(serializers.ModelSerializer):
    category = CategoryNameSerializer()

    class Meta:
        model = Product
        fields = ("name", "category")


class PlacedLineSerializer(serializers.ModelSerializer):
    total = MoneyField()

    class Meta:
        model = OrderLine
        fields: tuple[str, ...] = ("quantity", "total")


class LineSerializer(PlacedLineSerializer):
    product = OrderedProductSerializer()

    class Meta(PlacedLineSerializer.Meta):
        fields = ("quantity", "total", "product")


class PlacedOrderSerializer(serializers.ModelSerializer):
    total = MoneyField()
    lines = PlacedLineSerializer(many=True)

    class Meta:
        model = Order
        fields: tuple[str, ...] = ("status", "total", "lines")


class OrderSerializer(PlacedOrderSerializer):
    lines = LineSerializer(many=True)

    class Meta(PlacedOrderSerializer.Meta):
        fields = ("id", "number", "total", "lines")
