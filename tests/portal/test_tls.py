"""TLS with an organisation's own authority."""

import pytest
import requests

from arcgis_export_widgets import LocalPortal, Portal
from arcgis_export_widgets.errors import PortalUnreachableError

SIGN_IN = {"username": "student", "password": "learn-arcgis"}


@pytest.fixture(scope="module")
def tls_portal():
    with LocalPortal(tls=True) as running:
        yield running


def test_a_portal_with_an_authority_of_its_own_is_trusted_when_its_file_is_given(tls_portal):
    with Portal(tls_portal.url, verify=tls_portal.certificate, **SIGN_IN) as portal:
        assert portal.username == "student"


def test_it_is_refused_without_the_file_and_the_error_says_what_to_give(tls_portal):
    with pytest.raises(PortalUnreachableError, match=r'verify="authority\.pem"'):
        Portal(tls_portal.url, **SIGN_IN)


def test_a_given_authority_counts_more_than_the_environments(tls_portal, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())
    with Portal(tls_portal.url, verify=tls_portal.certificate, **SIGN_IN) as portal:
        assert portal.username == "student"


def test_the_environments_authority_counts_where_none_is_given(tls_portal, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls_portal.certificate))
    with Portal(tls_portal.url, **SIGN_IN) as portal:
        assert portal.username == "student"
