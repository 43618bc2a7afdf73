"""The rules of items, tiers and shelves, at their edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_core.content.access import PERIOD, Subscription, Tier, TierPlan, pair_id
from platform_core.content.items import CAPTION, MODERATION, STATES, ContentItem, MediaState, Offer
from platform_core.content.ports import ContentRules, MediaForm, Moderation, Verdict
from platform_core.content.shelves import Shelf, ShelfFull
from platform_core.kernel.errors import Conflict, Invalid, InvalidTransition, NotFound
from platform_core.kernel.money import LIMIT

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def item(**more: Any) -> ContentItem:
    given: dict[str, Any] = {
        "id": "cnt_1",
        "creator": "usr_1",
        "form": MediaForm.IMAGE,
        "caption": "",
        "offer": Offer.of(),
        "digest": "d",
        "size": 10,
        "mime": "image/png",
        "media": "content/cnt_1/source/file.png",
        "now": NOW,
    }
    return ContentItem.upload(**{**given, **more})


def ready(verdict: Moderation = Moderation.APPROVED) -> ContentItem:
    made = item()
    made.show(media="content/cnt_1/media.png", mime="image/png", now=NOW)
    made.judge(Verdict(verdict), NOW)
    return made


@pytest.mark.parametrize(("old", "new"), list(product(MediaState, MediaState)))
def test_a_file_moves_only_as_the_table_says(old: MediaState, new: MediaState) -> None:
    legal = {(MediaState.PROCESSING, MediaState.READY), (MediaState.PROCESSING, MediaState.FAILED)}
    if (old, new) in legal:
        assert STATES.move(old, new) is new
    else:
        with pytest.raises(InvalidTransition):
            STATES.move(old, new)


@pytest.mark.parametrize(("old", "new"), list(product(Moderation, Moderation)))
def test_moderation_moves_only_as_the_table_says(old: Moderation, new: Moderation) -> None:
    if old is not new and new is not Moderation.PENDING:
        assert MODERATION.move(old, new) is new
    else:
        with pytest.raises(InvalidTransition):
            MODERATION.move(old, new)


@pytest.mark.parametrize("state", MediaState)
@pytest.mark.parametrize("moderation", Moderation)
@pytest.mark.parametrize("deleted", [False, True])
def test_only_what_is_ready_approved_and_there_is_listed(
    state: MediaState, moderation: Moderation, *, deleted: bool
) -> None:
    made = item()
    if state is MediaState.READY:
        made.show(media="content/cnt_1/media.png", mime="image/png", now=NOW)
    if state is MediaState.FAILED:
        made.fail("is damaged")
    made.judge(Verdict(moderation), NOW)
    if deleted:
        made.delete(NOW, kept=HOUR)

    assert made.is_listed == (state is MediaState.READY and moderation is Moderation.APPROVED and not deleted)


def test_an_item_keeps_its_place_when_it_is_listed_again() -> None:
    made = ready()
    made.reject("on second thought", NOW + HOUR)
    assert made.listed_at is None
    made.approve(NOW + 2 * HOUR)
    assert made.listed_at == NOW


def test_an_item_approved_late_is_new_when_it_is_approved() -> None:
    made = ready(Moderation.PENDING)
    made.approve(NOW + 48 * HOUR)
    assert made.listed_at == NOW + 48 * HOUR


def test_a_deleted_item_is_not_deleted_again_and_its_purge_forgets_what_it_was() -> None:
    made = ready()
    made.delete(NOW, kept=HOUR)
    assert made.due_at == NOW + HOUR
    with pytest.raises(NotFound):
        made.delete(NOW, kept=HOUR)
    made.purge()
    assert [made.media, made.thumbnail, made.preview, made.caption, made.due_at] == [None, None, None, "", None]


def test_what_is_ready_is_not_begun_again() -> None:
    with pytest.raises(InvalidTransition):
        ready().begin(NOW, HOUR)


@pytest.mark.parametrize(
    ("said", "tier", "price", "becomes"),
    [
        (None, Tier.FREE, 0, (False, Tier.FREE, 0)),
        (False, Tier.FREE, 0, (False, Tier.FREE, 0)),
        (None, Tier.FAN, 0, (True, Tier.FAN, 0)),
        (None, Tier.FREE, 5, (True, Tier.FREE, 5)),
        (True, Tier.FREE, 0, (True, Tier.FAN, 0)),
        (True, Tier.FREE, LIMIT, (True, Tier.FREE, LIMIT)),
        (True, Tier.SUPERFAN, 7, (True, Tier.SUPERFAN, 7)),
    ],
)
def test_an_offer_is_what_its_creator_means(
    said: bool | None, tier: Tier, price: int, becomes: tuple[bool, Tier, int]
) -> None:
    offer = Offer.of(is_premium=said, tier=tier, token_price=price)
    assert (offer.is_premium, offer.tier, offer.token_price) == becomes


@pytest.mark.parametrize(
    ("said", "tier", "price", "field"),
    [
        (False, Tier.FAN, 0, "tier"),
        (False, Tier.FREE, 1, "token_price"),
        (None, Tier.FREE, -1, "token_price"),
        (None, Tier.FREE, LIMIT + 1, "token_price"),
        (None, Tier.FREE, True, "token_price"),
    ],
)
def test_an_offer_that_contradicts_itself_is_refused(said: bool | None, tier: Tier, price: int, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        Offer.of(is_premium=said, tier=tier, token_price=price)
    assert [detail.field for detail in refused.value.details] == [field]


def test_a_caption_has_its_bound() -> None:
    assert item(caption="x" * CAPTION).caption
    with pytest.raises(Invalid):
        item(caption="x" * (CAPTION + 1))


def subscription(tier: Tier = Tier.FAN, price: int = 100) -> Subscription:
    return Subscription(
        id=pair_id("sub", "usr_1", "usr_2"),
        creator="usr_1",
        subscriber="usr_2",
        tier=tier,
        price=price,
        started_at=NOW,
        until=NOW + PERIOD,
        transaction=None,
    )


@pytest.mark.parametrize(("has", "wanted"), list(product(Tier, Tier)))
def test_a_tier_gives_those_below_it_too(has: Tier, wanted: Tier) -> None:
    order = [Tier.FREE, Tier.FAN, Tier.SUPERFAN]
    covers = order.index(has) >= order.index(wanted)
    assert subscription(has).covers(wanted, NOW) == covers
    assert not subscription(has).covers(wanted, NOW + PERIOD)


@given(st.integers(0, LIMIT), st.timedeltas(timedelta(), 2 * PERIOD))
def test_what_is_unused_falls_from_the_price_to_nothing(price: int, later: timedelta) -> None:
    unused = subscription(price=price).unused(NOW + later)
    assert 0 <= unused <= price
    assert unused == 0 or later < PERIOD
    assert subscription(price=price).unused(NOW) == price


def test_a_subscription_that_runs_is_not_renewed_for_the_same() -> None:
    running = subscription()
    with pytest.raises(Conflict):
        running.renew(Tier.FAN, price=100, now=NOW, transaction=None)
    running.renew(Tier.SUPERFAN, price=300, now=NOW + HOUR, transaction="txn_1")
    assert (running.tier, running.until) == (Tier.SUPERFAN, NOW + HOUR + PERIOD)


@pytest.mark.parametrize(
    ("fan", "superfan", "field"),
    [(-1, 0, "fan"), (0, -1, "superfan"), (LIMIT + 1, 0, "fan"), (200, 100, "superfan"), (True, 0, "fan")],
)
def test_tiers_have_prices_in_order(fan: int, superfan: int, field: str) -> None:
    plan = TierPlan(id="usr_1", changed_at=NOW)
    with pytest.raises(Invalid) as refused:
        plan.offer(fan=fan, superfan=superfan, now=NOW)
    assert [detail.field for detail in refused.value.details] == [field]
    assert (plan.fan, plan.superfan) == (0, 0)


def test_a_tier_may_be_offered_alone() -> None:
    plan = TierPlan(id="usr_1", changed_at=NOW)
    plan.offer(fan=100, superfan=0, now=NOW)
    assert [plan.price(tier) for tier in Tier] == [0, 100, 0]
    plan.offer(fan=0, superfan=50, now=NOW)
    assert [plan.price(tier) for tier in Tier] == [0, 0, 50]


def test_a_shelf_is_full_at_its_bounds() -> None:
    rules = ContentRules(items_per_creator=2, bytes_per_creator=100)
    shelf = Shelf(id="usr_1")
    shelf.take(60, rules)
    with pytest.raises(ShelfFull):
        shelf.take(41, rules)
    shelf.take(40, rules)
    with pytest.raises(ShelfFull):
        shelf.take(0, rules)
    shelf.release(60)
    shelf.take(60, rules)
    assert (shelf.items, shelf.bytes) == (2, 100)


def test_pairs_do_not_read_alike() -> None:
    assert pair_id("unl", "a", "bc") != pair_id("unl", "ab", "c")
