"""Sellers and buyers: products, orders, refunds, disputes, accounts at the provider, and admins who try again."""

from __future__ import annotations

from random import Random

from adapters.simulation.dealings import REFUSED, Moved
from adapters.simulation.steps import Step
from entrypoints.simulation.outside import charges
from entrypoints.simulation.verbs import Doing, Skip, Verb, anybody, arguments, number, person, some, thing
from entrypoints.simulation.world import OPERATOR, World
from platform_core.marketplace.checkout import CartItem, PayOrder, PlaceOrder
from platform_core.marketplace.order import Order, OrderState
from platform_core.marketplace.orders import CancelOrder, FulfilOrder
from platform_core.marketplace.product import Delivery, Product, ProductState
from platform_core.marketplace.products import CreateProduct, PublishProduct, RetireProduct
from platform_core.marketplace.refund import Refund, RefundState
from platform_core.marketplace.refunding import ApproveRefund, RefundOrder, RejectRefund
from platform_core.payouts.movement import TransferState
from platform_core.payouts.onboarding import StartOnboarding
from platform_core.payouts.ports import AccountState, Done, Pending
from platform_core.payouts.seller import SellerAccount
from platform_core.payouts.sending import RetryTransfer
from platform_core.payouts.transfer import Transfer

SELLERS = ("cleo", "dan", "eva", "ana")
PRICES = (5, 101, 999, 2999, 12_345)
CAPTURED = (OrderState.PAID, OrderState.FULFILLED, OrderState.PARTIALLY_REFUNDED)


# ---- products and orders


def _draw_product(rng: Random, world: World) -> tuple[str, ...] | None:
    if len(world.all(Product)) >= 8:
        return None
    return rng.choice(SELLERS), str(rng.choice(PRICES)), rng.choice(("instant", "manual")), str(rng.choice((0, 1900)))


def _product(world: World, step: Step) -> Doing:
    who, price, delivery, tax = arguments(step, 4)
    if delivery not in ("instant", "manual"):
        raise Skip
    request = CreateProduct(
        f"Product {step.number}",
        number(price),
        delivery=Delivery(delivery),
        tax_bp=number(tax),
        tax_country="DE" if number(tax) else "",
        publish=True,
    )
    return world.ask(step, person(world, who), request)


def _draw_shelve(rng: Random, world: World) -> tuple[str, ...] | None:
    product = some(rng, world.named(Product))
    return None if product is None else (product,)


def _shelve(world: World, step: Step) -> Doing:
    """Take a product off the shelf, or put it back."""
    [name] = arguments(step, 1)
    product = thing(world, Product, name)
    published = product.state is ProductState.PUBLISHED
    request = RetireProduct(product.id) if published else PublishProduct(product.id)
    return world.ask(step, person(world, world.by_id[product.seller]), request)


def _draw_order(rng: Random, world: World) -> tuple[str, ...] | None:
    shelf = world.named(Product)
    on_sale = [name for name, product in shelf.items() if product.is_on_sale]
    products = on_sale if rng.random() < 0.9 else list(shelf)
    waiting = sum(order.state is OrderState.PENDING_PAYMENT for order in world.all(Order))
    if not products or (waiting >= 3 and rng.random() < 0.8):
        return None
    wanted = rng.sample(products, min(len(products), rng.choice((1, 1, 2, 3))))
    sellers = {world.by_id[thing(world, Product, name).seller] for name in wanted}
    buyers = [name for name in world.people if name not in sellers]
    # Seldom somebody wants to buy of themselves.
    buyer = some(rng, buyers if rng.random() < 0.95 else world.people)
    return (buyer or anybody(rng, world), *(f"{name}:{rng.choice((1, 1, 3))}" for name in wanted))


def _order(world: World, step: Step) -> Doing:
    who, *wanted = step.args or ("",)
    items = []
    for item in wanted:
        name, _, quantity = item.partition(":")
        if world.find(Product, name) is not None:
            items.append(CartItem(thing(world, Product, name).id, number(quantity)))
    if not items:
        raise Skip
    return world.ask(step, person(world, who), PlaceOrder(tuple(items)))


