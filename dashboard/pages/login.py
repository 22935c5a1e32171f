"""Sign-in: plain HTML without scripts; what it says is the same for a wrong name and a wrong password."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined

from dashboard.components.purpose import PURPOSE

PATH = "/login"
TITLE = "Sign in"

_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    """<!DOCTYPE html>
<html lang="en" data-scheme="{{ scheme }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · hepatrend</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/login.css"></head>
<body><main>
<h1>hepatrend</h1>
<form method="post" action="/login">
<input type="hidden" name="next" value="{{ target }}"><input type="hidden" name="token" value="{{ token }}">
{% if message %}<p class="message" role="alert">{{ message }}</p>{% endif %}
{% if local %}
<label for="name">Name</label><input id="name" name="name" autocomplete="username" required autofocus maxlength="64">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024">
<button type="submit">Sign in</button>
{% endif %}
</form>
{% if sso %}
<p><a class="sso" href="/login/sso?next={{ target | urlencode }}">Sign in with the hospital account</a></p>
<p><a href="/login/sso/out">Sign out of the hospital account</a></p>
{% endif %}
<p class="purpose">{{ purpose }}</p>
</main></body></html>
"""
)


def render(*, target: str, token: str, scheme: str, message: str = "", local: bool = True, sso: bool = False) -> str:
    """The page.

    Args:
        target: own path to go to after.
        token: of the form, against cross-site sign-in.
        scheme: light or dark.
        message: why the last try was refused.
        local: whether accounts with passwords exist here.
        sso: whether the OpenID provider can be used.
    """
    return _PAGE.render(
        target=target, token=token, scheme=scheme, message=message, local=local, sso=sso, purpose=PURPOSE
    )
