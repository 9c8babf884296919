"""A server without a portal issues its own tokens; a password goes nowhere else."""

import pytest
from scripted_server import as_json

import arcgis_export_widgets as aew
from arcgis_export_widgets.errors import AuthError, RequestError

TOKEN_NEEDED = as_json({"error": {"code": 499, "message": "Token Required", "details": []}})
TABLE = {"id": 0, "name": "Wells", "type": "Table", "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}]}


@pytest.fixture
def server(make_server):
    """Start a server with one private table; `tokens_url` is the token service that it names."""

    def start(tokens_url="{server}/own/tokens/", **info):
        def answer(asked):
            path = asked.path.partition("?")[0]
            if path == "/arcgis/rest/info":
                return as_json({"authInfo": {"tokenServicesUrl": tokens_url.format(server=running.url)}} | info)
            if path == "/own/tokens/generateToken":
                return as_json({"token": "issued", "expires": 9_999_999_999_999})
            if "issued" not in str(asked.headers):
                return TOKEN_NEEDED
            if path.endswith("/MapServer"):
                return as_json({"layers": [], "tables": [{"id": 0}]})
            return as_json(TABLE if path.endswith("/0") else {"count": 0, "objectIds": None, "features": []})

        running = make_server(answer)
        return f"{running.url}/arcgis/rest/services/Wells/MapServer/0"

    return start


def test_a_user_of_the_server_reads_what_is_not_public(server):
    url = server()
    with pytest.raises(AuthError):
        aew.read(url)
    assert len(aew.read(url, username="me", password="s3cret").only) == 0
    assert len(aew.read(url, token="issued").only) == 0


@pytest.mark.parametrize(
    "named",
    [
        {"tokens_url": "https://elsewhere.example.org/tokens"},
        {"owningSystemUrl": "https://elsewhere.example.org/portal"},
    ],
)
def test_a_password_is_not_sent_to_another_host_that_the_server_names(server, named):
    with pytest.raises(RequestError, match="another host") as refused:
        aew.read(server(**named), username="me", password="s3cret")
    assert "s3cret" not in str(refused.value)