def _some_order(rng: Random, world: World, *states: OrderState) -> str | None:
    orders = world.named(Order)
    fitting = [name for name, order in orders.items() if order.state in states]
    return some(rng, fitting if rng.random() < 0.95 else orders)


def _draw_repay(rng: Random, world: World) -> tuple[str, ...] | None:
    order = _some_order(rng, world, OrderState.PENDING_PAYMENT)
    return None if order is None else (order,)


def _repay(world: World, step: Step) -> Doing:
    [name] = arguments(step, 1)
    order = thing(world, Order, name)
    return world.ask(step, person(world, world.by_id[order.buyer]), PayOrder(order.id))


def _give_up(world: World, step: Step) -> Doing:
    [name] = arguments(step, 1)
    order = thing(world, Order, name)
    return world.ask(step, person(world, world.by_id[order.buyer]), CancelOrder(order.id))


def _draw_fulfil(rng: Random, world: World) -> tuple[str, ...] | None:
    name = _some_order(rng, world, OrderState.PAID)
    if name is None:
        return None
    seller = rng.choice(thing(world, Order, name).sellers)
    return name, world.by_id[seller]


def _fulfil(world: World, step: Step) -> Doing:
    name, seller = arguments(step, 2)
    return world.ask(step, person(world, seller), FulfilOrder(thing(world, Order, name).id))


# ---- money back


