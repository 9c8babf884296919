"""Where credentials come from, and which count: arguments, environment, keyring, netrc."""

import logging

import keyring
import keyring.backend
import pytest

from arcgis_export_widgets import Portal
from arcgis_export_widgets.errors import AuthError, RequestError
from arcgis_export_widgets.portal.auth.application import ClientAuth
from arcgis_export_widgets.portal.auth.credentials import given_credentials
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.auth.registry import METHODS
from arcgis_export_widgets.portal.auth.tokens import ApiKeyAuth
from arcgis_export_widgets.portal.http.tokens import Anonymous

URL = "https://gis.example.org/portal"


def credentials(url, **arguments):
    return given_credentials(METHODS.values(), url, arguments)[1]


@pytest.fixture
def environment(monkeypatch):
    def put(url=URL, **values):
        monkeypatch.setenv("ARCGIS_HOST", url)
        for name, value in values.items():
            monkeypatch.setenv(f"ARCGIS_{name}", value)

    return put


@pytest.fixture
def write_netrc(tmp_path, monkeypatch):
    def write(text):
        (tmp_path / "netrc").write_text(text)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    return write


class Memory(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def get_credential(self, service, username):
        found = [(u, p) for (s, u), p in self.kept.items() if s == service and username in {None, u}]
        return keyring.credentials.SimpleCredential(*found[0]) if found else None

    def set_password(self, service, username, password):
        self.kept[service, username] = password


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    yield keyring
    keyring.set_keyring(before)


def test_arguments_go_before_environment_before_keyring_before_netrc(environment, ring, write_netrc):
    write_netrc("machine gis.example.org login n password in-netrc")
    assert credentials(URL).how == "a user name and password from netrc"
    ring.set_password(URL, "k", "in-keyring")
    assert credentials(URL).how == "a user name and password from the keyring"
    environment(USER="e", PASSWORD="in-environment")
    assert credentials(URL).how == "a user name and password from ARCGIS_USER and ARCGIS_PASSWORD"
    assert credentials(URL, username="a", password="given").how == "a user name and password"
    assert isinstance(credentials(URL, anonymous=True), Anonymous)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"API_KEY": "k", "USER": "u", "PASSWORD": "p"}, PasswordAuth),
        ({"API_KEY": "k", "CLIENT": "c", "SECRET": "s"}, ClientAuth),
        ({"API_KEY": "k", "CLIENT": "c"}, ApiKeyAuth),
        ({"CLIENT": "c"}, Anonymous),
    ],
)
def test_within_the_environment_a_member_goes_before_an_application_before_a_key(environment, values, kind):
    environment(**values)
    assert type(credentials(None)) is kind


@pytest.mark.parametrize("stranger", ["https://other.example.org/portal", "https://gis.example.org/other"])
def test_the_environments_credentials_are_for_its_own_portal_only(environment, stranger):
    environment(USER="u", PASSWORD="p")
    assert isinstance(credentials(stranger), Anonymous)
    with pytest.raises(RequestError, match="no credentials for"):
        Portal.from_environment(stranger)


def test_without_host_the_environment_is_for_arcgis_online_unless_it_was_asked_for(local_portal, monkeypatch):
    monkeypatch.setenv("ARCGIS_USER", "student")
    monkeypatch.setenv("ARCGIS_PASSWORD", "learn-arcgis")
    with Portal(local_portal.url) as unasked, Portal.from_environment(local_portal.url) as asked:
        assert (unasked.username, asked.username) == (None, "student")


def test_all_of_arcgis_online_is_one_portal(environment):
    environment(url="https://arcgis.com", API_KEY="k")
    assert type(credentials("https://myorg.maps.arcgis.com")) is ApiKeyAuth


def test_arcgis_onlines_credentials_are_for_its_encrypted_addresses_only(environment):
    environment(url="https://arcgis.com", API_KEY="k")
    assert type(credentials("http://www.arcgis.com")) is Anonymous


