"""Add personal codes to a discount of Shopify, which it does by itself.

A call adds up to 250 of them and names the job that does. What failed stands in
the job's own record and nowhere else. There is no idempotency key: a code that is
taken is looked at, and is ours if it applies our discount.
"""

from collections.abc import Sequence

from liveshop_sdk.checkout.personal.ports import CodeRequest, CodesMade
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.fields import Obj, ShapeError, flag, number, obj, objs, text
from liveshop_sdk.platforms.shopify.graphql import GraphQL, user_errors
from liveshop_sdk.platforms.shopify.transport import Deadline, Wire, refused, written

_AT_ONCE = 50
"""Codes that one query looks up; each costs two points."""

_PAUSE = 0.5
_ENOUGH = 2.0
"""Seconds of a call that must be left to ask a job once more."""


class ShopifyCodes:
    """The codes of one shop's discounts that are ours."""

    portion = 250

    def __init__(self, wire: Wire, admin: GraphQL) -> None:
        """Speak through the shop's Admin API."""
        self._wire, self._admin = wire, admin

    def add(
        self,
        request: CouponRequest,  # noqa: ARG002  # the discount has its terms
        *,
        ref: str,
        codes: Sequence[CodeRequest],
        job: str | None,
    ) -> CodesMade:
        """Have Shopify add codes, and wait for it while this call has time.

        A job that is not done by then is named in the answer, to be asked again.
        One that Shopify does not show any more is begun anew.
        """
        deadline = self._wire.deadline()
        found = self._job(job, deadline) if job else None
        if found is None:
            job = self._begun(ref, codes, deadline)
        while job is not None and (found is None or not flag(found, "done")):
            if found is not None and deadline.left() < _ENOUGH:
                return CodesMade(made={}, job=job)
            if found is not None:
                self._wire.sleep(_PAUSE)
            found = self._job(job, deadline)
            if found is None:
                return CodesMade(made={}, job=job)
        with written("codes"):
            failed = number(found or {}, "failedCount")
        return self._judged(ref, codes, str(job) if failed else None)

    def _judged(self, ref: str, codes: Sequence[CodeRequest], job: str | None) -> CodesMade:
        """Return what a job that is done has made, failures looked up.

        Args:
            job: None if nothing failed.
        """
        deadline = self._wire.deadline()
        bad = self._failed(job, deadline) if job else frozenset()
        ours = self._applying(ref, sorted(bad), deadline)
        return CodesMade(
            made={one.id: None for one in codes if one.text not in bad or one.text in ours},
            taken=frozenset(one.id for one in codes if one.text in bad and one.text not in ours),
        )

    def switch(self, request: CouponRequest, *, wish: str, key: str, after: str) -> str:  # noqa: ARG002
        """Return that all follow: the dates are the discount's, of all its codes."""
        return ""

    def _begun(self, ref: str, codes: Sequence[CodeRequest], deadline: Deadline) -> str:
        named = {"id": ref, "codes": [{"code": one.text} for one in codes]}
        data = self._admin.execute(queries.CODES_ADD, named, deadline=deadline)
        with written("codes"):
            answer = obj(data, "discountRedeemCodeBulkAdd")
            errors = user_errors(answer)
            if errors:
                raise refused(*errors[0])
            job = text(obj(answer, "bulkCreation"), "id")
            if not job:
                raise ShapeError("it has no id")
            return job

    def _job(self, job: str, deadline: Deadline) -> Obj | None:
        data = self._admin.execute(queries.CODES_JOB, {"id": job}, deadline=deadline)
        with written("codes"):
            return obj(data, "discountRedeemCodeBulkCreation") or None

    def _failed(self, job: str, deadline: Deadline) -> frozenset[str]:
        """Return the codes that a job did not add, since they are taken.

        Raises:
            PlatformRefusedError: for another reason.
        """
        data = self._admin.execute(queries.CODES_FAILED, {"id": job}, deadline=deadline)
        with written("codes"):
            rows = objs(obj(obj(data, "discountRedeemCodeBulkCreation"), "codes"), "nodes")
            bad = [(text(row, "code"), objs(row, "errors")) for row in rows if objs(row, "errors")]
            for _, errors in bad:
                if text(errors[0], "code") != "TAKEN":
                    raise refused(text(errors[0], "message"), text(errors[0], "code"))
            return frozenset(code for code, _ in bad)

    def _applying(self, ref: str, codes: Sequence[str], deadline: Deadline) -> frozenset[str]:
        """Return which of these codes apply this discount."""
        ours: set[str] = set()
        for start in range(0, len(codes), _AT_ONCE):
            some = codes[start : start + _AT_ONCE]
            named = {f"c{n}": code for n, code in enumerate(some)}
            document = queries.codes_by_code(len(some))
            data = self._admin.execute(document, named, deadline=deadline)
            with written("codes"):
                ours |= {code for key, code in named.items() if text(obj(data, key), "id") == ref}
        return frozenset(ours)
