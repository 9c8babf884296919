"""What people and other software do when somebody signs in."""

import urllib.parse
from types import SimpleNamespace

import requests


def sign_in_at(url, password="learn-arcgis"):
    """Open the portal's sign-in page in a browser and type name and password; return where that leads."""
    page = requests.get(url, timeout=60)
    state = page.text.split('name="oauth_state" value="')[1].split('"')[0]
    form = {"oauth_state": state, "username": "student", "password": password}
    return requests.post(urllib.parse.urljoin(url, "/sharing/oauth2/signin"), data=form, timeout=60)


def code_shown_at(url):
    """Sign in as `sign_in_at` and copy the title of the page that shows the code: SUCCESS code=..."""
    return sign_in_at(url).text.split("<title>")[1].split("</title>")[0]


def gis_of(url, token, referer="http"):
    """What Esri's Python API offers of a signed-in GIS, of which this package reads url and session."""
    session = requests.Session()
    session.headers["Referer"] = referer
    session.auth = SimpleNamespace(token=token) if token else None
    return SimpleNamespace(url=url, session=session)
