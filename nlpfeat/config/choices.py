"""Settings whose values have names. A value is the number of its name, so that programs can trace it and files hold numbers."""

PARAMETRISATIONS = ("standard", "ntk", "mean_field", "maximal_update", "standard_layerwise")
SCHEDULES = ("constant", "linear", "cosine", "one_cycle")

CHOICES: dict[str, tuple[str, ...]] = {"parametrisation": PARAMETRISATIONS, "schedule": SCHEDULES}


def value_text(setting: str, value: float) -> str:
    """A value of a setting in words: its name, or the number."""
    names = CHOICES.get(setting)
    return names[int(value)] if names and 0 <= value < len(names) else f"{value:g}"


def value_of(setting: str, text: str) -> float:
    """The inverse of `value_text`.

    Raises:
      ValueError: if the text is neither a name of a value nor a number.
    """
    names = CHOICES.get(setting, ())
    return names.index(text) if text in names else float(text)
