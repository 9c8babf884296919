import pytest

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.portal.http.addresses import item_reference, portal_url, same_site, without_query

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


@pytest.mark.parametrize("written", ["", "   ", "ftp://x", "not a portal", "https://", "http://host:port"])
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
    assert item_reference(written).item_id == ITEM


def test_a_layer_address_names_its_service_and_its_layer():
    reference = item_reference("https://services.arcgis.com/x/ArcGIS/rest/services/Cities/FeatureServer/3?token=t")
    assert reference.service_url == "https://services.arcgis.com/x/ArcGIS/rest/services/Cities/FeatureServer"
    assert (reference.layer_id, reference.item_id) == (3, None)


@pytest.mark.parametrize("written", ["", "cities", "1234", "https://example.org/page", "g" * 32])
def test_what_names_no_item_is_refused(written):
    with pytest.raises(RequestError, match="is not an item"):
        item_reference(written)


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
