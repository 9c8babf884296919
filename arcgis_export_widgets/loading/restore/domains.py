"""Coded values: as the codes they are stored as, or as what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import pandas as pd

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.restore.values import TEXT_DTYPE
from arcgis_export_widgets.model.fields import CodedValues, Field

Domains: TypeAlias = Literal["codes", "labels", "categories"]
CHOICES = ("codes", "labels", "categories")


def check_domains(domains: str) -> None:
    """Raise unless `domains` is one of the `CHOICES`, whether or not any field has coded values.

    Raises
    ------
    RequestError
    """
    if domains not in CHOICES:
        choices = ", ".join(map(repr, CHOICES))
        raise RequestError(say("domains is one of {choices}, not {domains!r}.", choices=choices, domains=domains))


def decode(frame: pd.DataFrame, fields: Sequence[Field], domains: Domains) -> pd.DataFrame:
    """Replace codes by their labels in all fields with a coded-value domain.

    Parameters
    ----------
    domains
        ``codes`` leaves the frame as it is; ``labels`` makes texts; ``categories`` makes ordered categories, in the
        domain's order. A code that is not in the domain stays, as a text, after those that are.
    """
    if domains == "codes":
        return frame
    for field in fields:
        if isinstance(field.domain, CodedValues) and field.name in frame.columns:
            frame[field.name] = _decoded(frame[field.name], field.domain, as_categories=domains == "categories")
    return frame


def _decoded(codes: pd.Series, domain: CodedValues, *, as_categories: bool) -> pd.Series:
    by_code = {_key(code): label for code, label in domain.labels.items()}
    texts = [None if pd.isna(code) else by_code.get(_key(code), str(code)) for code in codes]
    if not as_categories:
        return pd.Series(texts, index=codes.index, dtype="object").astype(TEXT_DTYPE)
    order = dict.fromkeys([*by_code.values(), *(text for text in texts if text is not None)])
    return pd.Series(pd.Categorical(texts, categories=list(order), ordered=True), index=codes.index)


def _key(code: object) -> str:
    """The same text for 1, 1.0 and "1": formats differ in how they write a code."""
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)
