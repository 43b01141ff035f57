"""The reference that `make docs` builds holds every public function, with what it says of itself."""

import pkgutil

import pdoc
import pdoc.doc

import nlpfeat

MODULES = sorted(found.name for found in pkgutil.walk_packages(nlpfeat.__path__, "nlpfeat."))


def public(namespace):
    """The public functions, classes and methods that a module or class defines, wherever they may be shown."""
    for member in namespace.own_members:
        if member.name.startswith("_") or member.is_inherited:
            continue
        if isinstance(member, pdoc.doc.Class):
            yield member
            yield from public(member)
        elif isinstance(member, pdoc.doc.Function) and member.obj.__name__ != "<lambda>":
            yield member  # a lambda is the default of a field, which the class tells


def test_everything_public_says_what_it_is():
    silent = []
    for name in MODULES:
        module = pdoc.doc.Module.from_name(name)
        assert module.docstring, name
        assert not module.docstring.startswith("Error"), name
        silent += [member.fullname for member in public(module) if not member.docstring.strip()]
    # A flax module is called, and says so in its class; dunder methods are those of Python.
    assert not [one for one in silent if not one.endswith("__call__")]


def test_the_reference_is_built(tmp_path):
    pdoc.render.configure(docformat="google")
    pdoc.pdoc("nlpfeat.stats.intervals", "nlpfeat.geometry.regions", output_directory=tmp_path)
    page = (tmp_path / "nlpfeat" / "sweeps" / "statistics.html").read_text()
    assert "gain_width" in page
    assert "fewer than" in page
    assert (tmp_path / "nlpfeat" / "geometry" / "regions.html").exists()
