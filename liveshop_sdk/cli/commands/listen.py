"""``liveshop listen``: carry the platform's test webhooks to this machine."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import SplitResult

import click

from liveshop_sdk.checkout.ports import Delivery
from liveshop_sdk.cli.answers import DONE, REFUSED, Answer, instant
from liveshop_sdk.cli.commands.trigger import ADDRESS, is_here
from liveshop_sdk.cli.commands.work import stop_on_signal
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.values import INSTANT, usage
from liveshop_sdk.errors import PlatformUnavailableError
from liveshop_sdk.platforms.sandbox.sender import post
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing.signing import sign_stripe

OVERLAP = timedelta(seconds=60)
"""How much later than others an event may appear in the platform's list."""


class Line:
    """Webhooks on their way to one address; what nobody took is sent again."""

    def __init__(
        self,
        sent: Callable[[datetime], list[Delivery]],
        send: Callable[[Delivery], int | None],
        since: datetime,
    ) -> None:
        """Begin with what was sent at that instant."""
        self._sent, self._send, self._since = sent, send, since
        self._first = since
        self._seen: dict[str, datetime] = {}
        self._waiting: list[Delivery] = []
        self.forwarded = self.refused = 0

    @property
    def waiting(self) -> int:
        """How many nobody has taken yet."""
        return len(self._waiting)

    def advance(self) -> Iterator[tuple[Delivery, int | None]]:
        """Ask for what is new and send all that waits, each with its answer.

        No answer, or one of 500 and above, is tried again the next time; any
        other is the server's word, and the last.
        """
        for one in self._sent(max(self._first, self._since - OVERLAP)):
            if one.delivery_id not in self._seen:
                self._seen[one.delivery_id] = one.occurred_at
                self._waiting.append(one)
                self._since = max(self._since, one.occurred_at)
        kept = self._since - 2 * OVERLAP
        self._seen = {name: at for name, at in self._seen.items() if at >= kept}
        line, self._waiting = self._waiting, []
        for one in line:
            status = self._send(one)
            if status is None or status >= 500:
                self._waiting.append(one)
            elif status < 300:
                self.forwarded += 1
            else:
                self.refused += 1
            yield one, status


@click.command("listen", cls=ShopCommand)
@click.option(
    "--forward-to",
    "to",
    type=ADDRESS,
    metavar="URL",
    required=True,
    help="A server of this shop; /webhooks/PLATFORM is added to it.",
)
@click.option("--since", type=INSTANT, metavar="ISO", help="From then on; now by default.")
@click.option(
    "--every",
    type=click.IntRange(1, 3600),
    default=2,
    show_default=True,
    help="Seconds from one look to the next.",
)
@click.option("--once", is_flag=True, help="Look once and end; exit code 1 if not all were taken.")
@click.option("--yes", is_flag=True, help="Forward to another machine, too.")
def listen(
    session: Session, to: SplitResult, since: datetime | None, every: int, once: bool, yes: bool
) -> Answer:
    """Carry webhooks from the platform's list to a server it cannot reach.

    For Stripe in test mode: each event is fetched, signed with your own webhook
    secret and posted, oldest first. The route that takes it is the one that will
    take real ones.
    """
    if not yes and not is_here(to):
        usage(f"{to.hostname} is not this machine; say --yes to forward there.")
    shop = session.shop
    if shop.mode == "live":
        usage(
            "this shop is in live mode: its webhooks hold real buyers' data. Use test credentials."
        )
    line = Line(shop.webhooks.sent, _sender(shop, to.geturl()), since or shop.clock.now())
    if once:
        _tell(line.advance())
    else:
        _keep_on(line, every)
    document = {"to": to.geturl(), **_counts(line)}
    text = ", ".join(f"{name}: {count}" for name, count in _counts(line).items())
    is_well = not line.waiting and not line.refused
    return Answer(document=document, text=text, exit_code=DONE if is_well else REFUSED)


def _keep_on(line: Line, every: int) -> None:
    stop = stop_on_signal()
    click.echo("listening; Ctrl-C ends", err=True)
    while not stop.is_set():
        wait = every
        try:
            _tell(line.advance())
        except PlatformUnavailableError as error:
            click.echo(f"{error} Trying again.", err=True)
            wait = max(every, error.retry_after)
        stop.wait(wait)


def _counts(line: Line) -> Mapping[str, int]:
    return {"forwarded": line.forwarded, "refused": line.refused, "waiting": line.waiting}


def _tell(answered: Iterator[tuple[Delivery, int | None]]) -> None:
    for one, status in answered:
        at = instant(one.occurred_at)
        click.echo(f"{at}  {one.topic}  {one.delivery_id}  {status or 'no answer'}", err=True)


def _sender(shop: LiveShop, base: str) -> Callable[[Delivery], int | None]:
    """Return what posts one webhook, signed when it leaves; None if nobody answers."""
    secret = shop.settings.stripe_webhook_secrets[-1:]

    def send(one: Delivery) -> int | None:
        headers = sign_stripe(one.body, secret[0].reveal(), now=shop.clock.now())
        try:
            return post(f"{base}/webhooks/{one.platform}", headers, one.body)
        except OSError:
            return None

    return send
