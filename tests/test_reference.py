"""The reference that `make docs` builds has every public function, with its docstring."""

import pkgutil

import pdoc
import pdoc.doc

import nlpfeat

MODULES = sorted(found.name for found in pkgutil.walk_packages(nlpfeat.__path__, "nlpfeat."))


def public(namespace):
    """The public functions, classes and methods that a module or class defines."""
    for member in namespace.own_members:
        if member.name.startswith("_") or member.is_inherited:
            continue
        if isinstance(member, pdoc.doc.Class):
            yield member
            yield from public(member)
        elif isinstance(member, pdoc.doc.Function) and member.obj.__name__ != "<lambda>":
            yield member  # a lambda is the default of a field, which the class documents


def test_everything_public_has_a_docstring():
    silent = []
    for name in MODULES:
        module = pdoc.doc.Module.from_name(name)
        assert module.docstring, name
        assert not module.docstring.startswith("Error"), name
        silent += [member.fullname for member in public(module) if not member.docstring.strip()]
    # A Flax module documents its call in its class; dunder methods are Python's.
    assert not [one for one in silent if not one.endswith("__call__")]


def test_the_reference_is_built(tmp_path):
    pdoc.render.configure(docformat="google")
    pdoc.pdoc("nlpfeat.stats.width_curves", "nlpfeat.geometry.regions", output_directory=tmp_path)
    page = (tmp_path / "nlpfeat" / "stats" / "width_curves.html").read_text()
    assert "gain_width" in page
    assert "reaches a fraction of the gain" in page
    assert (tmp_path / "nlpfeat" / "geometry" / "regions.html").exists()
