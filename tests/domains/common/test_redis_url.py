"""REDIS_URL as Celery says it: never without the check of a certificate that the rest of us makes."""

from __future__ import annotations

import pytest

from domains.common.redis_url import broker, sentinels


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://:pw@one:6379/1", ("redis://:pw@one:6379/1", {})),
        ("rediss://one/0", ("rediss://one/0?ssl_cert_reqs=required", {})),
        ("rediss://one/0?ssl_ca_certs=/ca.pem", ("rediss://one/0?ssl_ca_certs=/ca.pem&ssl_cert_reqs=required", {})),
        ("rediss://one/0?ssl_cert_reqs=none", ("rediss://one/0?ssl_cert_reqs=none", {})),
        (
            "sentinel://:p%2Fw@one:26380,two/1?master=shop",
            ("sentinel://:p%2Fw@one:26380/1;sentinel://:p%2Fw@two:26379/1", {"master_name": "shop"}),
        ),
    ],
)
def test_celery_goes_where_we_go(url: str, expected: tuple[str, dict[str, str]]) -> None:
    assert broker(url) == expected


def test_sentinels_know_the_master_by_its_name_and_have_no_password_of_it() -> None:
    found = sentinels("sentinel://:p%2Fw@one:26380,two/1?master=shop")
    assert found == ([("one", 26380), ("two", 26379)], "shop", {"db": 1, "username": None, "password": "p/w"})
