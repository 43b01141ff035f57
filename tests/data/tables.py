"""Tables written to a file, and read as the product reads them."""

from nlpfeat.data import tables


def csv(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def read(path, **changes):
    asked = {"text": "text", "label": "label", "split": "", "test_share": 0.25, "key": 0} | changes
    return tables.read(path, **asked)
