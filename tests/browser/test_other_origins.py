"""A page of another origin, in a real browser, and a local portal whose password everybody knows."""

from __future__ import annotations

import functools
import http.server
import threading

import pytest

pytestmark = pytest.mark.browser

ASK = """async ([url, form]) => {
  const body = form && new URLSearchParams(form);
  try {
    const answer = await fetch(url, form ? { method: "POST", body } : {});
    return await answer.text();
  } catch (error) {
    return "refused: " + error.name;
  }
}"""
SEND_BLINDLY = """([url, form]) =>
  fetch(url, { method: "POST", mode: "no-cors", body: new URLSearchParams(form) })
    .then(() => "sent", () => "not sent")"""
SIGN_IN = {"f": "json", "username": "teacher", "password": "learn-arcgis"}


@pytest.fixture
def site(tmp_path):
    """A web site; any name that ends in .localhost leads to it."""
    (tmp_path / "index.html").write_text("<title>A page</title>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield lambda name: f"http://{name}:{server.server_port}/index.html"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_of_another_origin_neither_signs_in_nor_switches_faults_on(page, site, local_portal):
    portal = local_portal.url
    page.goto(site("evil.localhost"))
    assert page.evaluate(ASK, [f"{portal}/sharing/rest/generateToken", SIGN_IN]).startswith("refused")
    assert page.evaluate(ASK, [f"{portal}/sharing/rest/portals/self?f=json", None]).startswith("refused")

    page.goto(site("localhost"))  # a notebook's page may sign in, but not control the portal
    token = page.evaluate(ASK, [f"{portal}/sharing/rest/generateToken", SIGN_IN]).split('"token":"')[1].split('"')[0]
    fault = {"f": "json", "token": token, "kind": "cap", "value": "1"}
    assert "Pages cannot control this portal" in page.evaluate(ASK, [f"{portal}/localportal/faults", fault])

    page.goto(site("evil.localhost"))
    assert page.evaluate(SEND_BLINDLY, [f"{portal}/localportal/faults", fault]) == "sent"
    layer = (
        f"{portal}/arcgis/rest/services/CitiesAndCounties/FeatureServer/1/query?f=json&where=1=1&returnCountOnly=true"
    )
    page.goto(site("localhost"))
    assert '"count":7555' in page.evaluate(ASK, [layer, None])
    features = page.evaluate(ASK, [layer.replace("returnCountOnly=true", "resultRecordCount=5"), None])
    assert features.count('"attributes"') == 5


def test_a_name_that_leads_to_this_machine_is_not_the_portals(page, local_portal):
    rebound = local_portal.url.replace("127.0.0.1", "evil.localhost")
    page.goto(f"{rebound}/sharing/rest/info?f=json")
    assert "not known by that name" in page.content()