def test_a_user_without_password_has_it_in_the_environment_of_the_same_user_and_portal(environment):
    environment(USER="u", PASSWORD="p")
    assert credentials(URL, username="u").how.endswith("from ARCGIS_USER and ARCGIS_PASSWORD")
    for url, username in [(URL, "another"), ("https://other.example.org", "u")]:
        with pytest.raises(RequestError, match=f"no password for the user {username}"):
            credentials(url, username=username)


@pytest.mark.parametrize("host", ["notarcgis.com", "www.notarcgis.com", "arcgis.com.example.org", "arcgis.community"])
def test_a_name_like_arcgis_onlines_gets_none_of_its_credentials(environment, host):
    environment(url="https://www.arcgis.com", API_KEY="k")
    assert type(credentials(f"https://{host}")) is Anonymous


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"PASSWORD": "p"}, "ARCGIS_USER is missing"),
        ({"SECRET": "s"}, "ARCGIS_CLIENT is missing"),
        ({"USER": "u"}, "no ARCGIS_PASSWORD"),
    ],
)
def test_an_environment_with_half_of_it_says_what_is_missing(environment, values, said):
    environment(**values)
    with pytest.raises(RequestError, match=said):
        credentials(URL)


def test_the_environment_opens_a_portal(local_portal, environment):
    environment(local_portal.url, USER="student", PASSWORD="learn-arcgis")
    with Portal.from_environment() as portal:
        assert (portal.url, portal.username) == (local_portal.url, "student")
    with Portal() as portal:
        assert repr(portal).endswith("as student with a user name and password from ARCGIS_USER and ARCGIS_PASSWORD>")


def test_no_credentials_anywhere_says_what_to_set():
    with pytest.raises(RequestError, match=r"no credentials for https://www\.arcgis\.com. Set ARCGIS_USER and"):
        Portal.from_environment()


def test_a_user_without_password_has_it_in_the_keyring(local_portal, ring, environment):
    ring.set_password(local_portal.url, "student", "learn-arcgis")
    with Portal(local_portal.url, username="student") as portal:
        assert portal.username == "student"
    with pytest.raises(RequestError, match="no password for the user teacher"):
        Portal(local_portal.url, username="teacher")
    environment(local_portal.url, USER="teacher")
    with pytest.raises(RequestError, match="ARCGIS_USER is 'teacher'"):
        Portal(local_portal.url)


def test_netrc_has_the_password_of_the_portals_host(local_portal, write_netrc):
    write_netrc("machine 127.0.0.1 login student password learn-arcgis\n")
    with Portal(local_portal.url, username="student") as portal:
        assert portal.username == "student"
    with pytest.raises(RequestError, match="no password for the user teacher"):
        Portal(local_portal.url, username="teacher")


def test_netrcs_default_entry_is_shown_to_nobody(write_netrc):
    write_netrc("default login student password learn-arcgis\n")
    assert isinstance(credentials(URL), Anonymous)
    assert isinstance(credentials("https://default"), Anonymous)


def test_a_broken_netrc_is_reported_without_its_contents(write_netrc, caplog):
    caplog.set_level(logging.DEBUG)
    write_netrc("machine gis.example.org login student passw0rd hidden-word\n")
    assert isinstance(credentials(URL), Anonymous)
    assert "cannot be read as netrc, line 1" in caplog.text
    assert "hidden-word" not in caplog.text


@pytest.mark.usefixtures("ring")
def test_a_keyring_that_cannot_be_read_is_reported_and_skipped(monkeypatch, caplog):
    def locked(*_):
        raise keyring.errors.KeyringLocked("locked")

    monkeypatch.setattr(Memory, "get_credential", locked)
    assert isinstance(credentials(URL), Anonymous)
    assert "the keyring cannot be read: KeyringLocked" in caplog.text


def test_a_refusal_says_where_the_refused_password_came_from(local_portal, write_netrc):
    write_netrc("machine 127.0.0.1 login student password outdated\n")
    with pytest.raises(AuthError, match=r"for the user student.* The credentials come from netrc"):
        Portal(local_portal.url)
