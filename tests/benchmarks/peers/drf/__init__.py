"""The same answers by Django REST framework, on our models."""
