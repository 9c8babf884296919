import pytest

from arcgis_export_widgets import errors
from arcgis_export_widgets.portal.http.responses import error_of, parse_json

URL = "https://host/query"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ({"error": {"code": 498, "message": "Invalid token.", "details": []}}, errors.AuthError, "Sign in again"),
        ({"error": {"code": 499, "message": "Token Required"}}, errors.AuthError, "499"),
        (
            {
                "error": {
                    "code": 403,
                    "message": "You do not have permissions to access this resource.",
                    "details": None,
                }
            },
            errors.PermissionDeniedError,
            "permissions",
        ),
        (
            {"error": {"code": 400, "messageCode": "CONT_0001", "message": "Item does not exist or is inaccessible."}},
            errors.ItemNotFoundError,
            "Check the id",
        ),
        (
            {"error": {"message": "Unable to generate token.", "details": "Invalid username or password."}},
            errors.AuthError,
            "Invalid username or password",
        ),
        ({"error": {"code": 429, "message": "Too many requests."}}, errors.RateLimitError, "Wait"),
        ({"error": {"code": "500", "message": ""}}, errors.PortalError, "gave no reason"),
        ({"error": "invalid_request", "error_description": "expired"}, errors.PortalError, "expired"),
        ({"code": 500, "message": "Broken", "status": "failure", "details": None}, errors.PortalError, "Broken"),
    ],
)
def test_an_error_inside_a_200_becomes_the_fitting_exception(answer, kind, said):
    error = error_of(answer, URL)
    assert type(error) is kind
    assert said in str(error)
    assert error.url == URL


def test_details_are_told_and_kept():
    answer = {"error": {"code": 400, "message": "Invalid query.", "details": ["'where' parameter is invalid"]}}
    error = error_of(answer, URL)
    assert (error.code, error.details) == (400, ("'where' parameter is invalid",))
    assert str(error) == "Invalid query. 'where' parameter is invalid (code 400)."


@pytest.mark.parametrize("answer", [{}, {"count": 0}, {"status": "failed", "statusMessage": "x"}, {"error": None}])
def test_an_answer_without_error_is_none(answer):
    assert error_of(answer, URL) is None


@pytest.mark.parametrize(
    ("details", "seconds"),
    [(["API calls quota exceeded! maximum allowed (24000) per Minute. Retry after 60 sec."], 60.0), ([], None)],
)
def test_the_wait_a_quota_error_tells_is_read(details, seconds):
    answer = {"error": {"code": 429, "message": "Unable to perform query.", "details": details}}
    assert error_of(answer, URL).retry_after_s == seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [("<!DOCTYPE html><title>Sign in</title>", "a web page"), ("{broken", "did not return JSON"), ("[1]", "list")],
)
def test_an_answer_that_is_not_arcgis_says_what_it_is(text, said):
    with pytest.raises(errors.ResponseError, match=said):
        parse_json(text, URL)


@pytest.mark.parametrize("character", ["\n", "\r", "\t", "\x00", "\x1f"])
def test_a_control_character_inside_a_text_is_kept(character):
    assert parse_json(f'{{"name": "a{character}b"}}', URL) == {"name": f"a{character}b"}
