# One image for web, worker and scheduler; compose.yaml starts each. It takes no build arguments and contains no secrets.
FROM node:24.19.0-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df AS frontend
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --omit=dev
COPY frontend/build.js frontend/fonts.js frontend/icons.js frontend/icons.json ./
COPY frontend/css css
COPY frontend/src src
RUN npm run build

FROM python:3.13.16-slim@sha256:3dd7cc108ec1493442514f5c2a871af6af0ec31d768ff6e378a93340c3b3db5f
RUN useradd --system --uid 10001 --create-home portal && install -d -o portal /data
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements/base.txt
COPY client client
RUN pip install --no-cache-dir --no-deps --no-build-isolation ./client
COPY . .
COPY --from=frontend /app/static/dist static/dist
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data STATIC_ROOT=/app/collected
RUN DATA_DIR=/tmp/build python manage.py compile_messages && DATA_DIR=/tmp/build python manage.py collectstatic --noinput && rm -rf /tmp/build
USER portal
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "python:dubbing_sessions.web_server", "--bind", "0.0.0.0:8000"]
