# The image of docker-compose.yaml: Airflow without the providers that nobody here uses, what requirements-image.lock pins by
# hash, and this package as a wheel. Python and Airflow are pinned here and nowhere else.
ARG AIRFLOW_IMAGE=apache/airflow:slim-3.3.2-python3.12

FROM ${AIRFLOW_IMAGE} AS wheel
COPY --chown=airflow:0 pyproject.toml README.md LICENSE /tmp/project/
COPY --chown=airflow:0 plugins/jira_staging /tmp/project/plugins/jira_staging
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /tmp/wheels /tmp/project

FROM ${AIRFLOW_IMAGE}
COPY requirements-image.lock /tmp/requirements-image.lock
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/requirements-image.lock
RUN --mount=type=bind,from=wheel,source=/tmp/wheels,target=/tmp/wheels \
    pip install --no-cache-dir --no-deps /tmp/wheels/*.whl
COPY --chown=airflow:0 dags /opt/airflow/dags
COPY --chown=airflow:0 include /opt/airflow/include
# The image's own user `airflow`, by its number, so that a cluster can tell that it is not root.
USER 50000
