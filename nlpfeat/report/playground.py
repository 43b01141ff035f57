"""The playground: a page on which networks train on points of the plane while one looks at them."""

from nlpfeat.report.web_page import web_page


def playground_page(stamp: str) -> str:
    """The page as HTML."""
    return web_page(
        "What does width buy? A playground",
        "playground",
        "window.page = playground.startPlayground(root, {script: trainer, members: []});",
        {},
        f'<p class="stamp">{stamp}</p>',
    )
