"""A world that a file's tests begin in: made once, and put back as it was before each of them."""

import copy
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


class Kept:
    """What a world is made of, as it was when it was furnished.

    Its folder stays at one path, which stands in what is signed, and its database at one
    server: both get back what they held. So one registry holds one kept world at a time.
    """

    def __init__(self, folder: Path, world, database: Path):
        self.folder = folder
        self.world = world
        self.database = database
        self.copy = folder.with_name(f"{folder.name}-as-it-was")
        shutil.copytree(folder, self.copy, symlinks=True)
        with closing(sqlite3.connect(database)) as now, self._kept() as then:
            now.backup(then)
        self.values = dict(world.verbs.values)
        self.digests = dict(world.digests)
        self.serves = copy.deepcopy(world.site.environments), dict(world.site.weights)

    def again(self):
        """Return the world as it was."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.copy, self.folder, symlinks=True)
        with closing(sqlite3.connect(self.database)) as now, self._kept() as then:
            then.backup(now)
        world = self.world
        for held, kept in ((world.verbs.values, self.values), (world.digests, self.digests)):
            held.clear()
            held.update(kept)
        world.verbs.said.clear()
        world.site.environments, world.site.weights = copy.deepcopy(self.serves)
        return world

    def _kept(self):
        return closing(sqlite3.connect(self.copy.with_suffix(".db")))