def _draw_refund(rng: Random, world: World) -> tuple[str, ...] | None:
    name = _some_order(rng, world, *CAPTURED)
    if name is None:
        return None
    order = thing(world, Order, name)
    who = rng.choice((world.by_id[order.buyer], world.by_id[rng.choice(order.sellers)], "operator"))
    amount = rng.choice(("all", "1", "60", *(str(max(1, order.total // 3)),) * 2))
    return name, who, amount


def _refund(world: World, step: Step) -> Doing:
    name, who, amount = arguments(step, 3)
    request = RefundOrder(thing(world, Order, name).id, None if amount == "all" else number(amount))
    return world.ask(step, OPERATOR if who == "operator" else person(world, who), request)


def _draw_decide(rng: Random, world: World) -> tuple[str, ...] | None:
    waiting = [name for name, refund in world.named(Refund).items() if refund.state is RefundState.REQUESTED]
    refund = some(rng, waiting)
    return None if refund is None else (refund, rng.choice(("approve", "approve", "reject")))


def _decide(world: World, step: Step) -> Doing:
    name, how = arguments(step, 2)
    refund = thing(world, Refund, name)
    request = ApproveRefund(refund.id) if how == "approve" else RejectRefund(refund.id, "it was delivered")
    return world.ask(step, OPERATOR, request)


# ---- banks


def _draw_bank(rng: Random, world: World) -> tuple[str, ...] | None:
    page = some(rng, [name for name in charges(world) if name[0] == "y"])
    if page is None:
        return None
    is_open = any(state == "open" for state, _ in charges(world)[page].disputes.values())
    return page, rng.choice(("won", "lost")) if is_open else rng.choice(("disputes", "disputes", "takes-some"))


def _bank(world: World, step: Step) -> Doing:
    name, how = arguments(step, 2)
    charge = charges(world).get(name)
    if charge is None:
        raise Skip
    undecided = [id for id, (state, _) in charge.disputes.items() if state == "open"]
    if how in ("disputes", "takes-some"):
        taken = charge.refunded + sum(minor for state, minor in charge.disputes.values() if state != "won")
        minor = (charge.money.minor - taken) // (1 if how == "disputes" else 2)
        if undecided or minor < 1:
            raise Skip
        return "tells " + world.provider.dispute(charge, minor)
    if not undecided:
        raise Skip
    return "tells " + world.provider.decide(charge, undecided[0], won=how == "won")


# ---- what the provider does later


def _moved(world: World) -> dict[str, Moved]:
    """The movements of money at the provider, by name."""
    return {moved.name: moved for moved in world.provider.moved.values()}


def _draw_settle(rng: Random, world: World) -> tuple[str, ...] | None:
    pending = [name for name, moved in _moved(world).items() if isinstance(moved.answer, Pending)]
    done = [
        name for name, moved in _moved(world).items() if isinstance(moved.answer, Done) and moved.call.verb == "refund"
    ]
    if pending and (not done or rng.random() < 0.7):
        return rng.choice(pending), rng.choice(("done", "done", "failed"))
    # Now and then a refund that was done comes back days later.
    return (rng.choice(done), "failed") if done and rng.random() < 0.3 else None


def _settle(world: World, step: Step) -> Doing:
    name, how = arguments(step, 2)
    moved = _moved(world).get(name)
    if moved is None or how not in ("done", "failed"):
        raise Skip
    is_refund = moved.call.verb == "refund" and isinstance(moved.answer, Done) and how == "failed"
    if not isinstance(moved.answer, Pending) and not is_refund:
        raise Skip
    return "tells " + world.provider.settle(moved, REFUSED if how == "failed" else None)


# ---- sellers' accounts, and admins


def _draw_onboard(rng: Random, world: World) -> tuple[str, ...] | None:
    ready = {account.seller for account in world.all(SellerAccount) if account.account is not None}
    fresh = [name for name in SELLERS if world.people[name].id not in ready]
    seller = some(rng, fresh if rng.random() < 0.8 else SELLERS)
    return None if seller is None else (seller,)


def _draw_seller(rng: Random, world: World) -> tuple[str, ...] | None:
    seller = some(rng, _accounts(world))
    return None if seller is None else (seller,)


def _onboard(world: World, step: Step) -> Doing:
    [who] = arguments(step, 1)
    return world.do(StartOnboarding(), person(world, who))


def _accounts(world: World) -> dict[str, str]:
    """The sellers' accounts at the provider, by seller."""
    by_tail = {person.id.rpartition("_")[2]: name for name, person in world.people.items()}
    return {by_tail[seller.rpartition("_")[2]]: account for account, seller in world.provider.owners.items()}


def _draw_account(rng: Random, world: World) -> tuple[str, ...] | None:
    seller = some(rng, _accounts(world))
    return None if seller is None else (seller, rng.choice(("ready",) * 8 + ("restricted", "restricted", "closed")))


def _account(world: World, step: Step) -> Doing:
    who, state = arguments(step, 2)
    account = _accounts(world).get(who)
    if account is None or state not in ("ready", "restricted", "closed"):
        raise Skip
    if world.provider.accounts[account] is AccountState.CLOSED:
        raise Skip
    return "tells " + world.provider.set_account(account, AccountState(state))


def _spend(world: World, step: Step) -> Doing:
    """A seller takes everything out of their account at the provider, or puts something in."""
    [who] = arguments(step, 1)
    account = _accounts(world).get(who)
    if account is None:
        raise Skip
    world.provider.spent ^= {account}
    return "empty" if account in world.provider.spent else "filled"


def _draw_retry(rng: Random, world: World) -> tuple[str, ...] | None:
    wanted = (TransferState.FAILED_PERMANENT, TransferState.RETRY_WAIT)
    transfer = some(rng, [name for name, one in world.named(Transfer).items() if one.state in wanted])
    return None if transfer is None else (transfer,)


def _retry(world: World, step: Step) -> Doing:
    [name] = arguments(step, 1)
    return world.ask(step, OPERATOR, RetryTransfer(thing(world, Transfer, name).id))


VERBS = (
    Verb("product", 3, _draw_product, _product),
    Verb("shelve", 1, _draw_shelve, _shelve),
    Verb("order", 9, _draw_order, _order),
    Verb("repay", 1, _draw_repay, _repay),
    Verb("give-up", 1, _draw_repay, _give_up),
    Verb("fulfil", 2, _draw_fulfil, _fulfil),
    Verb("refund", 9, _draw_refund, _refund),
    Verb("decide", 2, _draw_decide, _decide),
    Verb("bank", 3, _draw_bank, _bank),
    Verb("settle", 6, _draw_settle, _settle),
    Verb("onboard", 3, _draw_onboard, _onboard),
    Verb("account", 2, _draw_account, _account),
    Verb("spend", 1, _draw_seller, _spend),
    Verb("retry", 2, _draw_retry, _retry),
)
