# One image for app, worker and migrations: the pinned packages, the code, and no right to change either.
FROM python:3.13.14-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /opt/missionbook

COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.txt

COPY pyproject.toml README.md LICENSE ./
COPY api ./api
COPY domain ./domain
COPY migrations ./migrations
COPY examples ./examples
# Editable, so that migrations and examples are found beside the code as in a clone.
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --no-index \
        --config-settings editable_mode=compat --editable . \
    && python -m compileall -q api domain migrations \
    && useradd --system --uid 10001 --no-create-home missionbook \
    && install -d -o missionbook -g missionbook -m 0700 /var/lib/missionbook

USER missionbook
EXPOSE 8000
CMD ["missionbook", "serve"]
