"""A site whose replicas follow what tests say, and the verbs that move things in it."""

from services.lifecycle.verbs import bake, promote, register, release, revert, set_alias


class World:
    """What a test of the verbs has in its hands."""

    def __init__(self, verbs, site, trained):
        self.verbs = verbs
        self.site = site
        self.trained = trained
        self.digests = {}

    @property
    def values(self):
        """Return what the ConfigMap `platform` says there; tests change it."""
        return self.verbs.values

    @property
    def repository(self):
        """Return the folder of the GitOps repository."""
        return self.values["GOURMET_GITOPS"]

    def bake(self):
        """Train, register and bake; return the number of the version."""
        number = len(self.digests) + 1
        run = self.trained.run(weights=b"weights %d" % number)
        assert self.verbs(register, run=run) == {"version": str(number)}
        self.digests[number] = self.verbs(bake, version=number, branch="HEAD")["digest"]
        return number

    def release(self, environment, number, operation="deploy-1", *, serve=True):
        """Release a version, and let the site serve it."""
        asked = {"environment": environment, "version": number, "digest": self.digests[number]}
        made = self.verbs(release, operation=operation, **asked)
        if serve:
            self.serve(environment, number)
        return made

    def serve(self, environment, number):
        """Let the site serve a version."""
        self.site.serve(environment, number, self.digests[number])

    def alias(self, environment, number, operation="deploy-1", tested=False):
        """Move the aliases of an environment."""
        asked = {"environment": environment, "version": number, "digest": self.digests[number]}
        return self.verbs(set_alias, operation=operation, tested=tested, **asked)

    def approved(self, environment, number, operation):
        """Take a version all the way to where it is approved."""
        self.release(environment, number, operation)
        self.alias(environment, number, operation, tested=True)

    def tested(self):
        """Bake a version that staging serves, and that passed the tests there."""
        number = self.bake()
        self.approved("staging", number, "deploy-1")
        self.verbs.step.registry.tag(number, staging_tests=f"passed {self.digests[number]}")
        return number

    def revert(self, environment, operation="revert-1", leaving="any"):
        """Roll an environment back."""
        asked = {"environment": environment, "reason": "it is slow", "leaving": leaving}
        return self.verbs(revert, operation=operation, **asked)

    def ask(self, number, target="canary", **asked):
        """Ask whether a version may go on, as a promotion does."""
        given = {"labels": "{}", "force": "none", "plan": "none", "patient": "no"}
        given |= {"operation": "promote-1", **asked}
        return self.verbs(promote, version=number, target=target, **given)

    def current(self, environment):
        """Return which version Git holds."""
        return self.verbs.step.gitops.current(environment).release.version

    def aliased(self, name):
        """Return which version an alias names."""
        return self.verbs.step.registry.alias(name)
