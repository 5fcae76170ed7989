"""The client of WeChat Pay: orders a transfer, asks how one stands, and believes only what WeChat Pay signed."""

from __future__ import annotations

import secrets
from typing import TypeVar

import msgspec

from linggong.kernel import clock
from linggong.kernel.outbox import Unanswered
from linggong.kernel.signed import OutsideClient
from linggong.wages.wechat import protocol
from linggong.wages.wechat.protocol import Create, Created, Keys, Refusal, Told

Reply = TypeVar("Reply", Created, Told)


class HttpWechat(OutsideClient):
    """WeChat Pay at an address. A refusal is an answer; no answer that can be relied on raises Unanswered."""

    whom = "微信支付"

    async def create(self, keys: Keys, asked: Create) -> Created | Refusal:
        """Order a transfer. The same number again with the same content is the same transfer."""
        return await self._reply(keys, "POST", protocol.CREATE, msgspec.json.encode(asked).decode(), Created)

    async def query(self, keys: Keys, out_bill_no: str) -> Told | Refusal:
        """Ask how a transfer stands."""
        return await self._reply(keys, "GET", protocol.QUERY + out_bill_no, "", Told)

    async def _reply(self, keys: Keys, method: str, path: str, body: str, shape: type[Reply]) -> Reply | Refusal:
        headers = {
            "accept": "application/json",
            "content-type": "application/json",
            "authorization": protocol.authorization(
                keys, method, path, body, at=clock.now(), nonce=secrets.token_hex(16)
            ),
            "wechatpay-serial": keys.public_id,
        }
        status, answered, answer = await self.exchange(method, path, body.encode(), headers)
        if status >= 500 or status == 429:
            raise Unanswered(f"微信支付系统忙：{status}")
        if not protocol.said_by_wechat(keys.public_id, keys.public, answered, answer, clock.now()):
            raise Unanswered("微信支付的回复签名不对")
        try:
            if status == 200:
                return msgspec.json.decode(answer, type=shape)
            return msgspec.json.decode(answer, type=Refusal)
        except msgspec.MsgspecError:
            raise Unanswered("微信支付的回复看不懂") from None
