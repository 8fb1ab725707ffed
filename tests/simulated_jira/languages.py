"""Jira writes its messages in the account's language; so nobody may compare their text."""

from simulated_jira.exchange import Answer

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
MESSAGES = {
    "ko_KR": {
        "The max results parameter has to be between 1 and 5,000.": "최대 결과 매개변수는 1에서 5,000 사이여야 합니다.",
        UNBOUNDED: "제한이 없는 JQL 쿼리는 허용되지 않습니다.",
        "The provided next page token is invalid or expired.": "제공된 다음 페이지 토큰이 잘못되었거나 만료되었습니다.",
        "Issue does not exist or you do not have permission to see it.": "이슈가 존재하지 않거나 볼 수 있는 권한이 없습니다.",
        "The board does not support sprints": "이 보드는 스프린트를 지원하지 않습니다",
        "does not exist for the field": "값이 다음 필드에 존재하지 않습니다:",
    },
    "zh_CN": {
        "The max results parameter has to be between 1 and 5,000.": "最大结果参数必须介于 1 和 5,000 之间。",
        UNBOUNDED: "此处不允许使用无限制的 JQL 查询。",
        "The provided next page token is invalid or expired.": "提供的下一页令牌无效或已过期。",
        "Issue does not exist or you do not have permission to see it.": "事务不存在或您没有查看权限。",
        "The board does not support sprints": "面板不支持冲刺",
        "does not exist for the field": "不存在于字段",
    },
}


def localize(given: Answer, locale: str) -> None:
    """Put the messages that are known into the language; the others stay English, as some do in Jira."""
    for english, other in MESSAGES.get(locale, {}).items():
        given.body = given.body.replace(english.encode(), other.encode())
