"""Products and orders."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.urls import path
from rest_framework import generics
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from domains.orders.models import Order, OrderLine
from domains.products.filtering import ProductQuery
from domains.products.models import Product
from tests.benchmarks.peers.drf import serializers
from tests.benchmarks.peers.drf.placing import OrderInput, place
from tests.benchmarks.peers.drf.sessions import sign_in

ON_SALE = Product.objects.filter(active=True).select_related("category")
LISTED = ON_SALE.only("name", "sku", "price", "created_at", "category__name")
LINES = (
    OrderLine.objects.order_by("position")
    .select_related("product__category")
    .only("order_id", "quantity", "total", "product__name", "product__category__name")
)


class Pages(CursorPagination):
    page_size = 20
    ordering = ("-created_at", "-id")


class PagesWithInfo(Pages):
    def get_paginated_response(self, data: Any) -> Response:
        page = {"hasNextPage": self.has_next, "hasPreviousPage": self.has_previous}
        cursors = {"startCursor": self.get_previous_link(), "endCursor": self.get_next_link()}
        return Response({"results": data, "page": page | cursors})


class ProductView(generics.RetrieveAPIView):
    queryset = ON_SALE.only(*("name", "sku", "slug", "description", "stock", "price", "category__name"))
    serializer_class = serializers.ProductSerializer
    lookup_field = "slug"


class ProductsView(generics.ListAPIView):
    queryset = LISTED
    serializer_class = serializers.ListedProductSerializer
    pagination_class = PagesWithInfo

    def get_queryset(self) -> Any:
        found = ProductQuery(search=self.request.query_params.get("search")).searched
        return super().get_queryset().filter(*([found] if found else []))


class OrdersView(generics.ListCreateAPIView):
    serializer_class = serializers.OrderSerializer
    permission_classes = (IsAuthenticated,)
    pagination_class = Pages

    def get_queryset(self) -> Any:
        mine = Order.objects.filter(customer=self.request.user).only("serial", "created_at", "total")
        return mine.prefetch_related(Prefetch("lines", LINES))

    def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        wanted = OrderInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(serializers.PlacedOrderSerializer(place(request.user, wanted.validated_data)).data, 201)


class SessionsView(APIView):
    authentication_classes = ()

    def post(self, request: Any) -> Response:
        return Response(sign_in(request.data["email"], request.data["password"]), 201)


urlpatterns = [
    path("products/<slug:slug>", ProductView.as_view()),
    path("products", ProductsView.as_view()),
    path("orders", OrdersView.as_view()),
    path("sessions", SessionsView.as_view()),
]
