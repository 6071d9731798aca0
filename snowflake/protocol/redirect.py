"""Sending a browser elsewhere."""

from starlette.responses import Response


def redirect(location: str) -> Response:
    """Send a browser to a URI of ``uris.with_parameters``, or one that was checked before.

    By ``check_uri``, as an endpoint of the upstream provider, or as a setting. It goes as it is;
    Starlette's ``RedirectResponse`` would look at every character once more.
    """
    return Response(status_code=302, headers={"Location": location})
