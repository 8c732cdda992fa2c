"""What the tests of the charts share: a sound site to break."""

import copy

import pytest

from charts import render, validation, values
from charts.manifests import Manifest


@pytest.fixture(scope="session")
def sound_site():
    objects = render.platform("kvm")
    for environment in values.ENVIRONMENTS:
        objects += render.environment("kvm", environment, release=validation.SAMPLE)
    return objects


@pytest.fixture
def site(sound_site):
    """A whole rendered site, of this test alone."""
    return [Manifest(copy.deepcopy(manifest.data)) for manifest in sound_site]


@pytest.fixture
def find(site):
    """Return one object's data, to be changed in place."""

    def one(kind, name, namespace=None):
        (found,) = [
            o.data
            for o in site
            if (o.kind, o.name) == (kind, name) and namespace in (None, o.namespace)
        ]
        return found

    return one


@pytest.fixture
def sentences(site):
    """Judge the site; return the sentences about it."""

    def judge():
        return [str(problem) for problem in validation.problems(site, "site kvm")]

    return judge
