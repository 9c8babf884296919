"""Answers in which one value is not what ArcGIS documents: only this package's own errors come of them."""

import contextlib
import json
import random
import urllib.parse
import urllib.request

import pytest
from scripted_server import Answer

import arcgis_export_widgets as aew
from arcgis_export_widgets.errors import ArcGISExportError

CITIES = "345313e619df46f387f9ededbe15ac56"
ODD = [None, "odd", "", -1, 0, 1e308, True, [], {}, [None], ["odd"], [[1]], {"odd": 1}, 2**70, "\ud800", [{}]]
PASSWORD = "learn-arcgis"
SEEDS = range(120)


def look(portal):
    portal.search("cities")
    item = portal.item(CITIES)
    portal.layer_names(item)
    service = portal.feature_service(item)
    layer = service.layer(1)
    layer.count()
    layer.extent()
    layer.value_counts("STATE_ABBR")
    layer.spread("POPULATION")
    layer.bin_counts("POPULATION", [0, 1000, 2000])
    layer.preview(limit=3)
    next(iter(layer.pages("POPULATION > 500000")))
    repr((portal, portal.portal_name, item, service, layer))


def export(portal):
    aew.run_export(portal, aew.ExportRequest(CITIES, "CSV", [1]), route="export", timeout_s=20)


def paths_in(value, path=()):
    """Where all values of a JSON document are."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(children)[:30]:
        yield from paths_in(child, (*path, key))


def replaced(document, path, value):
    if not path:
        return value
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


class Odd:
    """Passes requests on to the local portal, and replaces one value in every other answer or so."""

    def __init__(self, portal, seed, own_url):
        self.portal, self.random, self.own_url = portal, random.Random(seed), own_url
        self.changed = []

    def __call__(self, asked):
        form = None if asked.method == "GET" else urllib.parse.urlencode(asked.form).encode()
        headers = {"X-Esri-Authorization": asked.headers.get("x-esri-authorization", ""), "Referer": self.own_url()}
        request = urllib.request.Request(self.portal + asked.path, form, headers)
        with urllib.request.urlopen(request) as response:
            body = response.read()
        try:
            document = json.loads(body.replace(self.portal.encode(), self.own_url().encode()))
        except ValueError:
            return Answer(body)
        if self.random.random() < 0.12:
            path = self.random.choice(list(paths_in(document)))
            value = self.random.choice(ODD)
            self.changed.append((asked.path, path, value))
            document = replaced(document, path, value)
        return Answer(json.dumps(document).encode())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("work", [look, export])
def test_an_odd_value_anywhere_in_an_answer_leads_to_an_error_of_this_package_or_none(
    local_portal, make_server, work, seed
):
    server = make_server()
    server.script[:] = [Odd(local_portal.url, seed, lambda: server.url)]
    with (
        contextlib.suppress(ArcGISExportError),
        aew.Portal(server.url, username="student", password=PASSWORD) as portal,
    ):
        work(portal)
    assert server.asked
