"""How long tokens, codes and deleted items are kept."""

import pytest

from arcgis_export_widgets.localportal.content.accounts import Accounts
from arcgis_export_widgets.localportal.content.catalog import Catalog
from arcgis_export_widgets.localportal.content.item import Item
from arcgis_export_widgets.localportal.content.oauth_grants import Authorization, Grants

VISIT = Authorization("app", "urn:ietf:wg:oauth:2.0:oob", "code", None, 60.0, None, "")


@pytest.fixture
def clock(monkeypatch):
    """The time of day, in seconds since 1970, which a test moves on."""
    now = [1_000_000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    return now


@pytest.fixture
def accounts():
    accounts = Accounts()
    accounts.add("student", "secret", "org_user")
    return accounts


def test_a_token_opens_the_portal_until_its_time_is_over(accounts, clock):
    token = accounts.issue_token(accounts.find("student"), 60).value
    for later_s, is_valid in ((0, True), (59, True), (1, False), (3600, False)):
        clock[0] += later_s
        assert (accounts.find_token(token) is not None) is is_valid


def test_a_code_can_be_exchanged_until_its_time_is_over(clock):
    grants = Grants(600)
    code = grants.add(VISIT)
    clock[0] += 599
    assert grants.find(code) is VISIT
    clock[0] += 1
    assert grants.find(code) is None
    assert grants.take(code) is None


def test_a_code_can_be_exchanged_once():
    grants = Grants(600)
    code = grants.add(VISIT)
    assert grants.take(code) is VISIT
    assert grants.take(code) is None


def test_of_too_many_visits_the_oldest_is_forgotten():
    grants = Grants(600)
    codes = [grants.add(VISIT) for _ in range(1001)]
    assert [grants.find(code) is VISIT for code in (codes[0], codes[1], codes[-1])] == [False, True, True]


def test_of_too_many_deleted_items_the_oldest_is_gone_for_good():
    catalog = Catalog()
    items = [catalog.add(Item(f"{number:032x}", "student", f"Export {number}", "CSV")) for number in range(101)]
    gone = [catalog.recycle(item) for item in items]
    assert gone == [None] * 100 + [items[0]]
    assert catalog.recycled_items() == items[1:]
