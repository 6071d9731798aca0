# Two images: `docker build .` makes that of production, `docker build --target sandbox .` the one to try Snowflake with.
# .ci/image makes both with their labels and tags.
#
# Python 3.13 rather than 3.14, which is not quicker and keeps more memory (guide: speed). Debian slim rather than Alpine,
# because every dependency with compiled code is published ready-made for it, so that the image needs no compiler.
FROM python:3.13.16-slim-trixie AS python


FROM python AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# The dependencies come first, in a layer that a change of the code leaves alone. Their environment has no pip of its own.
COPY .ci/constraints-build.txt .ci/
RUN pip install --no-deps --require-hashes --requirement .ci/constraints-build.txt
COPY .ci/environment .ci/constraints-runtime.txt .ci/
RUN .ci/environment dependencies /opt/snowflake runtime

COPY pyproject.toml README.md LICENSE.md ./
COPY snowflake snowflake
RUN .ci/environment snowflake /opt/snowflake


FROM build AS build-sandbox

COPY .ci/constraints-sandbox.txt .ci/
RUN .ci/environment dependencies /opt/snowflake sandbox && .ci/environment snowflake /opt/snowflake


FROM python AS runtime

# What .ci/image says; an image that somebody builds without it has neither.
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="Snowflake" \
      org.opencontainers.image.description="Use Discord as an OpenID Connect provider" \
      org.opencontainers.image.source="https://github.com/celsiusnarhwal/snowflake" \
      org.opencontainers.image.documentation="https://github.com/celsiusnarhwal/snowflake/blob/main/README.md" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

# 1000 is the first person's user ID on nearly every Linux machine, so a folder of theirs that is mounted here can be
# written to as it is. Another one: `--user`, with a folder that belongs to it.
RUN groupadd --gid 1000 snowflake \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /app --shell /usr/sbin/nologin snowflake \
    && install --directory --owner=1000 --group=1000 --mode=0700 /app/snowflake/data

ENV PATH=/opt/snowflake/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SNOWFLAKE_DATA_DIR=/app/snowflake/data

WORKDIR /app
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
ENTRYPOINT ["snowflake"]


FROM runtime AS sandbox

COPY --from=build-sandbox /opt/snowflake /opt/snowflake
# The example application, Snowflake, Discord and the provider of linked roles.
EXPOSE 8000-8004
CMD ["sandbox", "--host", "0.0.0.0"]


# The last one is the one that is built when nobody names one.
FROM runtime AS production

COPY --from=build /opt/snowflake /opt/snowflake
VOLUME /app/snowflake/data
EXPOSE 8000

# http.client, because urllib would ask the proxy that HTTP_PROXY names.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from http.client import HTTPConnection; c = HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/health'); raise SystemExit(c.getresponse().status != 200)"]

CMD ["serve"]
