"""Why WeChat Pay did not pay, in words that tell the employer what to do."""

from __future__ import annotations

from typing import Final

REFUSED: Final = {
    "NOT_ENOUGH": "商户号里的钱不够，请先充值",
    "PARAM_ERROR": "微信说内容不对，请告诉驿站",
    "INVALID_REQUEST": "微信说这笔不合规定，请到微信商户平台看看",
    "NO_AUTH": "商户号没有开通商家转账，请到微信商户平台开通",
    "SIGN_ERROR": "微信不认商户号的证书或私钥，请重新接一次",
}
"""Codes after which nothing was made, once the query says so, too."""
_FAILED: Final = {
    "ACCOUNT_FROZEN": "他的微信账户被冻结了",
    "ACCOUNT_NOT_EXIST": "他的微信账户不在了",
    "REAL_NAME_CHECK_FAIL": "他的微信没有实名",
    "NAME_NOT_CORRECT": "他登记的姓名和微信实名不一样",
    "ID_CARD_NOT_CORRECT": "他登记的身份证和微信实名不一样",
    "OPENID_INVALID": "他绑定的微信不能用了，请他重新绑定",
    "TRANSFER_QUOTA_EXCEED": "超过微信给他的单笔限额",
    "DAY_RECEIVED_QUOTA_EXCEED": "超过他微信今天的收款限额，明天再付",
    "MONTH_RECEIVED_QUOTA_EXCEED": "超过他微信这个月的收款限额",
    "DAY_RECEIVED_COUNT_EXCEED": "他微信今天收款次数满了，明天再付",
    "PAYEE_ACCOUNT_ABNORMAL": "他的微信账户不正常",
    "PAYER_ACCOUNT_ABNORMAL": "您的商户号不正常，请到微信商户平台看看",
    "TRANSFER_RISK": "微信认为有风险，没有付",
    "OVERDUE_CLOSE": "他 24 小时里没有点收款，钱退回您的商户号了",
    "MERCHANT_REJECT": "您在微信里撤销了这笔",
}  # fmt: skip
CANCELLED: Final = "这笔转账撤销了"
NOT_MADE: Final = "微信没有这笔转账"


def failed(state: str, code: str) -> str:
    """Return why a transfer that WeChat Pay had taken came to nothing."""
    if state == "CANCELLED":
        return CANCELLED
    return _FAILED.get(code) or (f"微信没有付成（{code[:40]}）" if code else "微信没有付成，没说原因")
