from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from arcgis_export_widgets import ExportRequest
from arcgis_export_widgets.errors import RequestError, ResponseError
from arcgis_export_widgets.portal.http.addresses import portal_url, rebuilt, same_site, without_query
from arcgis_export_widgets.request.reference import Reference

ITEM = "345313e619df46f387f9ededbe15ac56"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://www.arcgis.com", "https://www.arcgis.com"),
        ("www.arcgis.com/", "https://www.arcgis.com"),
        ("https://org.maps.arcgis.com/home/item.html?id=abc#overview", "https://org.maps.arcgis.com"),
        ("https://gis.example.org/portal/sharing/rest/", "https://gis.example.org/portal"),
        ("https://gis.example.org/portal/home", "https://gis.example.org/portal"),
        ("http://127.0.0.1:8080/sharing/rest/search?q=x", "http://127.0.0.1:8080"),
        ("https://user:secret@gis.example.org/portal", "https://gis.example.org/portal"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_any_page_of_a_portal_names_the_portal(written, meant):
    assert portal_url(written) == meant


@pytest.mark.parametrize("written", ["", "   ", "ftp://x", "not a portal", "https://", "http://host:port", "http://["])
def test_what_is_no_web_address_is_refused_with_examples(written):
    with pytest.raises(RequestError, match="address"):
        portal_url(written)


@pytest.mark.parametrize(
    "written",
    [
        ITEM,
        f"  {ITEM.upper()} ",
        f"https://org.maps.arcgis.com/home/item.html?id={ITEM}&sublayer=1#data",
        f"https://www.arcgis.com/sharing/rest/content/items/{ITEM}?f=json",
        f"https://experience.example.org/page?ID={ITEM}",
    ],
)
def test_an_item_is_named_by_id_or_by_the_address_of_its_page(written):
    assert Reference.of(written).item_id == ITEM


def test_a_layer_address_names_its_service_and_its_layer():
    reference = Reference.of("https://services.arcgis.com/x/ArcGIS/rest/services/Cities/FeatureServer/3?token=t")
    assert reference.url == "https://services.arcgis.com/x/ArcGIS/rest/services/Cities/FeatureServer"
    assert (reference.layer_id, reference.item_id) == (3, None)


@pytest.mark.parametrize("written", ["", "cities", "1234", "https://example.org/page", "g" * 32])
def test_what_names_no_item_is_refused(written):
    with pytest.raises(RequestError, match="is not an item"):
        Reference.of(written)


@pytest.mark.parametrize(
    ("url", "portal", "trusted"),
    [
        ("https://gis.example.org/server/rest", "https://gis.example.org/portal", True),
        ("https://services3.arcgis.com/a", "https://org.maps.arcgis.com", True),
        ("http://services3.arcgis.com/a", "https://org.maps.arcgis.com", False),
        ("https://evil.example.org", "https://www.arcgis.com", False),
        ("https://arcgis.com.evil.example", "https://www.arcgis.com", False),
        ("https://notarcgis.com", "https://www.arcgis.com", False),
        ("https://services.notarcgis.com", "https://www.arcgis.com", False),
        ("https://services3.arcgis.com/a", "https://www.notarcgis.com", False),
        ("https://services3.arcgis.com/a", "https://arcgis.com", True),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", False),
    ],
)
def test_the_token_goes_to_the_portal_and_its_own_services_only(url, portal, trusted):
    assert same_site(url, portal) is trusted


def test_a_shown_address_has_neither_query_nor_user():
    assert without_query("https://u:p@host/path?token=secret#f") == "https://host/path"


PIECES = [
    *("http://", "https://", "HTTP:", "//", "/", "\\", "\\/", "@", ":", "?", "#", ".", "..", ";", "&", "=", "[", "]"),
    *(
        "%",
        "%40",
        "%5c",
        "%2f",
        "%00",
        "\t",
        "\n",
        "\r",
        " ",
        "\x00",
        "\x7f",
        "\u00a0",
        "\u3000",
        "\u2028",
        "ß",
        "\u3002",
    ),
    *(
        "\uff0f",
        "\uff20",
        "[::1]",
        "[fe80::1%25eth0]",
        "a",
        "evil.example",
        "portal.example",
        "me:pw",
        "0",
        "80",
        "65536",
    ),
    *("-1", "id=345313e619df46f387f9ededbe15ac56", "FeatureServer"),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join))
@example(r"http://evil.example\@portal.example/rest/services/x/FeatureServer?id=345313e619df46f387f9ededbe15ac56")
@example("http://portal.example:80\\@evil.example/")
def test_all_parsers_agree_on_the_host_of_an_address_that_is_sent_to(address):
    try:
        url = rebuilt(address)
    except ResponseError:
        return
    by_urllib, by_urllib3 = urlsplit(url), parse_url(url)
    by_requests = urlsplit(str(requests.Request("GET", url).prepare().url))
    assert by_urllib.hostname == by_requests.hostname == (by_urllib3.host or "").strip("[]").lower()
    assert by_urllib.port == by_requests.port == by_urllib3.port
    assert (by_urllib.username, by_requests.username, by_urllib3.auth) == (None, None, None)
    assert by_urllib.scheme in {"http", "https"}
    assert rebuilt(url) == url


@pytest.mark.parametrize(
    "address",
    [
        r"http://evil.example\@portal.example/x",
        "http://portal.example@evil.example/x",
        "http://portal.example\t.evil.example/x",
        "http://portal.example/x\r\nX-Esri-Authorization: Bearer t",
        "http:///portal.example/x",
        "ftp://portal.example/x",
        "file:///etc/passwd",
        "//portal.example/x",
        "http://[fe80::1%25eth0]/x",
        "http://portal.example:0/x",
        "http://[",
        "http://portal.example:99999/x",
    ],
)
def test_an_address_that_may_deceive_is_not_sent_to(address):
    with pytest.raises(ResponseError, match="Nothing was sent"):
        rebuilt(address)


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("https://Portal.example/A/x?q=1&r=a%20b#top", "https://portal.example/A/x?q=1&r=a%20b"),
        (
            " https://portal.example/rest/services/My Parks/FeatureServer ",
            "https://portal.example/rest/services/My%20Parks/FeatureServer",
        ),
        ("https://portal.example/a/../b", "https://portal.example/b"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://münchen.example/Straßen", "https://xn--mnchen-3ya.example/Stra%C3%9Fen"),
    ],
)
def test_an_honest_address_is_sent_to_in_its_usual_spelling(address, sent):
    assert rebuilt(address) == sent


@pytest.mark.parametrize("read", [portal_url, lambda written: ExportRequest(written, "CSV")])
@pytest.mark.parametrize(
    "written",
    [
        "https://me:s3cret@gis.example.org:port/",
        "https://me:s3/cret@gis.example.org/arcgis/rest/services/x/FeatureServer",
        "https://me/s3cret:x@gis.example.org/arcgis/rest/services/x/FeatureServer",
        "https://me:s3?cret@gis.example.org",
        "https://me:s3#cret@gis.example.org",
        "https://me:s3@cret@gis.example.org\\",
        "me:s3/cret@gis.example.org",
        "https://gis.example.org:x/?token=s3cret",
    ],
)
def test_a_refused_address_is_shown_without_its_password(read, written):
    with pytest.raises(RequestError) as refused:
        read(written)
    assert not any(part in str(refused.value) for part in ("s3", "cret"))
