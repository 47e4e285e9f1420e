# One image for web, worker and scheduler; compose.yaml starts each. It takes no build arguments and contains no secrets.
FROM node:24.19.0-slim AS frontend
WORKDIR /app/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --omit=dev
COPY frontend/build.js build.js
COPY frontend/css css
COPY frontend/src src
RUN npm run build

FROM python:3.13.18-slim
RUN useradd --system --uid 10001 --create-home portal && install -d -o portal /data
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements/base.txt
COPY client client
RUN pip install --no-cache-dir --no-deps --no-build-isolation ./client
COPY . .
COPY --from=frontend /app/static/dist static/dist
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data STATIC_ROOT=/app/collected
RUN DATA_DIR=/tmp/build python manage.py collectstatic --noinput && rm -rf /tmp/build
USER portal
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "python:dubbing_sessions.web_server", "--bind", "0.0.0.0:8000"]
